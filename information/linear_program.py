"""Linear programs in standard form. The only file that knows scipy: its solver (HiGHS) and sparse arrays."""

# pyright: basic

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pplc.information.table import Floats

TOLERANCES = (1e-10, 1e-9, 1e-7)
"""Feasibility asked of the solver, the next where it gives up at one; 1e-7 is its default."""


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

    said = ""
    for tolerance in TOLERANCES:
        options = {"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance}
        found = linprog(cost, A_eq=equations, b_eq=right, bounds=(0, None), method="highs", options=options)
        if found.status == 0:
            return Solution(float(found.fun), np.asarray(found.x), np.asarray(found.eqlin.marginals))
        said = found.message
    raise ArithmeticError(f"a linear program that has a solution was not solved: {said}")


def margins(rows: int, columns: int) -> Any:
    """The equations of a transport polytope, row sums and then column sums but the last, as a sparse matrix.

    The variables are the cells of the joint law, row after row. The last column sum follows from the others;
    with rounding it would contradict them.
    """
    from scipy.sparse import csr_array

    cells = np.arange(rows * columns)
    places = np.concatenate([cells // columns, rows + cells % columns])
    ones = np.ones(2 * rows * columns)
    whole = csr_array(
        (ones, (places, np.concatenate([cells, cells]))), shape=(rows + columns, rows * columns)
    )
    return whole[:-1]
