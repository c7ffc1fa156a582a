import pplc

model = pplc.compile("model m(p: unit) { x ~ Bernoulli(p); return x }")
model.do(p=0.5).infer({"p": 0.1})
