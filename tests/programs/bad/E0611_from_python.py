import pplc

model = pplc.compile("model m() { rain ~ Bernoulli(0.2); wet ~ Bernoulli(if rain { 0.9 } else { 0.1 }); return wet }")
model.do(rian=True).infer()
