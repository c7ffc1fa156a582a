"""Integrals over two variables, and what takes their place, against integrals by other means."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

import pplc
from pplc.inference.continuous.peaks import Interval
from pplc.inference.continuous.quadrature import integrate as one
from pplc.inference.continuous.rows import integrate_rows

# ------------------------------------------------------------------ rows

SHAPES: dict[str, tuple[Any, float, float]] = {
    "normal, far and narrow": (lambda c, x: -0.5 * ((x - 10 * c) / 1e-3) ** 2, -math.inf, math.inf),
    "normal": (lambda c, x: -0.5 * (x - c) ** 2, -math.inf, math.inf),
    "Cauchy tail": (lambda c, x: -np.log1p((x / c) ** 2), 0.0, math.inf),
    "singular end": (lambda c, x: (c - 1) * np.log(x) - x, 0.0, math.inf),
    "left half line": (lambda c, x: c * x, -math.inf, 1.0),
    "beta": (lambda c, x: 50 * c * np.log(x) + 80 * np.log1p(-x), 0.0, 1.0),
    "jump": (lambda c, x: np.where(x < c / 10, 0.0, -5.0), 0.0, 1.0),
    "nothing": (lambda c, x: np.full(x.shape, -math.inf), 0.0, math.inf),
}
SCALES = np.array([0.3, 1.0, 2.5, 7.0])


@pytest.mark.parametrize("name", SHAPES)
def test_many_integrals_are_what_each_is_alone(name: str) -> None:
    density, low, high = SHAPES[name]
    parts = [Interval(row, low, high) for row in range(len(SCALES))]
    found = integrate_rows(lambda row, x: density(SCALES[row], x), parts, len(SCALES))
    for scale, nodes in zip(SCALES.tolist(), found, strict=True):
        alone = one(lambda x, scale=scale: density(scale, x), low, high).log_mass  # type: ignore[misc]
        wanted = math.lgamma(scale) if name == "singular end" else alone
        assert nodes.log_mass == pytest.approx(wanted, abs=1e-10)
        assert (np.diff(nodes.points) >= 0).all()
        assert np.exp(nodes.log_weights - nodes.log_mass).sum() == pytest.approx(float(len(nodes.points) > 0))


def test_the_intervals_of_a_row_are_joined() -> None:
    parts = [Interval(1, 0.0, math.inf), Interval(0, -1.0, 1.0), Interval(1, -math.inf, 0.0)]
    both = integrate_rows(lambda row, x: -0.5 * x * x + row, parts, 3)
    assert both[0].log_mass == pytest.approx(0.5 * math.log(2 * math.pi) + math.log(special.erf(0.5**0.5)))
    assert both[1].log_mass == pytest.approx(0.5 * math.log(2 * math.pi) + 1)
    assert both[2].log_mass == -math.inf


# ------------------------------------------------------------------ programs

Y = np.array([0.3, 1.7, -0.4, 2.2, 0.9])


def asked(text: str, data: dict[str, Any], query: str) -> float:
    found = pplc.compile(text).query(query, data, method="exact")
    return float(found.value)  # type: ignore[union-attr]


def sums(density: Any, means: Any, scales: Any) -> tuple[Any, Any]:
    """A density of location and scale on a fine lattice, with weights of a rule of Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(24)

    def points(edges: Any) -> tuple[Any, Any]:
        half = 0.5 * np.diff(edges)[:, None]
        return ((edges[:-1, None] + half) + half * nodes).ravel(), (half * weights).ravel()

    m, own = points(means)
    s, other = points(scales)
    mesh = np.meshgrid(m, s, indexing="ij")
    return mesh, density(*mesh) * own[:, None] * other


CUTS = np.concatenate(
    [-np.geomspace(60, 0.5, 12), [-0.4, -0.1, 0.3, 0.5, 0.9, 1.3, 1.7, 2.2], np.geomspace(2.6, 60, 12)]
)
SCALE_CUTS = np.concatenate([[1e-9], np.geomspace(0.02, 30, 40)])


def normal(x: Any, mean: Any, sd: Any) -> Any:
    return stats.norm.pdf(x, mean, sd)


STUDENT = """
model student(y: real[N]) {
  mu ~ Normal(0, 5)
  s ~ HalfNormal(3)
  observe y ~ StudentT(4, mu, s)
}
"""
LAPLACE = STUDENT.replace("StudentT(4, mu, s)", "Laplace(mu, s)")


def of_student(mu: Any, s: Any) -> Any:
    return (
        normal(mu, 0, 5)
        * 2
        * normal(s, 0, 3)
        * np.prod([stats.t.pdf((y - mu) / s, 4) / s for y in Y], axis=0)
    )


def of_laplace(mu: Any, s: Any) -> Any:
    each = [np.exp(-np.abs(y - mu) / s) / (2 * s) for y in Y]
    return normal(mu, 0, 5) * 2 * normal(s, 0, 3) * np.prod(each, axis=0)


@pytest.mark.parametrize(("text", "density"), [(STUDENT, of_student), (LAPLACE, of_laplace)])
def test_location_and_scale_are_found_together(text: str, density: Any) -> None:
    (mu, s), weights = sums(density, CUTS, SCALE_CUTS)
    whole = weights.sum()
    run = pplc.compile(f"{text}\nquery P(mu > 0.5)").infer({"y": Y.tolist()}, method="exact")
    assert float(run.log_evidence.value) == pytest.approx(math.log(whole), abs=1e-8)  # type: ignore[union-attr]
    for name, value in (("mu", mu), ("s", s)):
        mean = (weights * value).sum() / whole
        assert float(run[name].mean) == pytest.approx(mean, rel=1e-7)
        assert float(run[name].sd) == pytest.approx(
            math.sqrt((weights * (value - mean) ** 2).sum() / whole), rel=1e-6
        )
    above = weights[(mu > 0.5)].sum() / whole  # 0.5 is an edge of a panel
    assert float(run.queries[0].answer.value) == pytest.approx(above, rel=1e-7)  # type: ignore[union-attr]


MIXTURE = """
model mixture(y: real[N]) {
  w ~ Beta(2, 2)
  a ~ Normal(0, 2)
  b ~ Normal(0, 2)
  condition(a < b)
  for i in 0..N {
    z ~ Bernoulli(w)
    observe y[i] ~ Normal(if z { b } else { a }, 1)
  }
}
"""


def test_ordered_components_of_a_mixture_with_unknown_weight() -> None:
    """Every assignment has its two normal posteriors, P(a < b) by Φ, and a beta law of the weight."""
    y = Y[:4]

    def component(data: Any) -> tuple[float, float, float]:
        cov = np.eye(len(data)) + 4
        weight = stats.multivariate_normal.pdf(data, np.zeros(len(data)), cov) if len(data) else 1.0
        variance = 1 / (len(data) + 0.25)
        return float(weight), variance * float(np.sum(data)), variance

    total = above = first = 0.0
    for chosen in product([False, True], repeat=len(y)):
        z = np.array(chosen)
        weight_a, mean_a, var_a = component(y[~z])
        weight_b, mean_b, var_b = component(y[z])
        a, b = 2 + z.sum(), 2 + (~z).sum()
        spread = math.sqrt(var_a + var_b)
        gap = (mean_b - mean_a) / spread
        mass = weight_a * weight_b * special.beta(a, b) / special.beta(2, 2) * stats.norm.cdf(gap)
        total += mass
        above += mass * float(special.betaincc(a, b, 0.5))
        # E[b | a < b] of the normal pair (Tallis 1961)
        first += mass * (mean_b + var_b / spread * stats.norm.pdf(gap) / stats.norm.cdf(gap))
    data = {"y": y.tolist()}
    run = pplc.compile(MIXTURE).infer(data, method="exact")
    assert float(run.log_evidence.value) == pytest.approx(math.log(total), abs=1e-10)  # type: ignore[union-attr]
    assert float(run["b"].mean) == pytest.approx(first / total, rel=1e-9)
    assert asked(MIXTURE, data, "P(w > 0.5)") == pytest.approx(above / total, rel=1e-9)


THREE = """
model three() {
  a ~ Normal(0, 1)
  b ~ Normal(1, 2)
  c ~ Normal(0.5, 1)
  observe 0.3 ~ Normal(a + b, 1)
}
"""


def largest(sign: float) -> float:
    """E max of sign · (a, b, c), through P(max > x) - P(max < -x)."""
    covariance = np.diag([1.0, 4.0, 1.0])
    gain = covariance @ np.array([1.0, 1, 0]) / 6
    mean = np.array([0, 1, 0.5]) + gain * (0.3 - 1)
    covariance = covariance - 6 * np.outer(gain, gain)
    root = math.sqrt(covariance[0, 0])
    rho = covariance[0, 1] / root
    left = math.sqrt(covariance[1, 1] - rho**2)

    def both(x: float) -> float:  # P(a <= x, b <= x), by an integral over a
        def given(a: float) -> float:
            return float(stats.norm.pdf(a) * stats.norm.cdf((x - sign * mean[1] - rho * a) / left))

        return float(integrate.quad(given, -12, (x - sign * mean[0]) / root, epsabs=1e-13)[0])

    def below(x: float) -> float:
        return both(x) * float(stats.norm.cdf(x - sign * mean[2]))

    return float(integrate.quad(lambda x: 1 - below(x) - below(-x), 0, 15, epsabs=1e-10)[0])


def test_the_largest_and_the_least_of_three_dependent_variables() -> None:
    assert asked(THREE, {}, "E[max(a, max(b, c))]") == pytest.approx(largest(1), abs=1e-7)
    assert asked(THREE, {}, "E[min(a, min(b, c))]") == pytest.approx(-largest(-1), abs=1e-7)
    first = asked(THREE, {}, "P(a > b and a > c)")
    second = asked(THREE, {}, "P(b > a and b > c)")
    third = asked(THREE, {}, "P(c > b and c > a)")
    assert first + second + third == pytest.approx(1, abs=1e-10)


def test_a_query_without_a_rule_is_an_error_of_its_own() -> None:
    text = "model m() { a ~ Logistic(0, 1); b ~ Logistic(1, 2); c ~ Logistic(0, 1) }"
    model = pplc.compile(text)
    with pytest.raises(pplc.Rejected, match="E0526"):
        model.query("P(a + b * c > 1)", {}, method="exact")
    assert float(model.query("P(b > 1)", {}, method="exact").value) == pytest.approx(0.5)  # type: ignore[union-attr]


@pytest.mark.parametrize("power", [0.3, 0.5, 2.0, 40.0])
def test_a_pole_at_an_end_is_no_peak(power: float) -> None:
    """Γ(a) = ∫ x^(a - 1) e^-x: the mass of many decades of x counts, not where the integrand is highest."""
    nodes = one(lambda x: (power - 1) * np.log(x) - x, 0.0, math.inf)
    assert nodes.log_mass == pytest.approx(math.lgamma(power), abs=1e-10)
