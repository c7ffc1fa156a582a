import math

import pplc

text = """\
model m(rate: fn(int) -> positive) {
  k ~ UniformInt(0, 3)
  observe 2 ~ Poisson(rate(k))
  return k
}
"""
pplc.compile(text, functions={"rate": math.cos}).infer()
