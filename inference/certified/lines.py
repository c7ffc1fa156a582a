"""Rows of the plane: lines on which a number w is constant, and integrals over them by the trapezoidal rule.

For f analytic in the strip |Im t| <= h, which falls in it, the rule with step Δ on the real line is off by no
more than (2 / (e^(2πh/Δ) - 1)) ∫ |f(t + ih)| dt, if f is real (Trefethen & Weideman 2014, SIAM Review 56,
theorem 5.1). The size of f on strips is known from `pplc.inference.certified.concave`: it is e^G, where G is
concave on the plane. And of e^G points tell the integral: as G lies below its tangents, between t - Δ/2 and
t + Δ/2 it is no more than Δ e^G(t) sinh(μ/2) / (μ/2) <= Δ e^(G(t) + μ²/24), where μ is the larger of the
differences to the neighbours, and beyond a point where G falls by μ per step no more than Δ e^G / μ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import cos, frexp, inf, isfinite, pi
from typing import NamedTuple

from flint import arb

from pplc.inference.certified.balls import BALLS, rational, up_to
from pplc.inference.certified.concave import Concave, Pair
from pplc.inference.certified.gauss import UNIT
from pplc.inference.certified.straight_line import StraightLine
from pplc.inference.continuous.piece import look
from pplc.semantics.symbolic.expression import Latent

FLOOR = 44
"""Log of the highest density over one that is small enough to stop, if the density falls there."""

FALLS = 0.25
"""By how much the log must fall from one point to the next for what lies beyond to be bounded by that."""

MOST_POINTS = 1_000
"""Of a row, after which there is no proof: steps that are far too small."""

HEIGHTS = 60
"""Heights of strips that are tried, each by a tenth smaller."""

SPREADS, STEEP = 1.5, 3.0
"""Half width of a panel in standard deviations, and where E falls by STEEP along the half of that."""

SWELLS = 1.4
"""What links by `exp` add on strips, over what they add at the highest point, roughly."""

NEWTON, FARTHEST, CLOSE = 200, 2.0, 1e-6
"""Steps towards the highest point, how long they are, and how short when it is found."""


class Cut(NamedTuple):
    """The number w = slopes · x that is constant on rows, its bounds, and what is added to it."""

    slopes: Pair
    low: Fraction | None
    high: Fraction | None
    constant: Fraction


class Row(NamedTuple):
    """The integral over a row, and bounds of that of its size on a strip, but for a constant.

    highest: where the density is highest in it, as a number of steps.
    """

    integral: arb
    least: arb
    most: arb
    highest: int


@dataclass(frozen=True)
class Rows:
    """A concave exponent E on the lines on which a linear number has one value w.

    The points are origin + w · across + t · along; t in steps of `step`, and w of `pace` where that is the
    rule: analytic to heights of `high` and `wide`. area: dx dy as a share of dt dw.
    numbers: E, and what its real part may have in addition at such heights, besides a constant, the growth.
    centre:  where w has most mass. top: E there.
    latents: the variables.
    """

    origin: Pair
    across: Pair
    along: Pair
    step: Fraction
    pace: Fraction
    high: Fraction
    wide: Fraction
    area: Fraction
    numbers: StraightLine
    growth: tuple[arb, arb]
    centre: Fraction
    top: arb
    latents: tuple[Latent, ...]

    def at(self, t: arb, w: arb) -> tuple[arb, arb]:
        """E at a point, and what the size may have in addition on strips."""
        point = [
            w * rational(self.across[k]) + t * rational(self.along[k]) + rational(self.origin[k])
            for k in (0, 1)
        ]
        exponent, swell = self.numbers(*point)
        return exponent, swell

    def row(self, w: arb, start: int = 0) -> Row | None:
        """The integral of e^(E - top) over a row, from a point near its highest; None if that is too long."""
        step = rational(self.step)
        found: dict[int, tuple[arb, arb]] = {}

        def at(k: int) -> tuple[arb, arb]:
            if k not in found:
                look(self.latents)
                exponent, swell = self.at(arb(k * step), w)
                found[k] = exponent - self.top, exponent - self.top + swell
            return found[k]

        ends: list[int] = []
        for side in (1, -1):
            k = start
            for _ in range(MOST_POINTS):
                k += side
                here, before = at(k), at(k - side)
                falls = all(bool(b - a > FALLS) for a, b in zip(here, before, strict=True))
                if here[0] < -FLOOR and falls and at(k - 2 * side)[1] - before[1] > FALLS:
                    break
            else:
                return None
            ends.append(k)
        high, low = ends
        total, swollen, below, peak = arb(0), arb(0), arb(0), arb(0)
        for k in range(low, high + 1):
            total += at(k)[0].exp()
        for k in range(low + 1, high):
            change = _larger(at(k)[1] - at(k - 1)[1], at(k)[1] - at(k + 1)[1])
            size = at(k)[1].exp()
            swollen += size * (change * change / 24).exp()
            # Between neighbours it is no less than at the lower one: of all, but the highest.
            below, peak = below + size, peak.max(size)
        for end, side in ((high, 1), (low, -1)):
            q = (at(end)[0] - at(end - side)[0]).exp().upper()
            total += _from_0(at(end)[0].exp() * q / (1 - q))
            inner = at(end - side)[1]
            swollen += inner.exp() / (at(end - 2 * side)[1] - inner)
        most = (swollen * step).upper()
        off = most * self.growth[0].exp() * error_share(self.high, self.step)
        highest = max(found, key=lambda k: found[k][0].mid())
        return Row(total * step + UNIT * off, ((below - peak) * step).lower(), most, highest)

    @property
    def off(self) -> arb:
        """The error of the rule over w, as a share of the integral of the size on a strip."""
        return self.growth[1].exp() * error_share(self.wide, self.pace)


def rows_of(of: Concave, cut: Cut, goal: float, widest: float) -> Rows | None:
    """Rows, with strips and steps that make the error about e^-goal as a share; None if there are none.

    widest: the greatest height along w in units of half a panel, where w has bounds.
    """
    own = 0 if abs(cut.slopes[0]) >= abs(cut.slopes[1]) else 1
    along, across = [Fraction(1), Fraction(1)], [Fraction(0), Fraction(0)]
    along[own] = -cut.slopes[1 - own] / cut.slopes[own]
    across[own] = 1 / cut.slopes[own]
    u = along[0], along[1]
    mode = _mode(of, (0.0, 0.0), None)
    w = None if mode is None else float(cut.slopes[0]) * mode[0] + float(cut.slopes[1]) * mode[1]
    if mode is None or w is None:
        return None
    beyond = cut.low if cut.low is not None and w < cut.low else None
    beyond = cut.high if cut.high is not None and w > cut.high else beyond
    if beyond is not None:  # the highest point between the bounds lies on one of them
        off = (float(beyond) - w) * float(across[own])
        start = (mode[0] + off, mode[1]) if own == 0 else (mode[0], mode[1] + off)
        mode, w = _mode(of, start, u), float(beyond)
        if mode is None:
            return None
    bends = of.slopes_at(mode)[1]
    tilt = short(-_form(bends, u, (across[0], across[1])) / _form(bends, u, u))
    v = across[0] + tilt * along[0], across[1] + tilt * along[1]
    t = mode[1 - own] - w * float(v[1 - own])
    origin = short(t) * along[0], short(t) * along[1]
    first, second = _size(of, u, mode, goal), _size(of, v, mode, goal)
    if first is None or second is None:
        return None
    (high, step), (wide, pace) = first, second
    if cut.low is not None or cut.high is not None:
        gradient, bends = of.slopes_at(mode)
        steepness = abs(gradient[0] * float(v[0]) + gradient[1] * float(v[1])) / STEEP
        wide = min(wide, short(widest * SPREADS / (_form(bends, v, v) + steepness**2) ** 0.5))
    swell = of.swell([(u, high), (v, wide)])
    rows = Rows(
        origin,
        v,
        u,
        step,
        pace,
        high,
        wide,
        1 / abs(cut.slopes[own]),
        StraightLine([of.number, swell], of.latents, BALLS),
        (of.growth(u, high), of.growth(v, wide)),
        beyond if beyond is not None else short(w),
        arb(0),
        tuple(of.latents),
    )
    top = rows.at(arb(0), arb(rational(rows.centre)))[0].mid()
    return replace(rows, top=top) if top.is_finite() else None


def _mode(of: Concave, start: tuple[float, float], along: Pair | None) -> tuple[float, float] | None:
    """Where E is highest, on the plane or on a line, roughly."""
    at = start
    for _ in range(NEWTON):
        gradient, (a, b, c) = of.slopes_at(at)
        if along is not None:
            u = float(along[0]), float(along[1])
            slope, bend = gradient[0] * u[0] + gradient[1] * u[1], _form((a, b, c), along, along)
            step = (slope / bend * u[0], slope / bend * u[1]) if bend > 0 else (inf, inf)
        else:
            area = a * c - b * b
            x, y = gradient
            step = ((c * x - b * y) / area, (a * y - b * x) / area) if area > 0 else (inf, inf)
        size = max(map(abs, step))
        if not isfinite(size):
            return None
        # Far from the top of an exponential, a step of Newton's leads too far.
        by = min(1.0, FARTHEST / size) if size else 1.0
        at = at[0] + by * step[0], at[1] + by * step[1]
        if size < CLOSE:
            return at
    return None


def _form(bends: tuple[float, float, float], u: Pair, v: Pair) -> float:
    (a, b, c), (x, y), (z, w) = bends, map(float, u), map(float, v)
    return a * x * z + b * (x * w + y * z) + c * y * w


def _size(
    of: Concave, along: Pair, mode: tuple[float, float], goal: float
) -> tuple[Fraction, Fraction] | None:
    """The height of a strip, and the largest step that has an error as aimed at, roughly."""
    bend = _form(of.slopes_at(mode)[1], along, along)
    if not bend > 0:
        return None
    height = min(of.highest(along), 9 / bend**0.5)
    best = (0.0, 0.0)
    for _ in range(HEIGHTS):
        more = float(of.growth(along, short(height)))
        for link in of.links:
            if link.kind == "exp":
                theta = height * abs(float(link.slopes[0] * along[0] + link.slopes[1] * along[1]))
                more -= SWELLS * link.derivatives(mode)[0] * (1 - cos(theta))
        if isfinite(more):
            best = max(best, (2 * pi * height / (goal + more), height))
        height *= 0.9
    step, height = best
    return (short(height), short(step)) if step > 0 else None


def short(number: float) -> Fraction:
    """A number with few digits."""
    mantissa, exponent = frexp(number)
    return Fraction(round(mantissa * 2**10)) * Fraction(2) ** (exponent - 10)


def error_share(height: Fraction, step: Fraction) -> arb:
    """The error of the rule as a share of the integral of the size."""
    return 2 / ((2 * arb.pi() * rational(height / step)).exp() - 1)


def _larger(left: arb, right: arb) -> arb:
    return abs(left).upper().max(abs(right).upper())


def _from_0(most: arb) -> arb:
    """What lies between 0 and this."""
    return up_to(most.upper())
