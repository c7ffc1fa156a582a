import math

import pplc

text = """\
model m(f: fn(real) -> real) {
  k ~ UniformInt(0, 3)
  return f(k - 1)
}
"""
pplc.compile(text, functions={"f": math.sqrt}).infer()
