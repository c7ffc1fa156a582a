"""Capacity of channels, rate–distortion and information bottleneck curves, with bounds on both sides.

Every iterate, Blahut's and Arimoto's or a Newton step where theirs creep, gives a value that is attained
and a bound that cannot be passed, so that the answer is an interval and not a hope. Rates are in nats.
Blahut (1972); Arimoto (1972); Cover & Thomas (2006), §10.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from pplc.information.table import ROUNDING, Floats, no_law

TOLERANCE = 1e-12
"""Nats between the bounds at which iterating ends."""

STEPS = 500
"""Most of Blahut's steps: near a boundary of the simplex their gap closes as one over their number."""

STEPS_AT_A_SLOPE = 60
"""Most of Newton's steps for one point of a rate–distortion curve."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The capacity of a channel lies between `lower`, the rate of the input law, and `upper`, in nats."""

    lower: float
    upper: float
    input: Floats


@dataclass(frozen=True, slots=True)
class Rate:
    """R(D) lies between `lower` and `upper`, the rate of `channel` [source, copy], in nats."""

    lower: float
    upper: float
    channel: Floats
    distortion: float


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A point of the bottleneck curve: I(x; t) and I(t; y) of the encoder [x, t], in nats.

    Attained, hence an inner bound of the curve; the Lagrangian I(t; y) - I(x; t) / beta has local maxima.
    """

    beta: float
    rate: float
    relevance: float
    encoder: Floats


def xlogy(x: Floats, y: Floats) -> Floats:
    """x ln y, which is 0 where x is."""
    result: Floats = x * np.log(np.where(x > 0, y, 1.0))
    return result


def information_of(joint: Floats) -> float:
    """I of a joint law [x, y], in nats."""
    product = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    # Where the joint is positive so are the margins; elsewhere the quotient does not count.
    ratio = np.divide(joint, product, out=np.ones_like(joint), where=product > 0)
    return max(float(xlogy(joint, ratio).sum()), 0.0)


def rows_of_channel(channel: npt.ArrayLike) -> Floats:
    """A channel [input, output] whose rows are laws; `Rejected` E0613 if they are not."""
    rows = np.asarray(channel, dtype=np.float64)
    if rows.ndim != 2 or not rows.size or not (rows >= 0).all():
        raise no_law("a channel is a matrix [input, output] of probabilities")
    if not np.abs(rows.sum(1) - 1).max() <= ROUNDING:
        raise no_law("every row of a channel sums to 1")
    return rows


def capacity(channel: npt.ArrayLike, tolerance: float = TOLERANCE, steps: int = STEPS) -> Capacity:
    """max I(x; y) over input laws, of a channel p(y | x) of shape [inputs, outputs].

    With q the output law of the input law p: I(p) ≤ C ≤ max_x D(p(. | x) ‖ q); Blahut (1972), theorem 3.
    """
    rows = rows_of_channel(channel)
    p = np.full(len(rows), 1 / len(rows))
    best, bound, chosen = 0.0, inf, p
    for _ in range(steps):
        rate, gains = _gains(p, rows)
        bound = min(bound, float(gains.max()))
        if rate >= best:
            best, chosen = rate, p
        if bound - best <= tolerance:
            return Capacity(max(best, 0.0), max(bound, best), chosen)
        p = p * np.exp(gains - gains.max())
        p /= p.sum()
    for p in _central(chosen, rows):
        rate, gains = _gains(p, rows)
        bound = min(bound, float(gains.max()))
        if rate >= best:
            best, chosen = rate, p
        if bound - best <= tolerance:
            break
    return Capacity(max(best, 0.0), max(bound, best), chosen)


def _gains(p: Floats, rows: Floats) -> tuple[float, Floats]:
    """I(p), and D(p(. | x) ‖ q) for every input."""
    q = p @ rows
    gains: Floats = xlogy(rows, np.divide(rows, q, out=np.ones_like(rows), where=rows > 0)).sum(1)
    return float(p @ gains), gains


def _central(p: Floats, rows: Floats) -> Iterator[Floats]:
    """Input laws on the way to the best: Newton's steps on D_x + z_x = C, p_x z_x = mu, Σ p = 1.

    Blahut's steps creep where the best law is on the boundary; these do not.
    """
    count = len(p)
    p = (p + 1e-3 / count) / (1 + 1e-3)
    top = float(_gains(p, rows)[1].max()) + 0.1
    z = top - _gains(p, rows)[1]
    for _ in range(60):
        q = p @ rows
        inside = q > 0
        gains = _gains(p, rows)[1]
        mu = 0.1 * float(p @ z) / count
        system = np.zeros((count + 1, count + 1))
        weighed = rows[:, inside] / np.sqrt(q[inside])
        system[:count, :count] = weighed @ weighed.T + np.diag(z / p)
        system[:count, count] = system[count, :count] = 1.0
        right = np.append(gains + mu / p - top, 1 - p.sum())
        step = np.linalg.solve(system, right)
        turn = mu / p - z - z / p * step[:count]
        size = min(1.0, 0.95 / max(float((-step[:count] / p).max()), float((-turn / z).max()), 1e-300))
        p, z, top = p + size * step[:count], z + size * turn, top + size * float(step[count])
        yield p / p.sum()


def rate_distortion(
    source: npt.ArrayLike,
    distortion: npt.ArrayLike,
    most: float,
    tolerance: float = 1e-10,
) -> Rate:
    """R(D) = min I(x; copy) over channels with mean distortion at most `most`.

    source:     p(x), shape [n].
    distortion: d(x, copy), shape [n, m], not negative.

    Any slope s ≥ 0 and copy law q give R(D) ≥ -sD - Σ p(x) ln Σ_y q(y) e^(-s d) - ln max_y c(y),
    c(y) = Σ_x p(x) e^(-s d(x, y)) / Σ_y' q(y') e^(-s d(x, y')); Blahut (1972), theorem 6.
    """
    p = np.asarray(source, dtype=np.float64)
    d = np.asarray(distortion, dtype=np.float64)
    if p.ndim != 1 or abs(p.sum() - 1) > ROUNDING or (p < 0).any() or d.shape[:1] != p.shape or d.ndim != 2:
        raise no_law("a source is a vector of probabilities, its distortion a matrix [source, copy]")
    if most < float(p @ d.min(1)) - ROUNDING:
        raise no_law(f"no channel has distortion {most:.6g}: the least is {float(p @ d.min(1)):.6g}")
    if most >= float((p @ d).min()):
        constant = np.zeros_like(d)
        constant[:, (p @ d).argmin()] = 1
        return Rate(0.0, 0.0, constant, float((p @ d).min()))
    low, high = 0.0, 1.0
    lower, upper = 0.0, inf
    coarse, fine = _at_slope(p, d, low, most), _at_slope(p, d, high, most)
    while fine.distortion > most and high < 1e6:
        low, coarse, high = high, fine, 2 * high
        fine = _at_slope(p, d, high, most)
    best = fine
    for _ in range(80):
        lower = max(lower, fine.lower, coarse.lower)
        mixed = _mixed(p, d, fine, coarse, most)
        if mixed.upper < upper:
            best, upper = mixed, mixed.upper
        if upper - lower <= tolerance:
            break
        middle = (low + high) / 2
        found = _at_slope(p, d, middle, most)
        if found.distortion > most:
            low, coarse = middle, found
        else:
            high, fine = middle, found
    return Rate(min(lower, upper), upper, best.channel, best.distortion)


def _at_slope(p: Floats, d: Floats, slope: float, most: float) -> Rate:
    """The point of the curve with this slope, and its lower bound of R at distortion `most`.

    The law q of copies maximises Σ p ln Σ_y q(y) e^(-s d): c_y ≤ 1, with equality where q_y > 0. Newton's
    steps on c_y + z_y = 1, q_y z_y = mu.
    """
    # Shifted per row: e^(-s d) must not vanish for a whole row; the shift comes back in the bound.
    least = d.min(1, keepdims=True)
    weights: Floats = np.exp(-slope * (d - least))
    count = int(d.shape[1])
    q: Floats = np.full(count, 1 / count, dtype=np.float64)
    z: Floats = np.ones(count, dtype=np.float64)
    for _ in range(STEPS_AT_A_SLOPE):
        parts: Floats = weights / (weights @ q)[:, None]
        scale: Floats = p @ parts
        mu = 0.1 * float(q @ z) / count
        curve: Floats = (parts * p[:, None]).T @ parts + np.diag(z / q)
        step: Floats = np.linalg.solve(curve, scale + mu / q - 1).astype(np.float64, copy=False)
        turn: Floats = mu / q - z - z / q * step
        size = min(1.0, 0.95 / max(float((-step / q).max()), float((-turn / z).max()), 1e-300))
        q, z = q + size * step, z + size * turn
        if mu < 1e-17:
            break
    q = q / q.sum()
    sums = weights @ q
    highest = float(np.log(((p / sums) @ weights).max()))
    lower = -float(p @ np.log(sums)) + slope * (float(p @ least[:, 0]) - most) - highest
    channel = weights * q
    channel /= channel.sum(1, keepdims=True)
    joint = p[:, None] * channel
    return Rate(max(lower, 0.0), information_of(joint), channel, float((joint * d).sum()))


def _mixed(p: Floats, d: Floats, fine: Rate, coarse: Rate, most: float) -> Rate:
    """The mixture of a channel within the distortion and one beyond it that just attains it."""
    if fine.distortion > most:
        # No slope was steep enough: the limit of vanishing distortion, each value to its nearest copies.
        channel = np.where(d <= d.min(1, keepdims=True), fine.channel, 0.0)
        channel = channel / channel.sum(1, keepdims=True)
        joint = p[:, None] * channel
        reached = float((joint * d).sum())
        return Rate(0.0, information_of(joint) if reached <= most + ROUNDING else inf, channel, reached)
    span = coarse.distortion - fine.distortion
    share = (most - fine.distortion) / span if span > 0 else 0.0
    share = min(max(share, 0.0), 1.0)
    channel = share * coarse.channel + (1 - share) * fine.channel
    joint = p[:, None] * channel
    return Rate(0.0, information_of(joint), channel, float((joint * d).sum()))


def bottleneck(
    joint: npt.ArrayLike, betas: npt.ArrayLike, values: int | None = None, steps: int = 2000
) -> list[Bottleneck]:
    """Points of the information bottleneck curve of p(x, y), one per beta, in the order of beta.

    values: how many values t may take; by default as many as x. Starts at the largest beta from the
    identity and follows the solution down; Tishby, Pereira & Bialek (1999), eqs. 16 and 28.
    """
    law = np.asarray(joint, dtype=np.float64)
    if law.ndim != 2 or abs(law.sum() - 1) > ROUNDING or (law < 0).any():
        raise no_law("a bottleneck takes a joint law [x, y]")
    kept = law.sum(1) > 0
    px = law[kept].sum(1)
    channel = law[kept] / px[:, None]
    count = values or len(px)
    encoder = np.full((len(px), count), 0.01 / max(count - 1, 1))
    encoder[np.arange(len(px)), np.arange(len(px)) % count] = 0.99
    encoder /= encoder.sum(1, keepdims=True)
    found: list[Bottleneck] = []
    for beta in sorted((float(b) for b in np.atleast_1d(np.asarray(betas))), reverse=True):
        encoder = _encoded(px, channel, encoder, beta, steps)
        pt = px @ encoder
        relevance = information_of(encoder.T @ (px[:, None] * channel))
        whole = np.zeros((len(law), count))
        whole[kept], whole[~kept, 0] = encoder, 1.0
        rate = information_of(px[:, None] * encoder) if pt.size else 0.0
        found.append(Bottleneck(beta, rate, relevance, whole))
    return found[::-1]


def _encoded(px: Floats, channel: Floats, encoder: Floats, beta: float, steps: int) -> Floats:
    tiny = 1e-300
    for _ in range(steps):
        pt = px @ encoder
        used = pt > tiny
        decoder = np.zeros((len(pt), channel.shape[1]))
        decoder[used] = (encoder[:, used] * px[:, None]).T @ channel / pt[used, None]
        # D(p(y|x) ‖ p(y|t)) up to a term in x alone, which the normalisation takes away.
        cross = channel @ np.log(np.maximum(decoder, tiny)).T
        exponent = np.where(used, np.log(np.maximum(pt, tiny)) + beta * cross, -inf)
        new: Floats = np.exp(exponent - exponent.max(1, keepdims=True))
        new /= new.sum(1, keepdims=True)
        if np.abs(new - encoder).max() < 1e-13:
            return new
        encoder = new
    return encoder
