import math

import pplc

text = """\
model m(f: fn(real) -> real) {
  x ~ Normal(0, 1)
  observe 1.0 ~ Normal(f(x), 1)
  return x
}
"""
pplc.compile(text, functions={"f": math.sin}).infer(method="nuts")
