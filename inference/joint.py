"""The exact joint law of some variables of a finite program: what exact queries are answered from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pplc.inference.collect import variables
from pplc.inference.result import Index
from pplc.semantics.values import Address, Value, show_address

ELEMENT = re.compile(r"(.+)\[(\d+(?:, \d+)*)\]")
"""The name of an entry that is a variable of its own: the array, and the indices."""


def wanted(names: frozenset[str]) -> Callable[[Address], bool]:
    """Which addresses a query that mentions these paths may read.

    `z[3]` needs the element 3 of `z` or, if `z` is drawn as a whole, `z`; `z` needs all of its elements.
    """

    def keep(address: Address) -> bool:
        text = show_address(address)
        return any(about(name, text) for name in names)

    return keep


def about(mention: str, name: str) -> bool:
    """Whether mentioning one thing needs the variable: it is it, part of it, or contains it.

    >>> about("z[1, 0]", "z[1]"), about("z[1]", "z[1, 0]"), about("z[1][0]", "z[1, 0]")
    (True, True, True)
    >>> about("z[1, 0]", "z[10]"), about("z[1]", "z[10, 1]"), about("z", "zero")
    (False, False, False)
    """
    mention, name = plain(mention), plain(name)
    return mention == name or _within(mention, name) or _within(name, mention)


def plain(name: str) -> str:
    """A name with indices that follow each other written as one: `z[1][0]` is `z[1, 0]`."""
    return name.replace("][", ", ")


def _within(part: str, whole: str) -> bool:
    """Whether the name is that of an element or a field of the other."""
    row = (f"{whole[:-1]}, ",) if whole.endswith("]") else ()
    return part.startswith((f"{whole}[", f"{whole}.", *row))


def by_name(recorded: Mapping[Address, Value]) -> dict[str, Value]:
    """The values of one outcome by the names that queries use: every address, and whole arrays."""
    found = {show_address(address): value for address, value in recorded.items()}
    for name, elements in variables(recorded).items():
        if () not in elements:
            found[name] = assemble({index: recorded[address] for index, address in elements.items()})
    return found


def assemble(cells: Mapping[Index, Value]) -> Value:
    """The array, as nested tuples, that the entries make up; the entry itself if its index is `()`."""
    if () in cells:
        return cells[()]
    rows: dict[int, dict[Index, Value]] = {}
    for index, value in cells.items():
        rows.setdefault(index[0], {})[index[1:]] = value
    return tuple(assemble(row) for _, row in sorted(rows.items()))
