"""Joint laws of two variables as matrices of floats, where only numbers matter."""

from __future__ import annotations

from math import fsum, log

import numpy as np

from pplc.information.entropy import Names, listed
from pplc.information.table import Floats, Table


def matrix(table: Table, x: Names, y: Names) -> Floats:
    """The joint law [x, y] of two variables or groups of variables, only values that happen."""
    joint: Floats = table.grouped({"x": listed(x), "y": listed(y)}).floats
    happens: Floats = joint[joint.sum(1) > 0][:, joint.sum(0) > 0]
    return happens


def sufficient(joint: Floats) -> Floats:
    """The joint law after joining the values of x that say the same of y, to 12 digits."""
    rows: dict[tuple[float, ...], Floats] = {}
    for row in joint:
        key: tuple[float, ...] = tuple((row / row.sum()).round(12).tolist())
        rows[key] = rows[key] + row if key in rows else row
    return np.array(list(rows.values()))


def entropy_of(probabilities: Floats) -> float:
    """-Σ p ln p of an array of any shape, in nats, with 0 ln 0 = 0."""
    flat: list[float] = probabilities.ravel().tolist()
    return 0.0 - fsum(p * log(p) for p in flat if p > 0)


def information_of(joint: Floats) -> float:
    """I(x; y) of a joint law [x, y], in nats; not below 0 by rounding."""
    return max(entropy_of(joint.sum(0)) + entropy_of(joint.sum(1)) - entropy_of(joint), 0.0)
