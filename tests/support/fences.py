"""The fenced blocks of a Markdown page, as records: what the manual shows is what the tests run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_OPENING = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`]*)$")
_MARK = re.compile(r"^<!-- ci: (?P<name>\w+) -->$")


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block.

    page:     the file's name, for messages.
    line:     the line of the opening fence, from 1.
    language: the first word after the backticks; empty if there is none.
    words:    the words after the language: a file name, or `bad` and a code.
    body:     the text between the fences, indentation of the fence removed.
    mark:     the name in a line `<!-- ci: NAME -->` right above the block; else empty.
    """

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    body: str
    mark: str = ""

    @property
    def place(self) -> str:
        """`quickstart.md:12`."""
        return f"{self.page}:{self.line}"


def read_fences(page: Path) -> list[Fence]:
    """The blocks of a page, in order; a fence that is never closed is an error."""
    found: list[Fence] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        opening = _OPENING.match(lines[at])
        if opening is None:
            at += 1
            continue
        closing = opening["indent"] + opening["ticks"]
        end = next((i for i in range(at + 1, len(lines)) if lines[i].rstrip() == closing), None)
        assert end is not None, f"{page.name}:{at + 1}: this block is never closed"
        language, *words = opening["info"].split() or [""]
        mark = _MARK.match(lines[at - 1].strip()) if at else None
        body = "".join(line.removeprefix(opening["indent"]) + "\n" for line in lines[at + 1 : end])
        found.append(Fence(page.name, at + 1, language, tuple(words), body, mark["name"] if mark else ""))
        at = end + 1
    return found


def pages() -> list[Path]:
    """README and the pages of the manual."""
    built = ROOT / "docs" / "_build"
    manual = sorted(p for p in (ROOT / "docs").rglob("*.md") if built not in p.parents)
    return [ROOT / "README.md", *manual]


def page_name(page: Path) -> str:
    """The page's path from the root: what a test is called by."""
    return page.relative_to(ROOT).as_posix()
