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

    def _hidden(self, *_: object) -> Never:
        raise Hidden

    @property
    def numerator(self) -> int:
        self._hidden()

    @property
    def denominator(self) -> int:
        self._hidden()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _hidden
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __neg__ = __abs__ = _hidden
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _hidden
    __divmod__ = __rdivmod__ = __float__ = __int__ = __bool__ = _hidden  # type: ignore[assignment]
    __trunc__ = __floor__ = __ceil__ = __round__ = _hidden  # type: ignore[assignment]
