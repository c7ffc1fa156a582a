"""Answers that rest on numerical integrals: bounds where these are proved, else estimates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import expm1, inf, isnan, log1p, sqrt

from pplc.inference.answers import ROUNDING, Bounds, Estimate, Exact, above, below
from pplc.inference.continuous.expectations import Contribution, encloses, probability_below
from pplc.inference.continuous.laws import Mixed
from pplc.inference.continuous.piece import Numerical, Piece, World

WIDTHS = (1e-12, 1e-9, 1e-6)
"""Halves of the bounds of quantiles that are tried, as shares of the size of the variable."""

STEP = 0.01
"""Of the probabilities that tell the slope of a quantile."""

CLOSE = 1e-7
"""By how much the probability of less than a quantile may differ from its level, for it to be enclosed."""

DOUBTS = 4.0
"""Half of the bounds of a quantile that are tried first, over what it seems to be off."""

MOST_STEPS = 5
"""Steps to a quantile, each of which may take seconds."""

LEAST_TRUSTED = 1e-6
"""Error of what is read off points of a quadrature, as a share of the size of the variable."""

ROUGH = 1e-11
"""What rounding may take of weights, as a share, from which on answers in closed form have bounds."""

NOT_SHOWN = "that it is finite was not shown"

BY_GRID = "the error is that of numerical integration, not of sampling"


def worst(worlds: Iterable[World]) -> Numerical | None:
    """What is known of the worst of the integrals of programs, rounding included.

    None if there are none, and nothing is lost by rounding that would be seen.
    """
    known = list(worlds)
    listed = [one for world in known for one in world.numerical.values()]
    rounding = ROUNDING + sum(world.rounding for world in known)
    if not listed:
        return Numerical(rounding, proved=True) if rounding > ROUGH else None
    return Numerical(rounding + max(one.error for one in listed), all(one.proved for one in listed))


def behind(pieces: Iterable[Piece]) -> Numerical | None:
    """The same for all integrals of the programs that pieces come from."""
    worlds = {id(variable.space): variable.space for piece in pieces for variable in piece.latents[:1]}
    return worst(world for world in worlds.values() if isinstance(world, World))


def both(left: Numerical | None, right: Numerical | None) -> Numerical | None:
    """The worse of two."""
    if left is None or right is None:
        return left or right
    return Numerical(max(left.error, right.error), left.proved and right.proved)


def described(found: Mapping[str, Numerical], rounding: float) -> str:
    """What was integrated numerically, and how well, in words."""
    parts: list[str] = []
    for proved, how in ((True, "proved"), (False, "estimated")):
        names = [name for name, one in found.items() if one.proved is proved]
        if names:
            error = ROUNDING + rounding + max(one.error for one in found.values() if one.proved is proved)
            parts.append(f"{'; '.join(names)} integrated numerically, {how} to a share of {error:.0e}")
    return "; ".join(parts)


def known_to(answer: Exact, error: float, *, proved: bool) -> Exact | Bounds | Estimate:
    """An answer with an absolute error: bounds if that is proved, else an estimate."""
    value = answer.value
    if isnan(value) or abs(value) == inf:
        return answer
    low, high = below(value - error), above(value + error)
    return Bounds(low, high) if proved else Estimate(value, error, (low, high), (BY_GRID,))


def log_known_to(answer: Exact, found: Numerical | None) -> Exact | Bounds | Estimate:
    """A log evidence, of which every term is known to a share of itself.

    -log(1 - e) <= e / (1 - e) for a share e. What is large is the rounding of logarithms, an error of them.
    """
    if found is None:
        return answer
    error = found.error / (1 - found.error) if found.error < 0.5 else 2 * found.error
    return known_to(answer, error, proved=found.proved)


def share_known_to(answer: Exact, found: Numerical | None, integrals: int = 1) -> Exact | Bounds | Estimate:
    """A probability p = a / (a + b), where a and b are sums of products of integrals known to a share e.

    integrals: n, in a product, which is known to a share s = (1 + e)^n - 1. The odds r are then known to a
    share δ = 2 s / (1 - s), and with r (1 + δ) in the place of r, p changes by no more than
    p (1 - p) δ / (1 - δ).
    """
    share = 0.0 if found is None else expm1(integrals * log1p(found.error))
    if share > 0.2:
        return Bounds(0.0, 1.0)
    if found is None or answer.value in (0.0, 1.0):
        return answer
    odds = 2 * share / (1 - share)
    error = answer.value * (1 - answer.value) * odds / (1 - odds) + ROUNDING * answer.value
    made = known_to(answer, error, proved=found.proved)
    return Bounds(max(0.0, made.lower), min(1.0, made.upper)) if isinstance(made, Bounds) else made


def estimated(value: float, law: Mixed, found: Numerical | None) -> Exact | Estimate:
    """A moment of a law that has no closed form, and was not proved."""
    share = LEAST_TRUSTED if found is None else max(found.error, LEAST_TRUSTED)
    error = share * (abs(value) + sqrt(max(float(law.variance), 0.0)))
    if isnan(value) or abs(value) == inf:
        return Exact(value)
    error = error if error < inf else abs(value) * share
    return Estimate(value, error, (value - error, value + error), (BY_GRID, NOT_SHOWN))


def _nearer(
    contributions: Sequence[Contribution], value: float, at: Fraction, law: Mixed
) -> tuple[float, float] | None:
    """A better quantile than one that was found numerically, by proved probabilities of less; None without.

    Also how far the true one is from it, roughly. The first step goes by the slope that the law tells, the
    next ones by that between the last two.
    """
    around = [law.quantile(min(max(float(at) + more, 0.0), 1.0)) for more in (-STEP, STEP)]
    if not 0 < around[1] - around[0] < inf:
        return None
    slope = (around[1] - around[0]) / (2 * STEP)
    before: float | None = None
    step = 0.0
    for _ in range(MOST_STEPS):
        found = probability_below(contributions, value)
        if found is None:
            return None
        off = float(found.value) - float(at)
        if abs(off) <= CLOSE:
            return value, (abs(off) + found.error) * slope
        if before is not None and off != before:
            slope = step / (off - before)
        before, step = off, -off * slope
        value += step
    return value, inf


def enclosed_quantile(
    contributions: Sequence[Contribution], value: float, at: Fraction, law: Mixed
) -> Bounds | Estimate:
    """The quantile at a level, found numerically: the probabilities of less than a little less, and more."""
    width = max(abs(value), sqrt(max(float(law.variance), 0.0)) if float(law.variance) < inf else 0.0)
    for share in WIDTHS:
        low, high = value - share * width, value + share * width
        if encloses(contributions, low, high, at):
            return Bounds(low, high)
    better = _nearer(contributions, value, at, law)
    if better is not None:
        widest = WIDTHS[-1] * width
        for half in sorted({min(max(DOUBTS * abs(better[1]), WIDTHS[0] * width), widest), widest}):
            low, high = better[0] - half, better[0] + half
            if encloses(contributions, low, high, at, quickly=False):
                return Bounds(low, high)
    level, blur = float(at), 2 * law.blur
    ends = (
        (law.quantile(max(level - blur, 0.0)), law.quantile(min(level + blur, 1.0)))
        if blur
        else (value, value)
    )
    error = LEAST_TRUSTED * width + max(value - ends[0], ends[1] - value)
    return Estimate(value, error, (value - error, value + error), (BY_GRID,))
