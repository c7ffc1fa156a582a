"""Words around numbers, as messages and outputs have them."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things; `many` where the plural is not made with `s`.

    >>> counted(1, "state"), counted(12345, "state"), counted(2, "is", "are")
    ('1 state', '12,345 states', '2 are')
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def about(count: int) -> str:
    """A number that is only estimated: the power of ten below it if it is large.

    >>> about(54321), about(3 * 10**17)
    ('54,321', '10^17')
    """
    return f"{count:,}" if count < 10**7 else f"10^{len(str(count)) - 1}"
