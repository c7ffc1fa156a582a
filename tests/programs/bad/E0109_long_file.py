from pathlib import Path

import pplc

Path("table.ppl").write_text("let table = [" + "0, " * 2_000_000 + "0]\n", encoding="utf-8")
pplc.load("table.ppl")
