from typing import Any

import pplc

text = """\
model m(curve: fn(real) -> real) {
  return curve(0)
}
"""
given: Any = 3.5
pplc.compile(text, functions={"curve": given})
