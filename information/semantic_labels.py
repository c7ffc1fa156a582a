"""The semantic information of labels that a program gives truth values: `semantic(x; label, …)`.

A label is a truth value or a number from 0 to 1 next to x in the joint law; its truth function is the mean
T(θ | x) = E[label | x].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, log

import numpy as np

from pplc.information.entropy import Names, listed
from pplc.information.semantic import RatePoint, checked_truth, logical_probability, predicted, rate_point
from pplc.information.table import Floats, Table, no_law


@dataclass(frozen=True, slots=True)
class Told:
    """What labels tell of x; information in nats.

    prior:       P(x), of the values that happen.
    truth:       T(θ | x), [label, x].
    logical:     T(θ) of each label.
    information: of each label KL(P(x | θ) ‖ P(x)): what it tells on average where it is used as truly as its
                 meaning says; ln 1/T(θ) for a label that is true or false. `nan` of one that is never true.
    point:       the point of R(G) with the given slope; None where no label is true of some x.
    """

    prior: Floats
    truth: Floats
    logical: tuple[float, ...]
    information: tuple[float, ...]
    point: RatePoint | None


def told(table: Table, x: Names, labels: Sequence[str], slope: float = 1.0) -> Told:
    """The truth functions of labels in a joint law, and what they convey.

    Raises `Rejected` E0613 if a label is no number between 0 and 1.
    """
    both = [table.grouped({"x": listed(x), "label": (label,)}) for label in labels]
    prior = both[0].marginal("x").floats
    truth = np.array([_truth(joint) for joint in both])
    logical = np.atleast_1d(logical_probability(prior, truth))
    information = tuple(
        _divergence(predicted(prior, row), prior) if t > 0 else float("nan")
        for row, t in zip(truth, logical.tolist(), strict=True)
    )
    covered = bool((truth.max(axis=0) > 0).all())
    kept = logical > 0
    point = rate_point(prior, truth[kept], slope) if covered else None
    return Told(prior, truth, tuple(logical.tolist()), information, point)


def _truth(joint: Table) -> Floats:
    """E[label | x] of a joint law of x and a label."""
    values: list[float] = []
    for value in joint.values[joint.axis("label")]:
        if not isinstance(value, bool | int | float | Fraction):
            raise no_law(f"the truth value of a label is a number, not {value}")
        values.append(float(value))
    cells = joint.marginal("x", "label").floats
    checked_truth(np.array(values))
    mean: Floats = cells @ np.array(values) / cells.sum(1)
    # By rounding alone a mean may leave [0, 1].
    return np.clip(mean, 0.0, 1.0)


def _divergence(p: Floats, q: Floats) -> float:
    return max(fsum(a * log(a / b) for a, b in zip(p.tolist(), q.tolist(), strict=True) if a > 0), 0.0)
