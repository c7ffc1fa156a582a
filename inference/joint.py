"""The exact joint law of some variables of a finite program: what exact queries are answered from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pplc.inference.collect import variables
from pplc.inference.result import Index
from pplc.semantics.values import Address, Value, show_address


def wanted(names: frozenset[str]) -> Callable[[Address], bool]:
    """Which addresses a query that mentions these paths may read.

    `z[3]` needs the element 3 of `z` or, if `z` is drawn as a whole, `z`; `z` needs all of its elements.
    """

    def keep(address: Address) -> bool:
        text = show_address(address)
        return any(
            text == name
            or text.startswith((f"{name}[", f"{name}."))
            or name.startswith((f"{text}[", f"{text}."))
            for name in names
        )

    return keep


def by_name(recorded: Mapping[Address, Value]) -> dict[str, Value]:
    """The values of one outcome by the names that queries use: every address, and whole arrays."""
    found = {show_address(address): value for address, value in recorded.items()}
    for name, elements in variables(recorded).items():
        if () not in elements:
            found[name] = _assemble({index: recorded[address] for index, address in elements.items()})
    return found


def _assemble(cells: Mapping[Index, Value]) -> Value:
    if () in cells:
        return cells[()]
    rows: dict[int, dict[Index, Value]] = {}
    for index, value in cells.items():
        rows.setdefault(index[0], {})[index[1:]] = value
    return tuple(_assemble(row) for _, row in sorted(rows.items()))
