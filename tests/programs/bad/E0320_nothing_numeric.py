import pplc

pplc.compile("model m() { weight(0.5) }").infer().plot()
