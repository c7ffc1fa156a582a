from pathlib import Path

import pplc

Path("picture.ppl").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
pplc.load("picture.ppl")
