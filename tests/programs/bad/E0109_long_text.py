import pplc

pplc.compile("model m() { return 1 }\n" + "# and on, and on\n" * 100_000)
