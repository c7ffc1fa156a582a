"""Measures of decompositions that are defined for two sources: their redundancy, in nats.

Each takes a joint law p [t, x1, x2] in which every value happens, with I(t; x1) and I(t; x2) where needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pplc.information.channels import information_of
from pplc.information.maximum_entropy import maximum_entropy
from pplc.information.table import Floats

STEPS = 200
"""Most steps of Newton's method."""

FARTHEST = 1e6
"""Where a minimum along a geodesic that lies at infinity is taken."""


def between(law: Floats) -> float:
    """I(t; x1 x2) of p [t, x1, x2]."""
    return information_of(law.reshape(len(law), -1))


def apart(p: Floats) -> Floats:
    """p(t) p(x1 | t) p(x2 | t): the law of largest entropy with the margins (t, x1) and (t, x2)."""
    total = p.sum((1, 2))
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    found: Floats = p.sum(2)[:, :, None] * p.sum(1)[:, None, :] * inverse[:, None, None]
    return found


def pairwise(p: Floats) -> Floats:
    """The law of largest entropy with the three pairwise margins of p [t, x1, x2]."""
    index = np.indices(p.shape)
    pairs = [(0, 1), (0, 2), (1, 2)]
    possible = np.ones(p.shape, dtype=np.bool_)
    for a, b in pairs:
        (gone,) = {0, 1, 2} - {a, b}
        possible &= p.sum(gone, keepdims=True) > 0
    margins = [(index[a] * p.shape[b] + index[b])[possible] for a, b in pairs]
    law = np.zeros(p.shape)
    law[possible] = maximum_entropy(
        p[possible], [np.unique(m, return_inverse=True)[1].reshape(-1) for m in margins]
    )
    return law


def dep(p: Floats, first: float, second: float) -> float:
    """I(t; x1) less its unique part: the least that the constraint x1–t adds on the dependency lattice.

    James, Emenheiser & Crutchfield (2018), eq. 13. The constraint is added to none (it adds I(t; x1)), to
    x1–x2 (likewise), to x2–t, and to both; information is that of the law of largest entropy.
    """
    values = [first, between(apart(p)) - second, between(pairwise(p)) - second]
    return first - max(min(values), 0.0)


def mes(p: Floats, first: float, second: float) -> float:
    """What the two say in the law of largest entropy with their margins is the union of what they say.

    The synergy is the rest: Olbrich, Bertschinger & Rauh (2015), "Information decomposition and synergy",
    sec. 3, with both margins with the target kept.
    """
    return first + second - between(apart(p))


def ig(p: Floats, first: float, second: float) -> float:
    """By projection to the geodesic between p(x1, x2) p(t | x1) and p(x1, x2) p(t | x2); Niu & Quinn (2019).

    The synergy is the divergence of p from its projection, the log-linear mixture that is nearest to it;
    by Pythagoras the rest of I(t; x1 | x2) is unique. The redundancy may be negative.
    """
    happens = p > 0
    joint = p.sum(0)
    ends: list[Floats] = []
    for axis in (2, 1):
        margin = p.sum(axis, keepdims=True)
        total = margin.sum(0, keepdims=True)
        ends.append(joint * np.divide(margin, total, out=np.zeros_like(margin), where=total > 0))
    possible = (ends[0] > 0) & (ends[1] > 0)
    one, two = (np.log(end[possible]) for end in ends)
    weights = p[possible]
    seen = happens[possible]
    slope = one - two
    t = 0.5
    for _ in range(STEPS):
        mixed = t * one + (1 - t) * two
        law = np.exp(mixed - mixed.max())
        law /= law.sum()
        mean = float(law @ slope)
        rise, bend = mean - float(weights @ slope), float(law @ (slope - mean) ** 2)
        if abs(rise) <= 1e-14 or bend <= 1e-300 or abs(t) >= FARTHEST:
            break
        t -= min(max(rise / bend, -1 - abs(t)), 1 + abs(t))
    mixed = t * one + (1 - t) * two
    log_total = float(np.log(np.exp(mixed - mixed.max()).sum()) + mixed.max())
    synergy = float((weights[seen] * (np.log(weights[seen]) - mixed[seen] + log_total)).sum())
    return synergy - (between(p) - first - second)


def proj(p: Floats, first: float, second: float) -> float:  # noqa: ARG001  (all have these parameters)
    """The lesser of what each source says in terms of what the other can say; Harder, Salge & Polani (2013).

    p(t | x1) is projected to the mixtures of the p(t | x2), and says what the projection says of t.
    """
    return min(_projected(p.sum(2), p.sum(1)), _projected(p.sum(1), p.sum(2)))


def _projected(own: Floats, other: Floats) -> float:
    """Σ p(t, x) ln r_x(t) / p(t), with r_x the mixture of the other's p(t | y) nearest to p(t | x)."""
    target = own.sum(1)
    spoken = other[:, other.sum(0) > 0]
    spoken = spoken / spoken.sum(0)
    found = 0.0
    for column in own.T[own.sum(0) > 0]:
        mixture = spoken @ nearest(column / column.sum(), spoken)
        seen = column > 0
        found += float((column[seen] * np.log(mixture[seen] / target[seen])).sum())
    return found


def nearest(law: Floats, laws: Floats) -> npt.NDArray[np.float64]:
    """The weights w with D(law ‖ laws w) least: a barrier method; every law [t, k] has all values of `law`.

    At the minimum of -Σ law ln(laws w) + Σ w the weights sum to 1. With multipliers the gap is at most
    ln max_k Σ_t law(t) laws(t, k) / (laws w)(t), which is what ends the search.
    """
    w = np.full(laws.shape[1], 1 / laws.shape[1])
    seen = law > 0
    law, laws = law[seen], laws[seen]
    mu = 0.1
    for _ in range(STEPS):
        ratio = laws.T @ (law / (laws @ w))
        if np.log(max(ratio.max(), 1.0)) <= 1e-14 and mu < 1e-12:
            break
        gradient = 1 - ratio - mu / w
        bent = laws / (laws @ w)[:, None]
        matrix = bent.T @ (law[:, None] * bent) + np.diag(mu / w**2)
        step = np.linalg.solve(matrix, -gradient)
        w = w + min(1.0, 0.9 / max(float((-step / w).max()), 1e-300)) * step
        if float(np.abs(step / w).max()) < 0.1:
            mu = max(mu / 10, 1e-16)
    found: npt.NDArray[np.float64] = w / w.sum()
    return found


FOR_TWO: Mapping[str, Callable[[Floats, float, float], float]] = MappingProxyType(
    {"dep": dep, "mes": mes, "ig": ig, "proj": proj}
)
"""The redundancy by each of these measures, from p, I(t; x1) and I(t; x2)."""
