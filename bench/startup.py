"""Time of `pplc.lang.parse` on a file of 30 lines, import and tables included, on top of the interpreter.

python bench/startup.py [repetitions]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

MODEL = (
    "model m(y: real[N]) {\n"
    + "\n".join(f"  x{i} ~ Normal(0.5 * y[{i}] + {i}, 1 + {i}^2)" for i in range(27))
    + "\n  return x0\n}\n"
)


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter that runs some code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, MODEL], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the medians."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    empty = statistics.median(seconds("import sys") for _ in range(repetitions))
    parse = statistics.median(
        seconds("import sys; from pplc.lang.parse import parse; parse(sys.argv[1])")
        for _ in range(repetitions)
    )
    own = parse - empty
    print(f"interpreter {empty * 1000:.0f} ms, import and parse {own * 1000:.0f} ms on top")


if __name__ == "__main__":
    main()
