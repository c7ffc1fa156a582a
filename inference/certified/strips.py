"""Integrals of concave exponents over two variables with a proof, row by row.

The integral over a row (`pplc.inference.certified.lines`) is log-concave as a function of what is constant on
it (Prékopa 1973, Acta Sci. Math. 34, 335), so that of rows the same is known as of points. They are summed by
the trapezoidal rule, or, where the number that is constant has bounds, by Gauss–Legendre rules on panels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import log

from flint import arb

from pplc.inference.certified.balls import known, precise, rational
from pplc.inference.certified.concave import Concave, Pair, affine, concave
from pplc.inference.certified.gauss import UNIT, legendre, share
from pplc.inference.certified.lines import FALLS, FLOOR, Cut, Row, Rows, rows_of, short
from pplc.inference.certified.tails import Diverges
from pplc.inference.certified.terms import Term
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import ONE, Applied, Latent, Unknown, latents_of, of_atom

BITS = 80

GOAL = 35.0
"""Minus the log of the error that is aimed at, as a share of the integral."""

ENOUGH, TRIES = 40, 4
"""Bits that are right with which one is content, and how often smaller steps are tried if they are not."""

MOST_ROWS = 600
"""After which there is no proof."""

RHO, WIDE, HIGH = 2.6, (2.6 + 1 / 2.6) / 2, (2.6 - 1 / 2.6) / 2
"""Of the ellipses around panels the sum of their semi-axes, and these, for a half width of 1."""


def enclosures(
    latents: Sequence[Latent], term: Term, functions: Sequence[Number]
) -> list[arb | Diverges] | None:
    """The integrals of a density of two variables, of it times a number, and times its square.

    None unless the exponent is seen to be concave, and the bounds are those of one linear number; if the
    number is linear, that. It may also be a multiple of the logistic function or of e to a linear one.
    """
    if (
        len(latents) != 2
        or term.block
        or isinstance(term.piece.factor, Unknown)
        or len(functions) not in (0, 2)
    ):
        return None
    pair = latents[0], latents[1]
    if not functions and any(affine(bound, pair) is None for bound in term.piece.region):
        return _between_lines(latents, term)
    if functions and affine(functions[0], pair) is None:
        return _with_powers(latents, term, functions[0])
    of = concave(term.exponent[()], pair) if () in term.exponent else None
    if of is None:
        return None
    with precise(BITS):
        cut = _cut(pair, term.piece.region, functions[0] if functions else None)
        if cut is None:
            return None
        goal = GOAL
        for _ in range(TRIES):
            sums = _sums(of, cut, goal)
            if sums is None:
                return None
            accuracy = sums[0].rel_accuracy_bits()
            if accuracy >= ENOUGH:
                weight = arb(term.log_weight).exp() * known(term.piece.factor)
                return [one * weight for one in sums[: 1 + len(functions)]]
            goal += (ENOUGH - max(accuracy, -ENOUGH)) * log(2) + 2
        return None


def _between_lines(latents: Sequence[Latent], term: Term) -> list[arb | Diverges] | None:
    """The integral where a function that rises with a linear number is above or below something.

    That is where the number is above or below what is no rational: between two lines next to each other.
    """
    found: list[arb] = []
    for side in (1, -1):
        bounds = [_line(bound, side) for bound in term.piece.region]
        region = frozenset(bound for bound in bounds if bound is not None)
        if len(region) < len(bounds) or any(affine(one, (latents[0], latents[1])) is None for one in region):
            return None
        one = enclosures(latents, replace(term, piece=replace(term.piece, region=region)), [])
        if one is None or isinstance(one[0], Diverges):
            return None
        found.append(one[0])
    return [found[0].union(found[1])]


def _line(bound: Unknown, side: int) -> Unknown | None:
    """A bound c σ(η) + d > 0, or with e^η, as one of η: a little weaker, or stronger if the side is -1."""
    others = {monomial: c for monomial, c in bound.terms.items() if monomial != ONE}
    if len(others) != 1:
        return bound
    ((monomial, c),) = others.items()
    end = -Fraction(bound.terms.get(ONE, 0)) / Fraction(c)
    match tuple(monomial):
        case ((Applied("sigmoid", Unknown() as argument), 1),) if 0 < end < 1:
            at = arb(rational(end / (1 - end))).log()
        case ((Applied("exp", Unknown() as argument), 1),) if end > 0:
            at = arb(rational(end)).log()
        case _:
            return bound
    sign = 1 if c > 0 else -1
    near = Fraction(float(at.mid())) - sign * side * (1 + abs(Fraction(float(at.mid())))) / 2**48
    beyond = (at - arb(rational(near))) * (sign * side) > 0
    line = (argument - near) * sign
    return line if beyond and isinstance(line, Unknown) else None


def _with_powers(latents: Sequence[Latent], term: Term, number: Number) -> list[arb | Diverges] | None:
    """The integrals of a density, of it times c σ(η) or c e^η, and times its square: of other exponents."""
    if not isinstance(number, Unknown) or len(number.terms) != 1:
        return None
    ((monomial, coefficient),) = number.terms.items()
    match tuple(monomial):
        case ((Applied("sigmoid", Unknown() as argument), 1),):
            more: Number = of_atom(Applied("log_sigmoid", argument), number.space)
        case ((Applied("exp", Unknown() as argument), 1),):
            more = argument
        case _:
            return None
    found: list[arb | Diverges] = []
    for k in (0, 1, 2):
        exponent = term.exponent.get((), Fraction(0)) + more * k
        one = enclosures(latents, replace(term, exponent={(): exponent}), [])
        if one is None or isinstance(one[0], Diverges):
            return None
        found.append(one[0] * known(coefficient) ** k)
    return found


def _sums(of: Concave, cut: Cut, goal: float) -> list[arb] | None:
    rows = rows_of(of, cut, goal, HIGH)
    if rows is None:
        return None
    if cut.low is None and cut.high is None:
        sums = _on_line(rows, cut.constant)
    else:
        sums = _on_panels(rows, cut, int(goal / log(RHO**2)) + 1)
    whole = rows.top.exp() * arb(rational(rows.area))
    return None if sums is None else [one * whole for one in sums]


def _cut(latents: tuple[Latent, Latent], region: frozenset[Unknown], number: Number | None) -> Cut | None:
    """By what number the plane is cut in rows; None if bounds are not all of one linear number."""
    listed: list[tuple[Number, bool]] = [(bound, True) for bound in region]
    if number is not None:
        listed.insert(0, (number, False))
    slopes: Pair | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    constant = Fraction(0)
    for one, bounds in listed:
        own, rest = affine(one, latents), _constant(one)
        if own is None or rest is None or not any(own):
            return None
        if slopes is None:
            slopes = own
        if slopes[0] * own[1] != slopes[1] * own[0]:
            return None
        k = 0 if slopes[0] else 1
        by = own[k] / slopes[k]
        if not bounds:
            constant = rest
        elif by > 0:
            low = -rest / by if low is None else max(low, -rest / by)
        else:
            high = -rest / by if high is None else min(high, -rest / by)
    return Cut(slopes or (Fraction(0), Fraction(1)), low, high, constant)


def _constant(number: Number) -> Fraction | None:
    """The rational part of a linear number; None if it has another constant."""
    if not isinstance(number, Unknown):
        return None
    if any(monomial and not any(True for _ in latents_of(monomial)) for monomial in number.terms):
        return None
    return Fraction(number.terms.get(ONE, 0))


class _Sums:
    """Integrals over w of rows times powers of the number: w and a constant."""

    def __init__(self, constant: Fraction) -> None:
        self._constant = arb(rational(constant))
        self.sums = [arb(0)] * 3

    def add(self, w: arb, value: arb) -> None:
        """A row with its weight."""
        number = w + self._constant
        self.sums = [total + value * number**k for k, total in enumerate(self.sums)]

    def off(self, w: arb, more: arb, value: arb) -> None:
        """An error of this size, where the number may be off by some more."""
        most = (abs(w + self._constant) + more).upper()
        self.sums = [total + UNIT * (value * most**k).upper() for k, total in enumerate(self.sums)]

    def beyond(self, w: arb, more: arb, value: arb, falls: arb) -> None:
        """An error of value e^(-falls s) at all distances s from there."""
        if not falls > 0:
            self.sums = [arb.nan()] * len(self.sums)
            return
        most = (abs(w + self._constant) + more).upper()
        one = 1 / falls
        for k, size in enumerate((arb(1), most + one, most**2 + 2 * most * one + 2 * one**2)):
            self.sums[k] += UNIT * (value * size * one).upper()


def _on_line(rows: Rows, constant: Fraction) -> list[arb] | None:
    """The integrals over all rows, by the trapezoidal rule."""
    pace, wide = arb(rational(rows.pace)), arb(rational(rows.wide))

    def place(k: int) -> arb:
        return arb(rational(rows.centre)) + k * pace

    found: dict[int, Row] = {}
    ends: list[int] = []
    for side in (1, -1):
        k, start = 0, 0
        for _ in range(MOST_ROWS):
            if k not in found:
                row = rows.row(place(k), start)
                if row is None:
                    return None
                found[k] = row
            start = found[k].highest
            if abs(k) > 2:
                before, inner = found[k - side], found[k - 2 * side]
                small = found[k].integral < found[0].integral * arb(-FLOOR).exp()
                if small and _fall(before, found[k]) > FALLS and _fall(inner, before) > FALLS:
                    break
            k += side
        else:
            return None
        ends.append(k)
    high, low = ends
    sums = _Sums(constant)
    for k in range(low, high + 1):
        sums.add(place(k), found[k].integral * pace)
    for k in range(low + 1, high):
        change = max(
            (_rise(found[k], found[m]).max(_rise(found[m], found[k])) for m in (k - 1, k + 1)), key=float
        )
        value = found[k].most * (change * change / 24).exp() * pace
        sums.off(place(k), wide + pace / 2, value * rows.off)
    for end, side in ((high, 1), (low, -1)):
        # Terms at j paces from there are no more than integrals up to there from one pace before.
        falls = (found[end - side].integral / found[end].integral).log().lower() / pace
        sums.beyond(place(end), pace, found[end].integral.upper(), falls)
        inner = found[end - side]
        falls = _fall(found[end - 2 * side], inner) / pace
        sums.beyond(place(end - side), wide, inner.most * rows.off, falls)
    return sums.sums


def _rise(left: Row, right: Row) -> arb:
    """No less than the difference of the logs of ∫ e^(E + swell) over two rows."""
    return (right.most / left.least).log().upper()


def _fall(left: Row, right: Row) -> arb:
    """No more than by how much that falls from one row to another."""
    return (left.least / right.most).log().lower()


def _on_panels(rows: Rows, cut: Cut, count: int) -> list[arb] | None:
    """The integrals over the rows between bounds, by Gauss–Legendre rules on panels."""
    sums = _Sums(cut.constant)
    radius = short(float(rows.wide) / HIGH * 0.99)
    nodes = legendre(count, BITS)
    by = rows.growth[1].exp() * share(count, RHO)
    most: arb | None = None
    for side, end in ((1, cut.high), (-1, cut.low)):
        here, start = rows.centre, 0
        for _ in range(MOST_ROWS // count):
            far = here + 2 * side * radius
            if end is not None and (far - end) * side > 0:
                far = end
            if far == here:
                break
            middle, half = arb(rational((here + far) / 2)), arb(rational(abs(far - here) / 2))
            places = [middle - node * half * side for node, _ in nodes]
            found: list[Row] = []
            for w in places:
                row = rows.row(w, start)
                if row is None:
                    return None
                start = row.highest
                found.append(row)
            for w, row, (_, weight) in zip(places, found, nodes, strict=True):
                sums.add(w, row.integral * (weight * half))
            a, b, c = 0, count // 2, count - 1
            rises = [
                _fall_at_most(found[b], found[k])
                / abs(places[b] - places[k])
                * (abs(places[b] - middle) + half * WIDE)
                for k in (a, c)
            ]
            above = max((arb(0), *rises), key=float).upper().exp()
            sums.off(middle, half * (WIDE + HIGH), found[b].most * above * by * half)
            here = far
            if far == end:
                break
            most = found[b].integral if most is None else most.max(found[b].integral)
            ends = found[b].integral.lower(), found[c].integral.upper()
            falls = (ends[0] / ends[1]).log().lower() / abs(places[c] - places[b])
            if found[c].integral < most * arb(-FLOOR).exp() and falls * half > FALLS:
                sums.beyond(places[c], arb(0), ends[1], falls)
                break
        else:
            return None
    return sums.sums


def _fall_at_most(left: Row, right: Row) -> arb:
    return (left.most / right.least).log().upper()
