"""Words around numbers, as messages and outputs have them."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things; `many` where the plural is not made with `s`.

    >>> counted(1, "state"), counted(12345, "state"), counted(2, "is", "are")
    ('1 state', '12,345 states', '2 are')
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
