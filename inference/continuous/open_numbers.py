"""Numbers that depend on parameters that are left open, as rational functions in normal form."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pplc.semantics.formula import Formula
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    ONE,
    Atom,
    Base,
    Exponent,
    Latent,
    Monomial,
    Unknown,
    latent,
    made,
    terms_of,
)


class Parameters(dict[Latent, Formula]):
    """What is left open: variables that are never integrated over, and their symbols.

    known: the sums that stand under powers as rational functions, each found once.
    """

    def __init__(self, symbols: Mapping[Latent, Formula]) -> None:
        super().__init__(symbols)
        self.known: dict[Unknown, Fraction | None] = {}


def as_formula(number: Number, parameters: Parameters) -> Fraction | None:
    """A number as a rational function of the parameters; None if it is none."""
    total = Fraction(0)
    for monomial, coefficient in terms_of(number).items():
        if isinstance(coefficient, float):
            return None
        term: Any = coefficient
        for atom, exponent in monomial:
            base = _of_atom(atom, parameters)
            if base is None or type(exponent) is not int:
                return None
            term = term * base**exponent
        total = total + term
    return total


def _of_atom(atom: Atom, parameters: Parameters) -> Fraction | None:
    match atom:
        case Latent():
            return parameters.get(atom)
        case Base(total):
            if total not in parameters.known:
                parameters.known[total] = as_formula(total, parameters)
            return parameters.known[total]
        case _:
            return None


def as_number(formula: Fraction, parameters: Parameters) -> Number:
    """A rational function as a number in the parameters: a polynomial, times a power -1 of another."""
    if not isinstance(formula, Formula):
        return formula
    found: list[Number] = []
    for part in (formula.element.numer, formula.element.denom):
        total: Number = Fraction(0)
        for powers, coefficient in part.terms():
            term: Number = Fraction(int(coefficient))
            for variable, power in zip(parameters, powers, strict=True):
                if power:
                    term = term * latent(variable.address, variable.space) ** power
            total = total + term
        found.append(total)
    return found[0] / found[1]


def tidied(number: Number, parameters: Parameters) -> Number:
    """A number with what stands before every product of other atoms in normal form.

    Integrals of quadratic forms otherwise nest one quotient in the other.
    """
    if not isinstance(number, Unknown):
        return number
    groups: dict[Monomial, dict[Monomial, Fraction | float]] = {}
    for monomial, coefficient in number.terms.items():
        inner = frozenset(pair for pair in monomial if _is_open(*pair, parameters))
        groups.setdefault(monomial - inner, {})[inner] = coefficient
    total: Number = Fraction(0)
    for outer, terms in groups.items():
        before = made(number.space, terms)
        formula = None if set(terms) == {ONE} else as_formula(before, parameters)
        after = before if formula is None else as_number(formula, parameters)
        total = total + after * made(number.space, {outer: Fraction(1)})
    return total


def _is_open(atom: Atom, exponent: Exponent, parameters: Parameters) -> bool:
    return type(exponent) is int and _of_atom(atom, parameters) is not None
