import math

import pplc

text = """\
model m(curve: fn(real) -> real) {
  x ~ Normal(0, 1)
  observe 1.0 ~ Normal(curve(x), 1)
  return x
}
"""
pplc.compile(text, functions={"cruve": math.sin})
