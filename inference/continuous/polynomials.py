"""Numbers as they depend on one variable: coefficients of its powers, and logarithms that contain it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, assert_never

from pplc.semantics.symbolic.elementary import Number, applied, dilog, exp, lgamma, log
from pplc.semantics.symbolic.expression import (
    ONE,
    Applied,
    Base,
    Exponent,
    Latent,
    Monomial,
    Unknown,
    expanded,
    latents_of,
    made,
    mentions,
    of_atom,
    power,
    terms_of,
)

Powers: TypeAlias = dict[Exponent, Number]
"""Exponent -> coefficient, which does not depend on the variable."""


def of_power(powers: Powers, exponent: Exponent) -> Number:
    """The coefficient of a power; zero if there is none."""
    return powers[exponent] if exponent in powers else Fraction(0)


def in_powers(number: Number, variable: Latent) -> Powers | None:
    """A number as a sum of powers of a variable; None if it is none."""
    if mentions(number, variable):
        number = expanded(number)
    if not mentions(number, variable):  # multiplied out, a variable may cancel
        return {0: number} if number != 0 else {}
    found: Powers = {}
    for monomial, coefficient in terms_of(number).items():
        split = _split(monomial, variable)
        if split is None:
            return None
        exponent, rest = split
        assert isinstance(number, Unknown)
        term = made(number.space, {rest: coefficient})
        found[exponent] = found[exponent] + term if exponent in found else term
    return {exponent: c for exponent, c in found.items() if c != 0}


def _split(monomial: Monomial, variable: Latent) -> tuple[Exponent, Monomial] | None:
    exponent: Exponent = 0
    rest: set[tuple[Latent | Applied | Base, Exponent]] = set()
    for atom, own in monomial:
        if atom == variable:
            exponent = own
        elif _inside(atom, variable):
            return None
        else:
            rest.add((atom, own))
    return exponent, frozenset(rest) if rest else ONE


def _inside(atom: Latent | Applied | Base, variable: Latent) -> bool:
    match atom:
        case Latent():
            return False
        case Applied(_, argument):
            return mentions(argument, variable)
        case Base(total):
            return mentions(total, variable)


@dataclass
class Shape:
    """An exponent as a function of one variable x: rest + Σ powers[k] x^k + logs[x] log x + Σ logs[s] log s.

    log:  coefficient of log x. logs: of the logarithms of sums that mention x.
    """

    rest: Number
    powers: Powers
    log: Number
    logs: dict[Unknown, Number]


def shape_in(exponent: Number, variable: Latent) -> Shape | None:
    """How an exponent depends on a variable; None if in no way that has rules."""
    found = Shape(Fraction(0), {}, Fraction(0), {})
    if not isinstance(exponent, Unknown):
        found.rest = exponent
        return found
    space = exponent.space
    free: dict[Monomial, Fraction | float] = {}
    powers: dict[Exponent, dict[Monomial, Fraction | float]] = {}
    for monomial, coefficient in exponent.terms.items():
        if variable not in latents_of(monomial):
            free[monomial] = coefficient
            continue
        logs = [
            atom
            for atom, power in monomial
            if isinstance(atom, Applied) and atom.name == "log" and power == 1
        ]
        inside = [atom for atom in logs if mentions(atom.argument, variable)]
        if inside:
            others = frozenset(pair for pair in monomial if pair[0] is not inside[0])
            if len(inside) > 1 or variable in latents_of(others):
                return None
            term = made(space, {others: coefficient})
            argument = inside[0].argument
            assert isinstance(argument, Unknown)
            if argument.terms == {frozenset({(variable, 1)}): 1}:
                found.log = found.log + term
            else:
                found.logs[argument] = found.logs.get(argument, Fraction(0)) + term
            continue
        split = _split(monomial, variable)
        if split is None:
            opened = expanded(made(space, {monomial: coefficient}))
            if isinstance(opened, Unknown) and opened.terms != {monomial: coefficient}:
                return shape_in(expanded(exponent), variable)
            return None
        power, rest = split
        powers.setdefault(power, {})[rest] = coefficient
    found.rest = made(space, free)
    found.powers = {power: made(space, terms) for power, terms in powers.items()}
    return found


def substituted(number: Number, variable: Latent, value: Number) -> Number:
    """A number with a variable replaced."""
    if not mentions(number, variable):
        return number
    total: Number = Fraction(0)
    for monomial, coefficient in terms_of(number).items():
        term: Number = coefficient
        for atom, exponent in monomial:
            term = term * _replaced(atom, exponent, variable, value)
        total = total + term
    return total


def _replaced(atom: Latent | Applied | Base, exponent: Exponent, variable: Latent, value: Number) -> Number:
    match atom:
        case Latent(_, space):
            inner: Number = value if atom == variable else of_atom(atom, space)
        case Applied(name, argument):
            moved = substituted(argument, variable, value)
            named = {"log": log, "exp": exp, "lgamma": lgamma, "dilog": dilog}.get(name)
            inner = applied(name, moved) if named is None else named(moved)
        case Base(total):
            inner = substituted(total, variable, value)
        case _:
            assert_never(atom)
    if isinstance(inner, Unknown):
        return power(inner, exponent)
    return inner ** int(exponent) if exponent.denominator == 1 else float(inner) ** float(exponent)
