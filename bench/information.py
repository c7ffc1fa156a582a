"""BROJA's program: seconds per table and certified gap, beside dit (`method="cone"`) and cvxpy.

    python bench/information.py [largest n for the others]

Tables are p ~ Dirichlet(1) of n × n × n values. Ours solves 1,000 of each small size in one call, and
single ones up to n = 20. Peers that are not installed are left out; `bench/README.md` says how to get them.
A gap is primal minus dual in bits; where a peer gives none, its distance from our certified interval.
"""

from __future__ import annotations

import importlib.util
import sys
from math import log
from time import perf_counter
from typing import Any

import numpy as np

from pplc.information.broja import minimise
from pplc.information.channels import information_of
from pplc.information.table import Floats

BIT = log(2)


def table(n: int, seed: int = 0) -> Floats:
    """One table [t, x1, x2]."""
    return np.random.default_rng(seed).dirichlet(np.ones(n**3)).reshape(n, n, n)


def ours() -> None:
    """Many small tables in one call, then single ones."""
    for n in (2, 3, 4):
        tables = np.random.default_rng(1).dirichlet(np.ones(n**3), 1000).reshape(1000, n, n, n)
        start = perf_counter()
        found = minimise(tables)
        seconds = (perf_counter() - start) / len(tables)
        gap = float((found.primal - found.dual).max()) / BIT
        print(f"pplc      n = {n:<3} {1000 * seconds:9.3f} ms each of 1000   largest gap {gap:.1e} bit")
    for n in (2, 4, 8, 12, 20):
        start = perf_counter()
        found = minimise(table(n)[None])
        seconds = perf_counter() - start
        gap = float(found.primal[0] - found.dual[0]) / BIT
        print(f"pplc      n = {n:<3} {1000 * seconds:9.1f} ms alone          gap {gap:.1e} bit")


def distance(value: float, n: int) -> float:
    """How far a minimum, in nats, is from our interval, in bits."""
    found = minimise(table(n)[None])
    return max(float(found.dual[0]) - value, value - float(found.primal[0]), 0.0) / BIT


def with_cvxpy(n: int, solver: str) -> None:
    """The same program through cvxpy's modelling and a conic solver, at its tightest useful tolerance."""
    cp: Any = importlib.import_module("cvxpy")
    p = table(n)
    tight = {
        "CLARABEL": {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10},
        "ECOS": {"abstol": 1e-10, "reltol": 1e-10, "feastol": 1e-10},
    }
    start = perf_counter()
    q = [cp.Variable((n, n), nonneg=True) for _ in range(n)]
    block = sum(q)
    margins = [cp.sum(q[t], axis=1) == p[t].sum(1) for t in range(n)]
    margins += [cp.sum(q[t], axis=0) == p[t].sum(0) for t in range(n)]
    problem = cp.Problem(cp.Minimize(sum(cp.sum(cp.rel_entr(q[t], block)) for t in range(n))), margins)
    problem.solve(solver=solver, **tight[solver])
    seconds = perf_counter() - start
    said(solver.lower(), n, seconds, distance(problem.value, n))


def said(who: str, n: int, seconds: float, off: float) -> None:
    """One line of the table."""
    print(f"{who:<9} n = {n:<3} {1000 * seconds:9.1f} ms alone          off by {off:.1e} bit")


def with_dit(n: int) -> None:
    """dit's decomposition by its cone solver; its default method is wrong on some tables."""
    dit: Any = importlib.import_module("dit")
    p = table(n)
    outcomes = [(a, b, t) for t, a, b in np.ndindex(n, n, n)]
    law = dit.Distribution(outcomes, [float(p[t, a, b]) for a, b, t in outcomes])
    start = perf_counter()
    found = dit.pid.PID_BROJA(law, [[0], [1]], [2], method="cone")
    seconds = perf_counter() - start
    shared = float(found.get_pi(((0,), (1,)))) * BIT
    both = information_of(p.sum(2)) + information_of(p.sum(1)) - shared
    pt = p.sum((1, 2))
    said("dit cone", n, seconds, distance(both + float((pt * np.log(pt)).sum()), n))


def main() -> None:
    """Print one line for each solver and size."""
    ours()
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    for n in (n for n in (2, 4, 8, 12, 20) if n <= largest):
        if importlib.util.find_spec("cvxpy"):
            for solver in importlib.import_module("cvxpy").installed_solvers():
                if solver in ("CLARABEL", "ECOS"):
                    with_cvxpy(n, solver)
        if importlib.util.find_spec("dit"):
            with_dit(n)


if __name__ == "__main__":
    main()
