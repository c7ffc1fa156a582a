"""Mutated and truncated model files give diagnostics, never another exception, never a long wait.

    python bench/fuzz.py [files] [seed]

takes the model files of examples/ and tests/programs/, changes them at random, and runs parser,
renderer and checker on each; what the parser accepts must survive formatting.
"""

from __future__ import annotations

import random
import re
import sys
import time
import traceback
from pathlib import Path

from pplc.lang.check import check_text
from pplc.lang.diagnostics import Rejected
from pplc.lang.formatter import format_program
from pplc.lang.parse import parse
from pplc.lang.render import render

ROOT = Path(__file__).parents[1]
LIMIT = 2.0
"""Seconds of CPU that one file may take."""

PIECES = (
    "( ) [ ] { } , ; : . .. ~ = == := => -> + - * / // % ^ @ < <= > >= != | ? ! && & $ \\ \" ' #"
    " \n \t é 中 😀 \0 \u202e 0 1 2.5 1e9 .5 1. 1e999 x y N true false not and or if else for in while"
    " match return let var fn model query type density on import array observe Normal flip condition do P E"
    " _ // /* */ <- ** += lambda def \ufeff \r"
).split(" ")


def sources() -> list[str]:
    """The texts to start from."""
    files = sorted([*(ROOT / "examples").rglob("*.ppl"), *(ROOT / "tests").rglob("*.ppl")])
    return [
        text
        for text in (file.read_text(encoding="utf-8", errors="replace") for file in files)
        if len(text) < 5000
    ]


def mutate(text: str, rng: random.Random) -> str:
    """A few random changes: cut, delete, insert, double, swap, splice."""
    words = re.findall(r"\w+|[^\w\s]", text)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if words and rng.random() < 0.5:  # one word for another: what is often still well formed
            parts = re.split(r"(\w+|[^\w\s])", text)
            at = rng.randrange(len(parts) // 2) * 2 + 1 if len(parts) > 1 else 0
            parts[at] = rng.choice(words)
            text = "".join(parts)
            continue
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((1, 1, 2, 5, 20, 200)))
        match rng.randrange(7):
            case 0:
                text = text[:start]
            case 1:
                text = text[:start] + text[end:]
            case 2:
                text = text[:start] + rng.choice(PIECES) + text[start:]
            case 3:
                text = text[:start] + f" {rng.choice(PIECES)} " + text[end:]
            case 4:
                text = text[:start] + text[start:end] * rng.choice((2, 2, 3, 50)) + text[end:]
            case 5:
                text = text[end:] + text[start:end] + text[:start]
            case _:
                text = text[start:]
    return text


def fault(text: str) -> str:
    """What is wrong with how the language takes a text; empty if all is well."""
    start = time.process_time()
    try:
        try:
            program = parse(text)
            again = format_program(program)
            if parse(again) != program:
                return "the formatter changed the tree"
            if format_program(parse(again)) != again:
                return "formatting twice changed the text"
            check_text(text)
        except Rejected as rejected:
            render(rejected.diagnostics)
            if not all(1 <= d.span.line <= text.count("\n") + 1 for d in rejected.diagnostics):
                return "an error without a place"
    except Exception:  # noqa: BLE001  (whatever it is, it is what we look for)
        return traceback.format_exc(limit=-4)
    took = time.process_time() - start
    return f"took {took:.1f} s" if took > LIMIT else ""


def main() -> None:
    """Print every kind of fault once, with the text that shows it; exit status 1 if there is any."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    texts = sources()
    seen: dict[str, str] = {}
    for _ in range(files):
        text = mutate(rng.choice(texts), rng)
        found = fault(text)
        if found:
            kind = found.strip().splitlines()[-2 if "\n" in found else -1]
            if kind not in seen or len(text) < len(seen[kind]):
                seen[kind] = text
                print(f"{found}\n{text!r}\n")
    print(f"{files} files from {len(texts)}, {len(seen)} kinds of fault")
    sys.exit(1 if seen else 0)


if __name__ == "__main__":
    main()
