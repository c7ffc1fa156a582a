import pplc

text = """\
model m() {
  x ~ Truncated(Normal(0, 1), lower = 30)
  return x
}
"""
pplc.compile(text).to_pyro()()
