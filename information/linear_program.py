"""Linear programs in standard form. The only file that knows scipy's solver (HiGHS)."""

# pyright: basic

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pplc.information.table import Floats


class Solution(NamedTuple):
    """A solved program: the minimum, where it is attained, and the multipliers of the equations.

    The multipliers y are feasible in the dual, max b·y subject to y·A <= c, up to the solver's tolerance.
    """

    value: float
    point: Floats
    multipliers: Floats


def minimise(cost: Floats, equations: Any, right: Floats) -> Solution:
    """Least cost·x over x >= 0 with equations·x = right; equations: an array or a sparse matrix.

    The program must have a solution: that it has is for the caller to know.
    """
    from scipy.optimize import linprog

    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(cost, A_eq=equations, b_eq=right, bounds=(0, None), method="highs", options=tight)
    if found.status != 0:
        raise ArithmeticError(f"a linear program that has a solution was not solved: {found.message}")
    return Solution(float(found.fun), np.asarray(found.x), np.asarray(found.eqlin.marginals))
