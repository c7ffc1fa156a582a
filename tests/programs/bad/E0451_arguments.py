# pyright: basic
import pplc

text = """\
model m(f: fn(int, int) -> int) {
  k ~ UniformInt(0, 3)
  observe 3 ~ Poisson(f(k, 1))
  return k
}
"""
pplc.compile(text, functions={"f": lambda k: k}).infer()
