"""Semantic information by truth functions: the G theory.

A label θ means a truth function T(θ | x) in [0, 1]: how true it is of x. With a prior P(x) it has the logical
probability T(θ) = Σ_x P(x) T(θ | x) and predicts P(x | θ) = P(x) T(θ | x) / T(θ); what it tells of x is
I(x; θ) = ln T(θ | x) / T(θ), negative where it misleads. Lu (1999), "A generalization of Shannon's
information theory"; Lu (2019), "Semantic information G theory and logical Bayesian inference for machine
learning", sec. 2.1.

Arrays: prior [x], truth [x] of one label or [label, x] of several, joint [label, x]. Information is in nats.
"""

from __future__ import annotations

from math import fsum, inf
from typing import NamedTuple

import numpy as np

from pplc.information.table import Floats, no_law

FLAT = 1e-13
"""Change of the label probabilities below which their iteration has converged."""

ROUNDS = 100_000
"""Iterations at most; convergence is linear."""


def checked_truth(truth: Floats) -> Floats:
    """Truth functions as they are; `Rejected` E0613 where a truth value is outside [0, 1]."""
    if not ((truth >= 0) & (truth <= 1)).all():
        raise no_law("a truth value is not between 0 and 1")
    return truth


def logical_probability(prior: Floats, truth: Floats) -> Floats:
    """T(θ) = Σ P(x) T(θ | x) of each label: how likely it is to be true."""
    found: Floats = np.asarray(checked_truth(truth) @ prior)
    return found


def predicted(prior: Floats, truth: Floats) -> Floats:
    """P(x | θ) = P(x) T(θ | x) / T(θ): the law of x that a true label leaves."""
    found: Floats = prior * truth / logical_probability(prior, truth)[..., None]
    return found


def pointwise(prior: Floats, truth: Floats) -> Floats:
    """I(x; θ) = ln T(θ | x) / T(θ) for every label and x; -∞ where the label is false."""
    with np.errstate(divide="ignore"):
        found: Floats = np.log(truth / logical_probability(prior, truth)[..., None])
    return found


def semantic_kl(posterior: Floats, prior: Floats, truth: Floats) -> float:
    """I(X; θ) = Σ P(x | y) ln T(θ | x) / T(θ) of one label, which is used where x has the law P(x | y).

    It is KL(P(x|y) ‖ P(x)) - KL(P(x|y) ‖ P(x|θ)): Shannon's information less what the meaning misses.

    """
    return _expected(posterior, pointwise(prior, truth))


def optimal_truth(posterior: Floats, prior: Floats) -> Floats:
    """The truth function that fits the use of a label best: P(x | y) / P(x), scaled to a maximum of 1.

    With it the semantic information is Shannon's.
    """
    ratio: Floats = np.where(prior > 0, posterior / np.where(prior > 0, prior, 1), 0.0)
    scaled: Floats = ratio / ratio.max()
    return scaled


def semantic_information(joint: Floats, truth: Floats) -> float:
    """G = Σ P(x, y) ln T(θ_y | x) / T(θ_y): the semantic information of labels as they are used.

    joint: [label, x]. At most Shannon's I(x; y).
    """
    return _expected(joint, pointwise(joint.sum(0), truth))


class RatePoint(NamedTuple):
    """A point of R(G): the least Shannon information R that conveys semantic information G.

    conveyed: G in nats.
    rate:     R in nats.
    labels:   P(y), how often each label is chosen.
    channel:  P(y | x), [label, x].
    """

    conveyed: float
    rate: float
    labels: Floats
    channel: Floats


def rate_point(prior: Floats, truth: Floats, s: float) -> RatePoint:
    """The point of R(G) with slope dR/dG = s.

    P(y | x) is proportional to P(y) (T(θ_y | x) / T(θ_y))^s, and P(y) is what that gives: found by iteration,
    as in Blahut's and Arimoto's algorithm. s = 1: labels chosen by their likelihood; s = ∞ by the
    greatest.

    Every x with positive probability must make some label true; `Rejected` E0613 otherwise.
    """
    kept = prior > 0
    p = prior[kept]
    information = pointwise(prior, truth)[:, kept]
    if (information == -inf).all(0).any():
        raise no_law("no label is true of some value that happens")
    with np.errstate(invalid="ignore"):
        scores = s * information if s else np.where(information > -inf, 0.0, -inf)
    weights = np.exp(scores - scores.max(0))
    labels = np.full(len(truth), 1 / len(truth))
    channel = weights
    for _ in range(ROUNDS):
        channel = labels[:, None] * weights
        channel = channel / channel.sum(0)
        updated = channel @ p
        change = float(np.abs(updated - labels).max())
        labels = updated
        if change < FLAT:
            break
    joint = channel * p
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(channel / joint.sum(1)[:, None])
    whole = np.zeros((len(truth), len(prior)))
    whole[:, kept] = channel
    return RatePoint(_expected(joint, information), _expected(joint, ratio), joint.sum(1), whole)


def _expected(weights: Floats, values: Floats) -> float:
    """Σ w v, with 0 · ±∞ = 0."""
    pairs = zip(weights.ravel().tolist(), values.ravel().tolist(), strict=True)
    return fsum(w * v for w, v in pairs if w > 0)
