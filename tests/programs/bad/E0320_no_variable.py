import pplc

run = pplc.compile("model m() { height ~ Bernoulli(0.5); return height }").infer()
run.plot("hight")
