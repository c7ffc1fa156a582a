# pyright: basic
import pplc

text = """\
model m(f: fn(real[N]) -> real[N], x: real[N]) {
  k ~ UniformInt(0, 3)
  observe k ~ Poisson(exp(sum(f(x))))
  return k
}
"""
pplc.compile(text, functions={"f": lambda x: x[1:]}).infer({"x": [0.5, 1.5]})
