"""The 5 % and 95 % columns, which come from laws, against probabilities, which come from integrals."""

from __future__ import annotations

import math

import pytest

import pplc
from pplc.inference.answers import Bounds, Exact

COUNTS = """
model counts() {
  mu ~ Gamma(2, 0.1)
  phi ~ Exponential(0.2)
  for y in [17, 3] { observe y ~ NegativeBinomial(mean = mu, dispersion = phi) }
}
"""

ENDS = """
model ends() {
  b ~ Pareto(1, 2)
  a ~ Exponential(1)
  for y in [1.5, -0.5] { observe y ~ Uniform(-a, b) }
}
"""

WAITING = """
model waiting() {
  k ~ Exponential(1)
  r ~ Exponential(1)
  for y in [1.2, 3.4, 0.7, 2.2, 5.1] { observe y ~ Gamma(k, r) }
}
"""


@pytest.mark.parametrize(
    ("program", "name"),
    [(ENDS, "a"), (ENDS, "b"), (WAITING, "k"), (WAITING, "r")],
)
def test_a_quantile_of_one_of_two_unknown_parameters_has_its_probability(program: str, name: str) -> None:
    model = pplc.compile(program)
    numbers = model.infer({}, method="exact")[name].numbers
    for key, level in (("q05", 0.05), ("q95", 0.95)):
        end = float(numbers[key])
        found = model.query(f"P({name} < {end!r})", {}, method="exact")
        assert float(found.value) == pytest.approx(level, abs=1e-6)  # type: ignore[union-attr]


def test_quantiles_of_two_parameters_of_counts_are_those_of_other_quadrature() -> None:
    run = pplc.compile(COUNTS).infer({}, method="exact")
    found = {name: [float(run[name].numbers[key]) for key in ("q05", "q95")] for name in ("mu", "phi")}
    assert found["mu"] == pytest.approx([5.920085, 29.873], rel=2e-5)
    assert found["phi"][0] == pytest.approx(0.448461, rel=1e-5)


@pytest.mark.parametrize(
    ("prior", "mean", "q05", "q95"),
    [("Pareto(2, 7)", 14, 7.1818485, 31.3049517), ("StudentT(2, 5, 1)", 5, 2.0800144, 7.9199856)],
)
def test_a_law_without_a_variance_has_its_mean_and_quantiles_in_the_table(
    prior: str, mean: float, q05: float, q95: float
) -> None:
    run = pplc.compile(f"model heavy() {{\n x ~ {prior}\n}}").infer({}, method="exact")
    numbers = run["x"].numbers
    assert [float(numbers[key]) for key in ("mean", "q05", "q95")] == pytest.approx(
        [mean, q05, q95], rel=1e-7
    )
    (row,) = [line.split() for line in str(run).splitlines() if line.startswith("x ")]
    assert row == ["x", f"{mean:.4g}", "∞", f"{q05:.4g}", f"{q95:.4g}"]


def test_quantiles_of_a_quotient_lie_where_it_may() -> None:
    """P(e / u < x) = E[1 - exp(-u x)]: what bounds a product from below bounds its other factor."""
    text = "model m() { u ~ Uniform(1, 3); e ~ Exponential(1); let q = e / u; return q }"
    run = pplc.compile(text).infer({}, method="exact")
    for key, p in (("q05", 0.05), ("q95", 0.95)):
        x = float(run["q"].numbers[key])
        assert 1 - (math.exp(-x) - math.exp(-3 * x)) / (2 * x) == pytest.approx(p, abs=1e-7)


@pytest.mark.parametrize(
    ("law", "query", "truth"),
    [
        ("Gamma(3, u)", "E[m]", 3 * math.log(2)),
        ("Gamma(3, u)", "var(m)", 6 - 9 * math.log(2) ** 2),
        ("Exponential(u + 1)", "E[m]", math.log(1.5)),
        ("InverseGamma(3, u)", "E[m]", 0.75),
        ("InverseGamma(3, u)", "E[u * m]", 7 / 6),
        ("InverseGamma(3, u)", "E[u / m]", 3),
    ],
)
def test_a_mean_exists_though_terms_of_its_integral_are_infinite(law: str, query: str, truth: float) -> None:
    """Integrated over u first, it is a difference of terms that are infinite at 0."""
    text = f"model m() {{ u ~ Uniform(1, 2); m ~ {law} }}"
    found = pplc.compile(text).query(query, method="exact")
    assert isinstance(found, Exact | Bounds)
    assert found.value == pytest.approx(truth, abs=1e-9)
