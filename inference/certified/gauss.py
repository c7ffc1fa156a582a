"""Gauss–Legendre rules, with the bound of their error for analytic functions.

A function that is analytic in the ellipse with foci at -1 and 1 and semi-axes (ρ ± 1/ρ) / 2, where it is
bounded by M, has Chebyshev coefficients below 2 M ρ^-k; the rule with n nodes is exact for degrees below 2
n, and both it and the integral are at most 2 and 2 / (k² - 1) for T_k, and 0 for odd k. So the error is at
most (64 / 15) M ρ^(-2n) / (1 - ρ^-2) (Trefethen 2008, SIAM Review 50, theorem 4.5; Johansson 2018, ICMS, for
its use with balls).
"""

from __future__ import annotations

from functools import cache

from flint import arb

from pplc.inference.certified.balls import precise
from pplc.inference.certified.straight_line import Scalar

UNIT = arb(-1).union(arb(1))


@cache
def share(nodes: int, rho: float) -> arb:
    """C(n, ρ) = (64 / 15) ρ^(-2n) / (1 - ρ^-2): the error as a share of the bound on the ellipse."""
    return (64 / arb(15)) / (arb(rho) ** (2 * nodes) * (1 - arb(rho) ** -2))


@cache
def legendre(nodes: int, bits: int) -> list[tuple[Scalar, Scalar]]:
    """Nodes on [-1, 1] and their weights, to this precision."""
    with precise(bits):
        return [arb.legendre_p_root(nodes, k, weight=True) for k in range(nodes)]
