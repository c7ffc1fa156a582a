from pathlib import Path

import pplc

Path("latin.ppl").write_bytes("model m() {\n  höhe ~ Normal(0, 1)\n  return höhe\n}\n".encode("latin-1"))
pplc.load("latin.ppl")
