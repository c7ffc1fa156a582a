"""A whole number of which only a lower bound is known: what a draw is that was not followed.

It is a `Fraction` to what compares it, and is compared with what it is known to be larger than, or not.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Never, Self

from pplc.semantics.formula import Symbolic


class Hidden(Exception):
    """What was asked depends on the number."""


class Beyond(Symbolic):
    """Any whole number above `last`."""

    __slots__ = ("last",)

    last: int

    def __new__(cls, last: int) -> Self:
        self = object.__new__(cls)
        self.last = last
        return self

    def __repr__(self) -> str:
        return f"Beyond({self.last})"

    def _known_above(self, other: object, most: int) -> bool:
        """True if another number is at most this; whether the two differ in any other way is not known."""
        if isinstance(other, Symbolic) or not isinstance(other, int | float | Fraction) or not other <= most:
            raise Hidden
        return True

    def __gt__(self, other: object) -> bool:
        return self._known_above(other, self.last)

    def __ge__(self, other: object) -> bool:
        return self._known_above(other, self.last + 1)

    def __lt__(self, other: object) -> bool:
        return not self._known_above(other, self.last + 1)

    def __le__(self, other: object) -> bool:
        return not self._known_above(other, self.last)

    if not TYPE_CHECKING:  # typeshed takes `Complex` for unhashable

        def __eq__(self, other: object) -> bool:
            return not self._known_above(other, self.last)

        def __hash__(self) -> int:
            return hash(("beyond", self.last))

    @property
    def numerator(self) -> int:
        raise Hidden

    @property
    def denominator(self) -> int:
        raise Hidden


def _hidden(*_: object) -> Never:
    raise Hidden


for _operation in (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg", "abs"),
    *("floordiv", "rfloordiv", "mod", "rmod", "divmod", "rdivmod"),
    *("float", "int", "bool", "trunc", "floor", "ceil", "round"),
):
    setattr(Beyond, f"__{_operation}__", _hidden)
