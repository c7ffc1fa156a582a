"""The jackknife over groups of draws: the bias and the error of whatever is computed from frequencies.

With θ from all draws and θ_j from all but group j of g, the estimate is g θ - (g - 1) mean θ_j, without the
bias of order 1/n, and the squared error (g - 1)/g Σ (θ_j - mean θ_j)². Quenouille (1956), "Notes on bias in
estimation"; Tukey (1958); Shao & Wu (1989) for groups. Groups are stretches of a chain, so that draws which
depend on each other stand together, and families of particles are never split.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt

import numpy as np
import numpy.typing as npt

from pplc.inference.answers import Estimate
from pplc.inference.result import Draws
from pplc.information.table import Floats
from pplc.semantics.laws_base import number
from pplc.semantics.laws_given import family_law
from pplc.semantics.primitives_arithmetic import to_float

GROUPS = 20
"""Of draws, each left out in turn: Student's t with 19 degrees of freedom is nearly normal."""


def groups(draws: Draws) -> npt.NDArray[np.int64]:
    """The group of every draw, chain after chain: 0, 1, …; a family of particles is in one group."""
    chains, count = draws.chains, draws.count
    if draws.families is not None:
        member = np.unique(draws.families, return_inverse=True)[1].reshape(-1)
        return np.asarray(member % GROUPS, dtype=np.int64)
    each = max(1, min(-(-GROUPS // chains), count))
    place = np.arange(count) * each // count
    return (np.arange(chains)[:, None] * each + place[None, :]).reshape(-1)


def group_rows(rows: int) -> npt.NDArray[np.int64]:
    """The same of independent rows of data."""
    return np.arange(rows, dtype=np.int64) % min(GROUPS, rows)


def jackknife(whole: float, parts: Sequence[float], second: float = 0.0) -> Estimate:
    """The estimate from the values of all draws and of those without each group, with its 95 % interval.

    second: the standard error of the second order, which remains where the first vanishes.
    """
    count = len(parts)
    if count < 2 or not np.isfinite(parts).all():
        return Estimate(whole, inf, (-inf, inf))
    values: Floats = np.asarray(parts, dtype=np.float64)
    value = count * whole - (count - 1) * float(values.mean())
    error = sqrt((count - 1) / count * float(((values - values.mean()) ** 2).sum()))
    error = max(error, second)
    width = error * _student(count - 1)
    return Estimate(value, error, (value - width, value + width))


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t."""
    law = family_law("StudentT", (float(freedom), 0.0, 1.0), 0, exact=False)
    return to_float(number(law.quantile(0.975), law.describe()))
