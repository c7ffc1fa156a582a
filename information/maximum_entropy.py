"""The law of largest entropy among those that share some margins with a given one.

Its cells are exp(Σ multipliers of their margins), Jaynes (1957). The multipliers minimise a convex function;
Newton's steps are least-squares problems in √q, so that cells which must vanish (their multipliers run off,
and q falls by a factor e per step) cost no accuracy elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.information.table import Floats

STEPS = 200
"""Most Newton steps; cells that must vanish take some 40."""

Labels: TypeAlias = npt.NDArray[np.int64]
"""Which part each cell belongs to."""


def maximum_entropy(law: Floats, margins: Sequence[Labels]) -> Floats:
    """The law q of largest entropy with the margins of `law`; shape [cells].

    law:     probabilities of the cells; cells of margin 0 must have been left out.
    margins: for each margin the number of the part that each cell belongs to, shape [cells].
    """
    rows = np.concatenate(
        [(labels[None, :] == np.unique(labels)[:, None]).astype(np.float64) for labels in margins]
    )
    target = rows @ law
    q = np.full(len(law), 1 / len(law))
    for _ in range(50):  # iterative proportional fitting, to come near
        start = 0
        for labels in margins:
            end = start + len(np.unique(labels))
            part = rows[start:end]
            q = q * (part.T @ (target[start:end] / (part @ q)))
            start = end
    for _ in range(STEPS):
        root = np.sqrt(q)
        found = np.linalg.lstsq(root[:, None] * rows.T, (law - q) / root, rcond=1e-13)[0]
        change = np.asarray(rows.T @ found, dtype=np.float64)
        size = float(np.abs(change).max())
        q = np.maximum(q * np.exp(change * min(1.0, 1.0 / size) if size > 0 else change), 1e-280)
        if np.abs(rows @ q - target).max() < 1e-15 and size < 1e-9:
            break
        if size < 1e-14:
            break
    return q
