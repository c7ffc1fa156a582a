# pyright: basic
import pplc

text = """\
model m(f: fn(real) -> real) {
  x ~ Normal(0, 1)
  observe 1.0 ~ Normal(f(x), 1)
  return x
}
"""
pplc.compile(text, functions={"f": lambda x: x.detach() ** 2}).infer(method="map")
