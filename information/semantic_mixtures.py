"""Mixtures fitted by semantic information: the channels-matching EM algorithm (CM-EM).

The model P_θ(x) = Σ_y P(y) P(x | θ_y) of an observed law P(x). With P(y | x) = P(y) P(x | θ_y) / P_θ(x) let

    G   = Σ P(x) P(y | x) ln P(x | θ_y) / P(x)     the semantic information of the labels,
    R'' = Σ P(x) P(y | x) ln P(y | x) / P(y)       Shannon's, with respect to the P(y) of the model.

Then R'' - G = Σ P(x) ln P(x) / P_θ(x) = KL(P ‖ P_θ): the fit is perfect where the labels need no more
Shannon information than they convey semantic information. Every step checks the identity. Lu (2019),
"Semantic information G theory and logical Bayesian inference for machine learning". No step raises KL, as
in Dempster, Laird & Rubin (1977).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, log

import numpy as np

from pplc.information.table import Floats, no_law

INNER = 20
"""Updates of P(y) between two updates of the components."""

CONSISTENT = 1e-9
"""How far R'' - G may be from KL, by rounding."""

NEWTON = 50
"""Newton steps that fit a component, at most."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted mixture.

    weights:    P(y).
    components: P(x | θ_y), [label, x].
    R, G, kl:   after every round, in nats; R - G = kl.
    """

    weights: Floats
    components: Floats
    R: tuple[float, ...]
    G: tuple[float, ...]
    kl: tuple[float, ...]


def match_channels(
    points: Sequence[float], law: Sequence[float], starts: Sequence[tuple[float, float]], rounds: int = 200
) -> Fit:
    """A mixture of normal laws on a grid, by CM-EM.

    points: the values x. law: P(x). starts: mean and standard deviation of each component. A component is
    proportional to exp(-(x - m)² / 2s²) over the points, so that it sums to 1 there.

    E: the channel P(y | x) and, `INNER` times, the P(y) that it gives. M: each component becomes the one
    closest to P(x | y): the one with the same mean and variance over the points.
    """
    x, p = np.asarray(points, dtype=np.float64), np.asarray(law, dtype=np.float64)
    if len(x) != len(p) or not len(starts) or min((sd for _, sd in starts), default=0) <= 0:
        raise no_law("a mixture needs points with probabilities, and components of positive spread")
    natural = [np.array([mean / sd**2, -1 / (2 * sd**2)]) for mean, sd in starts]
    components = np.array([_component(x, tilt) for tilt in natural])
    weights = np.full(len(starts), 1 / len(starts))
    told: list[tuple[float, float, float]] = []
    for _ in range(rounds):
        channel = _channel(weights, components)
        for _ in range(INNER):
            weights = channel @ p
            channel = _channel(weights, components)
        told.append(informations(p, weights, components))
        joint = channel * p
        natural = [_matched(x, one, row / row.sum()) for one, row in zip(natural, joint, strict=True)]
        components = np.array([_component(x, tilt) for tilt in natural])
        weights = joint.sum(1)
    told.append(informations(p, weights, components))
    return Fit(weights, components, *(tuple(column) for column in zip(*told, strict=True)))


def informations(law: Floats, weights: Floats, components: Floats) -> tuple[float, float, float]:
    """R'', G and KL(P ‖ P_θ) of a mixture, in nats.

    Raises `ArithmeticError` if R'' - G is not KL: that would be a fault of this file.
    """
    channel = _channel(weights, components)
    mixture = weights @ components
    pairs = [(k, i) for k in range(len(weights)) for i in range(len(law)) if law[i] * channel[k, i] > 0]
    rate = fsum(law[i] * channel[k, i] * log(channel[k, i] / weights[k]) for k, i in pairs)
    conveyed = fsum(law[i] * channel[k, i] * log(components[k, i] / law[i]) for k, i in pairs)
    kl = fsum(p * log(p / q) for p, q in zip(law.tolist(), mixture.tolist(), strict=True) if p > 0)
    if abs(rate - conveyed - kl) > CONSISTENT * max(1.0, abs(rate), abs(conveyed)):
        raise ArithmeticError(f"R'' - G = {rate - conveyed} is not KL = {kl}")
    return rate, conveyed, kl


def _channel(weights: Floats, components: Floats) -> Floats:
    joint = weights[:, None] * components
    found: Floats = joint / joint.sum(0)
    return found


def _component(x: Floats, tilt: Floats) -> Floats:
    """exp(t1 x + t2 x²) over the points, normalised."""
    logs = tilt[0] * x + tilt[1] * x**2
    weights = np.exp(logs - logs.max())
    found: Floats = weights / weights.sum()
    return found


def _matched(x: Floats, tilt: Floats, law: Floats) -> Floats:
    """The member of the family with the law's mean and second moment, by damped Newton steps.

    It maximises the concave Σ P(x) ln P(x | θ); a law on fewer than three points has no member, and the
    steps then stop where they no longer gain.
    """
    centre = float(x @ law)
    scale = max(float(np.sqrt((x - centre) ** 2 @ law)), 1e-3 * float(np.ptp(x)))
    z = (x - centre) / scale
    features = np.array([z, z**2])
    target = features @ law
    # The same member, in the coordinates z: t1 x + t2 x² = (t1 + 2 t2 c) s z + t2 s² z² + constant.
    inner_start = np.array([(tilt[0] + 2 * tilt[1] * centre) * scale, tilt[1] * scale**2])

    def gain(at: Floats) -> float:
        logs = at @ features
        top = float(logs.max())
        return float(at @ target) - top - log(float(np.exp(logs - top).sum()))

    inner: Floats = inner_start
    value = gain(inner)
    for _ in range(NEWTON):
        member = _component(z, inner)
        mean = features @ member
        spread = (features * member) @ features.T - np.outer(mean, mean)
        step = np.asarray(np.linalg.solve(spread + 1e-12 * np.eye(2), target - mean), dtype=np.float64)
        size = 1.0
        while size > 1e-6 and gain(inner + size * step) < value:
            size /= 2
        moved = gain(inner + size * step)
        if moved <= value:
            break
        inner, value = inner + size * step, moved
    quadratic = inner[1] / scale**2
    return np.array([inner[0] / scale - 2 * quadratic * centre, quadratic])
