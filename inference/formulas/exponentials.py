"""Generators for the exponentials of rational functions, none of which is a power product of the others.

Where all exponents have one denominator D, every monomial m of the numerators has its own generator
exp(g m / D), with the largest g of which all coefficients are whole multiples. These exponents are linearly
independent over the rationals, hence the exponentials algebraically independent (Ax 1971). Where high powers
of them would arise, every exponential is a generator of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Any, TypeAlias

from pplc.semantics.formula import algebra, fractions

sp = algebra()

MOST_POWER = 24
"""Power of a generator up to which exponentials share them: polynomials of high degree take for ever."""

Powers: TypeAlias = list[tuple[Any, int]]
"""Exponents of generators, each with the power of its generator."""


class Exponentials:
    """The generators for some exponents, which are expressions."""

    def __init__(self, exponents: Sequence[Any]) -> None:
        symbols = sorted({s for e in exponents for s in e.free_symbols}, key=str)
        # A field needs a symbol; of numbers alone it is not used.
        self.field = fractions(symbols or [sp.Dummy()], whole=False)
        found = [self.field.from_expr(e) for e in exponents]
        self.bottom = reduce(lambda a, b: a.lcm(b), (e.denom for e in found), self.field.ring.one)
        self.shares: dict[Any, Fraction] = {}
        for element in found:
            for monomial, coefficient in self._numerator(element):
                size = abs(coefficient)
                self.shares[monomial] = _common(self.shares.get(monomial, size), size)
        powers = (abs(c) / self.shares[m] for element in found for m, c in self._numerator(element))
        self.short = max(powers, default=0) <= MOST_POWER

    def _numerator(self, element: Any) -> list[tuple[Any, Fraction]]:
        top = element.numer * self.bottom.exquo(element.denom)
        return [(m, Fraction(int(c.numerator), int(c.denominator))) for m, c in top.terms() if c]

    def powers(self, exponent: Any) -> Powers:
        """One of the exponents as a sum of multiples of those of the generators."""
        if not self.short:
            own = self.field.from_expr(exponent)
            sign = -1 if own.numer.LC < 0 else 1
            return [((sign * own).as_expr(), sign)]
        found: Powers = []
        for monomial, coefficient in self._numerator(self.field.from_expr(exponent)):
            share = self.shares[monomial]
            named = zip(self.field.symbols, monomial, strict=True)
            part = sp.Mul(*(symbol**power for symbol, power in named)) / self.bottom.as_expr()
            found.append((sp.Rational(share.numerator, share.denominator) * part, int(coefficient / share)))
        return found


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The largest rational of which two are whole multiples."""
    return Fraction(gcd(a.numerator, b.numerator), lcm(a.denominator, b.denominator))
