import pplc

text = """\
model m() {
  rain ~ Bernoulli(0.2)
  wet ~ Bernoulli(if rain { 0.9 } else { 0.1 })
  return wet
}
"""
pplc.compile(text).do(rian=True).infer()
