"""Formulas that are no rational functions: with exponentials, roots and special functions of the symbols.

Answers may be such (`pplc.inference.formulas`); what programs compute with are rational functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pplc.semantics.formula import Field, Formula, algebra
from pplc.semantics.symbolic import elementary

DIGITS = 30
"""Digits to which a formula is evaluated before it is rounded to a float."""


class ClosedField(Field):
    """The sympy expressions in the symbols of a field of rational functions, which is `base`."""

    def made(self, element: Any) -> Fraction:
        """The number that an expression is, brought to one fraction and factored."""
        sp = algebra()
        found = sp.factor(sp.together(element))
        if found.is_Rational:
            return Fraction(int(found.p), int(found.q))
        return ClosedForm(self, found)

    def element(self, number: Fraction | int) -> Any:
        """The expression that a number is."""
        if isinstance(number, Formula):
            return number.sympy()
        return algebra().Rational(number.numerator, number.denominator)


class ClosedForm(Formula):
    """A formula as a sympy expression, which is its `element`."""

    __slots__ = ()

    def sympy(self) -> Any:
        """The expression."""
        return self.element

    def derivative(self, name: str) -> Fraction:
        """The partial derivative in a symbol."""
        return self.field.made(self.element.diff(algebra().Symbol(name)))

    def at(self, values: Mapping[str, Fraction | int]) -> Fraction:
        """The value where every symbol has a value: itself if it is rational, else rounded to a float."""
        sp = algebra()
        numbers = {name: Fraction(values[name]) for name in self.field.names}
        points = {sp.Symbol(name): sp.Rational(x.numerator, x.denominator) for name, x in numbers.items()}
        found = self.element.subs(points)
        if found.is_Rational:
            return Fraction(int(found.p), int(found.q))
        number = found.evalf(DIGITS)
        if not (number.is_Float and number.is_finite):
            raise ZeroDivisionError(f"{self} has no value where {dict(values)}")
        return Fraction(float(number))


def product(left: Fraction, right: Fraction) -> Fraction:
    """A product of two factored formulas, which needs no factoring."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, ClosedForm):
            return ClosedForm(one.field, one.sympy() * one.field.element(other))
    return left * right


def root(number: Fraction) -> Fraction | float:
    """The square root of a number that is not negative."""
    if not isinstance(number, Formula):
        found: Fraction | float = elementary.sqrt(number)
        return found
    home = number.field
    if not isinstance(home, ClosedField):
        home = ClosedField(home.ring, home.names, home.assumed, home)
    return ClosedForm(home, algebra().sqrt(number.sympy()))
