import pplc

text = """\
model m() {
  n ~ Truncated(Poisson(3), lower = 1)
  return n
}
"""
pplc.compile(text).to_pyro()()
