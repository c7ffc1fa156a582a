"""Formulas that are no rational functions: with exponentials, roots and special functions of the symbols.

Answers may be such (`pplc.inference.formulas`); what programs compute with are rational functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pplc.semantics.formula import Field, Formula

DIGITS = 30
"""Digits to which a formula is evaluated before it is rounded to a float."""


class ClosedField(Field):
    """The sympy expressions in the symbols of a field of rational functions, which is `base`."""

    def made(self, element: Any) -> Fraction:
        """The number that an expression is, brought to one fraction and factored."""
        from sympy import factor, together

        found = factor(together(element))
        if found.is_Rational:
            return Fraction(int(found.p), int(found.q))
        return ClosedForm(self, found)

    def element(self, number: Fraction | int) -> Any:
        """The expression that a number is."""
        from sympy import Rational

        if isinstance(number, Formula):
            return number.sympy()
        return Rational(number.numerator, number.denominator)


class ClosedForm(Formula):
    """A formula as a sympy expression, which is its `element`."""

    __slots__ = ()

    def sympy(self) -> Any:
        """The expression."""
        return self.element

    def derivative(self, name: str) -> Fraction:
        """The partial derivative in a symbol."""
        from sympy import Symbol

        return self.field.made(self.element.diff(Symbol(name)))

    def at(self, values: Mapping[str, Fraction | int]) -> Fraction:
        """The value where every symbol has a value: itself if it is rational, else rounded to a float."""
        from sympy import Rational, Symbol

        numbers = {name: Fraction(values[name]) for name in self.field.names}
        points = {Symbol(name): Rational(x.numerator, x.denominator) for name, x in numbers.items()}
        found = self.element.subs(points)
        if found.is_Rational:
            return Fraction(int(found.p), int(found.q))
        if not found.is_finite:
            raise ZeroDivisionError(f"{self} has no value where {dict(values)}")
        return Fraction(float(found.evalf(DIGITS)))


def root(number: Fraction) -> Fraction:
    """The square root of a number that is not negative; a float's rational if it has none."""
    if isinstance(number, Formula):
        from sympy import sqrt

        home = number.field
        wide = home if isinstance(home, ClosedField) else ClosedField(home.ring, home.names, home.assumed, home)
        return ClosedForm(wide, sqrt(number.sympy()))
    return Fraction(elementary.sqrt(number))
