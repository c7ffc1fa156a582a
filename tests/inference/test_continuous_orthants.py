"""Three sums of normal variables between bounds: proved, against formulas and integrals over one variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest

import pplc
from pplc.inference.answers import Bounds
from tests.inference.test_bounded_moments import within

SUMS = """
model sums() {
  a ~ Normal(0, 1)
  b ~ Normal(0, 1)
  c ~ Normal(0, 1)
}
"""

ORDERED = """
model ordered() {
  x ~ iid(Normal(2, 3), 4)
  condition(x[0] < x[1] and x[1] < x[2] and x[2] < x[3])
}
"""

BRANCHES = """
model branches() {
  a ~ Normal(0, 1)
  b ~ Normal(0.5 * a, 1)
  c ~ Normal(-2 * a, 2)
  condition(a > -0.3 and a < 1.2 and b > 0.2 and b < 2 and c < 0.5)
}
"""


def test_pairs_of_three_variables_have_positive_sums_with_the_probability_of_an_orthant() -> None:
    """With all correlations 1/2: 1/8 + 3 asin(1/2) / 4π = 1/4 (David 1953, Biometrika 40, 458)."""
    assert within(SUMS, "P(a + b > 0 and b + c > 0 and a + c > 0)", mpmath.mpf(1) / 4, 1e-12)


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.3, 0.95])
def test_three_sums_with_other_correlations_have_the_formula_of_an_orthant(rho: float) -> None:
    text = f"""
    model m() {{
      a ~ Normal(0, 1)
      b ~ Normal({rho} * a, sqrt(1 - ({rho}) ^ 2))
      c ~ Normal(0.5 * a - 0.1 * b, 2)
    }}
    """
    found = pplc.compile(text).query("P(a > 0 and b > 0 and c < 0)", method="exact")
    assert isinstance(found, Bounds)
    r, half = mpmath.mpf(str(rho)), mpmath.mpf("0.5")
    with mpmath.workdps(30):
        ac, bc = half - r / 10, half * r - mpmath.mpf("0.1")
        variance = half * ac - mpmath.mpf("0.1") * bc + 4
        angles = (
            mpmath.asin(r) - mpmath.asin(ac / mpmath.sqrt(variance)) - mpmath.asin(bc / mpmath.sqrt(variance))
        )
        truth = mpmath.mpf(1) / 8 + angles / (4 * mpmath.pi)
    assert found.lower <= truth <= found.upper
    assert found.upper - found.lower < 1e-9


def test_four_ordered_variables_have_the_moments_of_order_statistics() -> None:
    """The order is one of 24; means and variances of the k-th of four (Godwin 1949, Biometrika 36, 92)."""
    assert within(ORDERED, "evidence", -mpmath.log(24), 1e-11)
    with mpmath.workdps(30):

        def moment(k: int, power: int) -> Any:
            def density(z: Any) -> Any:
                below = mpmath.ncdf(z)
                return z**power * mpmath.npdf(z) * below**k * (1 - below) ** (3 - k)

            return 12 / (mpmath.mpf(1) if k in (1, 2) else 3) * mpmath.quad(density, range(-9, 10))

        for k in range(4):
            mean, square = moment(k, 1), moment(k, 2)
            assert within(ORDERED, f"E[x[{k}]]", 2 + 3 * mean, 1e-11)
            assert within(ORDERED, f"var(x[{k}])", 9 * (square - mean**2), 1e-10)


def given_a(weight: Callable[[Any], Any]) -> Any:
    """The integral over the values of a that are possible."""
    return mpmath.quad(lambda a: mpmath.npdf(a) * weight(a), mpmath.linspace(-0.3, 1.2, 8))


def test_bounds_on_both_sides_and_means_beside_them() -> None:
    with mpmath.workdps(30):

        def of_b(a: Any) -> Any:
            return mpmath.ncdf(2 - a / 2) - mpmath.ncdf(mpmath.mpf("0.2") - a / 2)

        def of_c(a: Any) -> Any:
            return mpmath.ncdf((mpmath.mpf("0.5") + 2 * a) / 2)

        def mean_of_b(a: Any) -> Any:
            return a / 2 * of_b(a) + mpmath.npdf(mpmath.mpf("0.2") - a / 2) - mpmath.npdf(2 - a / 2)

        mass = given_a(lambda a: of_b(a) * of_c(a))
        first, second = (given_a(lambda a, k=k: a**k * of_b(a) * of_c(a)) / mass for k in (1, 2))  # type: ignore[misc]
        b = given_a(lambda a: mean_of_b(a) * of_c(a)) / mass
        assert within(BRANCHES, "evidence", mpmath.log(mass), 1e-10)
        assert within(BRANCHES, "E[a]", first, 1e-10)
        assert within(BRANCHES, "var(a)", second - first**2, 1e-9)
        assert within(BRANCHES, "E[b]", b, 1e-10)
        assert within(BRANCHES, "E[2 * a - b + 1]", 2 * first - b + 1, 1e-10)
