"""Densities e^E of two variables with a concave E: quadratic forms and links, as in regressions.

E is a quadratic form that falls, plus terms of η = a x + b y + c: n log σ(η) and n log Φ(η) with n > 0, and
-n e^η. Their exponentials are analytic where the imaginary part of η is less than π, and everywhere for
whole n, and there, with η + iθ,

    |σ(η + iθ)| <= σ(η) / cos(θ / 2),    |Φ(η + iθ)| <= Φ(η) e^(θ² / 2),    Re -e^(η + iθ) = -e^η cos θ:

the first as |1 + q e^iθ|² = (1 + q)² cos²(θ / 2) + (1 - q)² sin²(θ / 2), the second as |φ(t + iθ)| = φ(t)
e^(θ² / 2), by integration from -∞. So the size of the density is known on whole strips, from what it is on
the plane. But Φ has zeros, the nearest to the real line at 1.916 ± 2.816 i: where n is not whole, Φ^n is
analytic between these alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import erfc, exp, pi, sqrt
from typing import Literal, TypeAlias

import numpy as np
from flint import arb

from pplc.inference.certified.balls import known
from pplc.inference.continuous.evaluation import values_at
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Applied,
    Latent,
    Monomial,
    Unknown,
    latents_of,
    logit_of,
    of_atom,
)

Pair: TypeAlias = tuple[Fraction, Fraction]
Floats: TypeAlias = tuple[float, float]

STEEPEST = 1.2
"""Imaginary part of what stands in an exponential up to which it is looked at: cos θ must stay positive."""

WIDEST = 0.97 * pi
"""The same in a logistic function."""

BRANCH = 2.8
"""The same in Φ that is raised to a power that is not whole: its zeros are branch points then."""

LARGEST, SMALLEST = 500.0, 1e-300
"""What is taken for the ends of floats where only a guess is needed."""

ROUNDED = 1 + Fraction(1, 2**40)
"""What a coefficient that is a float may be larger by."""


@dataclass(frozen=True, slots=True)
class Link:
    """A concave function of a linear number η, times a positive number; of `exp`, minus that.

    slopes: of η. argument: η itself, which at 0 is roughly `constant`.
    """

    kind: Literal["log_sigmoid", "log_ndtr", "exp"]
    times: Fraction
    slopes: Pair
    argument: Unknown
    constant: float

    @property
    def widest(self) -> float:
        """The largest imaginary part of η up to which the link is analytic and its bound holds."""
        match self.kind:
            case "log_sigmoid":
                return WIDEST
            case "exp":
                return STEEPEST
            case "log_ndtr":
                return float("inf") if self.times.denominator == 1 else BRANCH

    def derivatives(self, at: Floats) -> tuple[float, float]:
        """As a function of η, the derivative and the second one with its sign turned, in floats."""
        eta = float(self.slopes[0]) * at[0] + float(self.slopes[1]) * at[1] + self.constant
        times = float(self.times)
        match self.kind:
            case "exp":
                value = exp(min(eta, LARGEST))
                return -times * value, times * value
            case "log_sigmoid":
                share = 1 / (1 + exp(min(eta, LARGEST)))
                return times * share, times * share * (1 - share)
            case "log_ndtr":
                tail = erfc(-eta / sqrt(2)) / 2
                ratio = exp(-eta * eta / 2) / sqrt(2 * pi) / tail if tail > SMALLEST else -eta - 1 / eta
                return times * ratio, times * ratio * (eta + ratio)


@dataclass(frozen=True, slots=True)
class Concave:
    """A concave exponent: -x'Px / 2 + l'x + links, and a constant. precision: P, as p_11, p_12, p_22."""

    number: Unknown
    precision: tuple[Fraction, Fraction, Fraction]
    linear: Pair
    links: Sequence[Link]
    latents: tuple[Latent, Latent]

    def growth(self, along: Pair, height: Fraction) -> arb:
        """By how much Re E may be larger at x + i `height` `along` than E at x, links by `exp` left out."""
        found = arb(known(height**2 * self.bend(along))) / 2
        for link in self.links:
            theta = abs(_dot(link.slopes, along)) * height * ROUNDED
            if link.kind == "log_ndtr":
                found += arb(known(link.times * theta**2)) / 2
            elif link.kind == "log_sigmoid":
                found -= arb(known(link.times)) * (arb(known(theta)) / 2).cos().log()
        return found.upper()

    def bend(self, along: Pair) -> Fraction:
        """The quadratic form of P."""
        (a, b, c), (x, y) = self.precision, along
        return a * x * x + 2 * b * x * y + c * y * y

    def swell(self, steps: Sequence[tuple[Pair, Fraction]]) -> Number:
        """What links by `exp` may add to Re E at such imaginary parts, Σ n (1 - cos θ) e^η; 0 without any."""
        total: Number = Fraction(0)
        for link in self.links:
            if link.kind == "exp":
                theta = max(abs(_dot(link.slopes, along)) * height * ROUNDED for along, height in steps)
                most = Fraction(float((1 - arb(known(theta)).cos()).upper())) * ROUNDED
                total = total + of_atom(Applied("exp", link.argument), link.argument.space) * (
                    link.times * most
                )
        return total

    def highest(self, along: Pair) -> float:
        """The largest imaginary part along a direction at which the bounds hold; infinity if at all."""
        found = float("inf")
        for link in self.links:
            slope = abs(float(_dot(link.slopes, along)))
            if slope:
                found = min(found, link.widest / slope)
        return found

    def slopes_at(self, at: Floats) -> tuple[Floats, tuple[float, float, float]]:
        """The gradient and the second derivatives with their sign turned, in floats."""
        a, b, c = map(float, self.precision)
        gradient = [
            float(self.linear[0]) - a * at[0] - b * at[1],
            float(self.linear[1]) - b * at[0] - c * at[1],
        ]
        second = [a, b, c]
        for link in self.links:
            first, bend = link.derivatives(at)
            u, v = map(float, link.slopes)
            gradient[0] += first * u
            gradient[1] += first * v
            for k, product in enumerate((u * u, u * v, v * v)):
                second[k] += bend * product
        return (gradient[0], gradient[1]), (second[0], second[1], second[2])


def concave(number: Number, latents: tuple[Latent, Latent]) -> Concave | None:
    """An exponent as such a concave function; None if it is none, or is not seen to be."""
    if not isinstance(number, Unknown):
        return None
    linear = [Fraction(0), Fraction(0)]
    precision = [Fraction(0), Fraction(0), Fraction(0)]
    links: list[Link] = []
    for monomial, coefficient in number.terms.items():
        if not any(True for _ in latents_of(monomial)):
            continue
        powers = _powers(monomial, latents)
        link = None if powers is not None else _link(monomial, Fraction(coefficient), latents)
        if powers is not None and sum(powers) == 1:
            linear[powers.index(1)] += Fraction(coefficient)
        elif powers is not None and sum(powers) == 2:
            by = 1 if powers == (1, 1) else 2
            precision[powers[1]] -= by * Fraction(coefficient)
        elif link is not None:
            links.append(link)
        else:
            return None
    a, b, c = precision
    if not links or a < 0 or c < 0 or a * c < b * b:
        return None
    return Concave(number, (a, b, c), (linear[0], linear[1]), tuple(links), latents)


def affine(number: Number, latents: tuple[Latent, Latent]) -> Pair | None:
    """The slopes of a linear number; None of others."""
    slopes = [Fraction(0), Fraction(0)]
    if isinstance(number, Unknown):
        for monomial, coefficient in number.terms.items():
            if any(True for _ in latents_of(monomial)):
                powers = _powers(monomial, latents)
                if powers is None or sum(powers) != 1:
                    return None
                slopes[powers.index(1)] += Fraction(coefficient)
    return slopes[0], slopes[1]


def _powers(monomial: Monomial, latents: tuple[Latent, Latent]) -> tuple[int, int] | None:
    """Of which powers of the variables a term is a multiple; None if it is none, or they are not whole."""
    found = [0, 0]
    for atom, exponent in monomial:
        if atom not in latents or type(exponent) is not int or exponent < 0:
            return None
        found[0 if atom == latents[0] else 1] = exponent
    return found[0], found[1]


def _link(monomial: Monomial, coefficient: Fraction, latents: tuple[Latent, Latent]) -> Link | None:
    if len(monomial) != 1:
        return None
    ((atom, exponent),) = monomial
    if not isinstance(atom, Applied) or exponent != 1 or not isinstance(atom.argument, Unknown):
        return None
    kind, argument = atom.name, atom.argument
    if kind == "log" and (logit := logit_of(argument)) is not None:
        kind, argument = "log_sigmoid", logit
    slopes = affine(argument, latents)
    if slopes is None:
        return None
    constant = float(values_at(argument, {variable: np.zeros(1) for variable in latents})[0])
    match kind:
        case "log_sigmoid" | "log_ndtr" if coefficient > 0:
            return Link(kind, coefficient, slopes, argument, constant)
        case "exp" if coefficient < 0:
            return Link(kind, -coefficient, slopes, argument, constant)
        case _:
            return None


def _dot(left: Pair, right: Pair) -> Fraction:
    return left[0] * right[0] + left[1] * right[1]
