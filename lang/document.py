"""Documents that know where they may be broken, and the layout of one in a given width.

Wadler, "A prettier printer" (2003), in the form that Oppen's and Prettier's printers use: a group
is printed flat if it fits up to the next line break, else its own breaks become newlines.
Runs with an explicit stack, so that deep documents cannot overflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from pplc.lang.render import width

INDENT: Final = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A place for a newline; printed as `flat` where its group fits. None: always a newline."""

    flat: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Flat if it fits, unless `broken`."""

    body: Doc
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Nest:
    """Newlines inside are indented by one more step."""

    body: Doc


@dataclass(frozen=True, slots=True)
class Aside:
    """Text that takes no room: a comment at the end of a line."""

    text: str


Doc: TypeAlias = "str | Line | Group | Nest | Aside | tuple[Doc, ...]"
HARD: Final = Line(None)
SOFT: Final = Line("")
SPACE: Final = Line(" ")


def join(separator: Doc, parts: list[Doc]) -> Doc:
    """The parts with the separator between each two."""
    out: list[Doc] = []
    for part in parts:
        if out:
            out.append(separator)
        out.append(part)
    return tuple(out)


def layout(doc: Doc, columns: int) -> str:
    """The text of a document; lines longer than `columns` only where nothing can be broken."""
    out: list[str] = []
    column = 0
    stack: list[tuple[int, bool, Doc]] = [(0, False, doc)]
    while stack:
        indent, flat, item = stack.pop()
        match item:
            case str():
                out.append(item)
                column += width(item)
            case Aside(text):
                out.append(text)
            case Line(text) if flat and text is not None:
                out.append(text)
                column += len(text)
            case Line():
                while out and not out[-1].strip(" "):
                    out.pop()
                if out:
                    out[-1] = out[-1].rstrip(" ")
                out.append("\n")
                out.append(" " * indent)
                column = indent
            case Nest(body):
                stack.append(
                    (indent if flat else indent + INDENT, flat, body)
                )  # flat: its newlines are its groups'
            case Group(body, broken):
                stack.append((indent, not broken and (flat or _fits(body, columns - column, stack)), body))
            case tuple():
                stack.extend((indent, flat, part) for part in reversed(item))
    return "".join(out)


def _fits(body: Doc, room: int, rest: list[tuple[int, bool, Doc]]) -> bool:
    """Whether the body printed flat, and what follows it up to a newline, takes at most `room`."""
    stack: list[tuple[bool, Doc]] = [(True, body)]
    following = len(rest)
    while room >= 0:
        if not stack:
            if following == 0:
                return True
            following -= 1
            _, flat, item = rest[following]
            stack.append((flat, item))
        flat, item = stack.pop()
        match item:
            case str():
                room -= width(item)
            case Aside():
                pass
            case Line(text):
                if text is None or not flat:
                    return True
                room -= len(text)
            case Nest(inner):
                stack.append((flat, inner))
            case Group(inner, broken):
                stack.append((flat and not broken, inner))
            case tuple():
                stack.extend((flat, part) for part in reversed(item))
    return False
