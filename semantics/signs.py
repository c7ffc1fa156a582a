"""The signs of polynomials and rational functions inside a box, as far as factors and terms show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any, cast

from pplc.semantics.formula import Field, Formula, algebra
from pplc.semantics.symbolic.ranges import Range, power, times

Ends = Sequence[tuple[float, float]]
"""The lower and upper end of each symbol, in the order of the symbols."""


def assumed_ends(field: Field) -> list[tuple[float, float]]:
    """What is assumed of the symbols themselves."""
    found: list[tuple[float, float]] = []
    for generator in field.ring.gens:
        if (generator, "probability") in field.assumed:
            found.append((0.0, 1.0))
        else:
            found.append((0.0 if (generator, "positive") in field.assumed else -inf, inf))
    return found


def sign(formula: Formula, ends: Ends) -> int:
    """The sign of a rational function inside a box, as far as its factors and what is assumed of it show it.

    0 if they do not.
    """
    found = assumed_sign(formula)
    if found:
        return found
    found = 1
    field = formula.field
    for part in (formula.element.numer, formula.element.denom):
        content, factors = part.factor_list()
        found *= 1 if content > 0 else -1
        for factor, multiplicity in factors:
            if multiplicity % 2:
                own = Formula(field, field.ring.field_new(factor))
                found *= sign_of(factor.terms(), ends) or assumed_sign(own)
    return found


def assumed_sign(formula: Formula) -> int:
    """The sign that follows from one assumption and from where the symbols are; 0 if from none."""
    field = formula.field
    ends = assumed_ends(field)
    for key in field.assumed:
        element, kind = cast("tuple[Any, str]", key)
        for known in (element, 1 - element) if kind == "probability" else (element,):
            if _at_least(formula.element, known, ends):
                return 1
            if _at_least(-formula.element, known, ends):
                return -1
    return 0


def _at_least(element: Any, other: Any, ends: Ends) -> bool:
    """Whether one element is a positive multiple of another, or more by what is not negative."""
    differences = (element - other, _scaled(element) - _scaled(other))
    return any(
        less.denom.is_ground and sign_of(less.numer.terms(), ends) * less.denom.LC > 0 for less in differences
    )


def _scaled(element: Any) -> Any:
    """An element by its leading coefficient, up to the sign of that."""
    return element * abs(element.denom.LC) / abs(element.numer.LC)


def conditions(field: Field) -> tuple[str, ...]:
    """What is assumed in words, without what follows from another: a > 0 beside a > 1."""
    kept: dict[Any, tuple[str, object]] = {}
    anywhere = [(-inf, inf) for _ in field.names]
    known = assumed_ends(field)

    def follows(element: Any, other: Any) -> bool:
        """What is assumed of a symbol follows from more of the symbol only, all else from symbols as well."""
        return _at_least(element, other, anywhere if element in field.ring.gens else known)

    for key, text in field.assumed.items():
        element, kind = cast("tuple[Any, str]", key)
        if kind == "positive" and any(follows(element, other) for other in kept):
            continue
        positive = [other for other, (_, of) in kept.items() if of == "positive"]
        for other in positive:
            if follows(other, element):
                del kept[other]
        kept[element] = text, kind
    return tuple(text for text, _ in kept.values())


def poles(formula: Formula) -> Iterator[str]:
    """Where a formula has no value though all that is assumed holds, as in `r != s`.

    It may have a limit there. Only factors that are linear are known to be 0 somewhere.
    """
    home = formula.field.base or formula.field
    _, bottom = algebra().fraction(formula.sympy())
    for factor in algebra().Mul.make_args(bottom):
        base, _ = factor.as_base_exp()
        polynomial = base.free_symbols and base.is_polynomial(*home.ring.symbols)
        if polynomial and all(number.is_Rational for number in base.atoms() - base.free_symbols):
            found = home.made(-home.ring.from_expr(base))
            if isinstance(found, Formula) and found.element.numer.is_linear:
                if not sign(found, assumed_ends(home)):
                    yield found.against_zero("!=", "!=")


def sign_of(terms: Iterable[tuple[Sequence[int], Any]], ends: Ends) -> int:
    """The sign of a polynomial, by powers with coefficients, inside a box; 0 if its terms do not show it."""
    low = high = 0.0
    for powers, coefficient in terms:
        found = Range(1.0, 1.0)
        for (lower, upper), exponent in zip(ends, powers, strict=True):
            if exponent:
                found = times(found, power(Range(lower, upper), exponent))
        size = float(coefficient)
        found = times(found, Range(size, size))
        low, high = low + found.lower, high + found.upper
    return 1 if low >= 0 else -1 if high <= 0 else 0
