"""The multivariate families against SciPy, 50-digit arithmetic and integrals, and by their draws."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, stats

from pplc.lang.families import FAMILIES
from pplc.semantics.families import NUMERICS, VARIANTS
from pplc.semantics.kernel import exact
from pplc.semantics.number import Inexact, LogRat
from pplc.semantics.source import Seeded
from tests.support.statistics import FALSE_ALARM

MEAN = [0.5, -1.0, 2.0]
COV = [[2.0, 0.6, -0.4], [0.6, 1.0, 0.3], [-0.4, 0.3, 1.5]]
CHOL = np.linalg.cholesky(np.array(COV)).tolist()
PRECISION = np.linalg.inv(np.array(COV)).tolist()
POINTS = [[0.5, -1.0, 2.0], [1.0, 0.0, -3.0], [40.0, 3.0, -25.0]]
SPD = [[1.3, 0.2, 0.1], [0.2, 0.7, -0.3], [0.1, -0.3, 2.1]]
CORR = [[1.0, 0.3, -0.2], [0.3, 1.0, 0.5], [-0.2, 0.5, 1.0]]


def _close(ours: float, theirs: float, tolerance: float = 1e-12) -> None:
    assert abs(ours - theirs) <= tolerance * max(1.0, abs(theirs)), f"{ours!r} is not {theirs!r}"


def _variant(family: str, name: str) -> Any:
    return next(v for v in VARIANTS[family] if v.parameters[-1].name == name).numerics


def _vector(kernel: Any, *arguments: Any, size: int) -> list[float]:
    out = [0.0] * size
    kernel(*arguments, out)
    return out


def _matrix(kernel: Any, *arguments: Any, size: int) -> np.ndarray[Any, Any]:
    out = [[0.0] * size for _ in range(size)]
    kernel(*arguments, out)
    return np.array(out)


# ------------------------------------------------------------------ densities


@pytest.mark.parametrize("x", POINTS)
def test_normal_density_is_scipys_however_the_covariance_is_given(x: list[float]) -> None:
    theirs = stats.multivariate_normal(MEAN, COV).logpdf(x)
    _close(NUMERICS["MvNormal"].log_density(MEAN, COV, x), theirs)
    _close(_variant("MvNormal", "chol").log_density(MEAN, CHOL, x), theirs)
    _close(_variant("MvNormal", "precision").log_density(MEAN, PRECISION, x), theirs)


@pytest.mark.parametrize("df", [0.7, 3.0, 40.0, 1e9])
@pytest.mark.parametrize("x", POINTS)
def test_t_density_is_right_however_the_scale_is_given(df: float, x: list[float]) -> None:
    with mp.workdps(40):
        away = mp.matrix(x) - mp.matrix(MEAN)
        distance = (away.T * mp.inverse(mp.matrix(COV)) * away)[0]
        theirs = float(
            mp.loggamma((mp.mpf(df) + 3) / 2)
            - mp.loggamma(mp.mpf(df) / 2)
            - mp.mpf(3) / 2 * mp.log(df * mp.pi)
            - mp.log(mp.det(mp.matrix(COV))) / 2
            - (mp.mpf(df) + 3) / 2 * mp.log1p(distance / df)
        )
    _close(NUMERICS["MvStudentT"].log_density(df, MEAN, COV, x), theirs)
    _close(_variant("MvStudentT", "chol").log_density(df, MEAN, CHOL, x), theirs)
    _close(_variant("MvStudentT", "precision").log_density(df, MEAN, PRECISION, x), theirs, 4e-12)


@pytest.mark.parametrize("concentration", [[0.3, 1.0, 2.5], [1.0, 1.0, 1.0], [40.0, 3.0, 300.0], [5.0]])
def test_dirichlet_density_is_scipys(concentration: list[float]) -> None:
    x = [0.2, 0.5, 0.3] if len(concentration) == 3 else [1.0]
    theirs = stats.dirichlet(concentration).logpdf(x) if len(x) > 1 else 0.0
    _close(NUMERICS["Dirichlet"].log_density(concentration, x), theirs)


def test_dirichlet_density_off_the_simplex_and_on_its_edge() -> None:
    log_density = NUMERICS["Dirichlet"].log_density
    assert log_density([1.0, 1.0], [0.5, 0.6]) == -math.inf
    assert log_density([1.0, 1.0], [-0.5, 1.5]) == -math.inf
    assert log_density([1.0, 1.0, 1.0], [0.0, 0.5, 0.5]) == math.log(2)
    assert log_density([2.0, 1.0], [0.0, 1.0]) == -math.inf
    assert log_density([0.5, 1.0], [0.0, 1.0]) == math.inf


@pytest.mark.parametrize("counts", [(0, 0, 7), (2, 3, 2), (7, 0, 0), (1, 6, 0)])
def test_multinomial_mass_is_exact(counts: tuple[int, ...]) -> None:
    shares = (Fraction(1, 5), Fraction(1, 2), Fraction(3, 10))
    coefficient = math.factorial(7) // math.prod(map(math.factorial, counts))
    mass = coefficient * math.prod(p**k for p, k in zip(shares, counts, strict=True))
    log_mass = NUMERICS["Multinomial"].log_density
    assert exact(log_mass)(7, shares, counts) == LogRat(Fraction(mass))
    _close(log_mass(7, [0.2, 0.5, 0.3], counts), math.log(mass))


def test_multinomial_mass_keeps_its_digits_for_many_draws() -> None:
    counts, n, shares = (300_012, 200_001, 499_987), 1_000_000, [0.3, 0.2, 0.5]
    with mp.workdps(40):
        theirs = mp.loggamma(n + 1) - sum(mp.loggamma(k + 1) for k in counts)
        theirs += sum(k * mp.log(mp.mpf(p)) for k, p in zip(counts, shares, strict=True))
    _close(NUMERICS["Multinomial"].log_density(n, shares, counts), float(theirs))


def test_multinomial_masses_sum_to_one_over_the_support() -> None:
    numerics, shares = NUMERICS["Multinomial"], (Fraction(1, 4), Fraction(0), Fraction(3, 4))
    support = list(numerics.support_values(5, shares)) if numerics.support_values else []
    assert support == [(k, 0, 5 - k) for k in range(6)]
    masses = [exact(numerics.log_density)(5, shares, x) for x in support]
    assert sum(m.value for m in masses if isinstance(m, LogRat)) == 1
    impossible = [(1, 1, 3), (5, 0, 1), (-1, 0, 6)]
    assert [numerics.log_density(5, [0.25, 0.0, 0.75], x) for x in impossible] == [-math.inf] * 3
    assert list(numerics.support_values(2, (0.0, 1.0)) if numerics.support_values else ()) == [(0, 2)]
    assert list(numerics.support_values(2, (1.0, 0.0)) if numerics.support_values else ()) == [(2, 0)]


@pytest.mark.parametrize("df", [2.5, 5.0, 60.0])
def test_wishart_densities_are_scipys(df: float) -> None:
    _close(NUMERICS["Wishart"].log_density(df, COV, SPD), stats.wishart(df, COV).logpdf(np.array(SPD)))
    if df > 3:
        theirs = stats.invwishart(df, COV).logpdf(np.array(SPD))
        _close(NUMERICS["InverseWishart"].log_density(df, COV, SPD), theirs)


def test_wishart_and_its_inverse_are_one_law_in_two_coordinates() -> None:
    inverse = np.linalg.inv(np.array(SPD)).tolist()
    # |d X^-1 / d X| = det(X)^-(K + 1).
    there = NUMERICS["Wishart"].log_density(4.2, PRECISION, inverse)
    jacobian = -4 * np.linalg.slogdet(np.array(SPD))[1]
    _close(NUMERICS["InverseWishart"].log_density(4.2, COV, SPD), there + jacobian, 1e-11)


@pytest.mark.parametrize("name", ["Wishart", "InverseWishart"])
def test_a_matrix_that_is_no_covariance_is_impossible_under_wishart(name: str) -> None:
    log_density = NUMERICS[name].log_density
    assert log_density(5.0, COV, [[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) == -math.inf
    assert log_density(5.0, COV, [[1.0, 0.2, 0.0], [0.1, 1.0, 0.0], [0.0, 0.0, 1.0]]) == -math.inf


@pytest.mark.parametrize("name", ["MvNormal", "Wishart", "InverseWishart"])
def test_kernels_report_a_scale_that_is_not_positive_definite_as_nan(name: str) -> None:
    bad = [[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    first, x = (MEAN, MEAN) if name == "MvNormal" else (5.0, SPD)
    assert math.isnan(NUMERICS[name].log_density(first, bad, x))
    entropy = NUMERICS[name].entropy
    assert entropy is not None
    assert math.isnan(entropy(first, bad))


@pytest.mark.parametrize("concentration", [0.5, 1.0, 3.5])
def test_lkj_density_integrates_to_one_in_two_dimensions(concentration: float) -> None:
    log_density = NUMERICS["LKJ"].log_density

    def density(r: float) -> float:
        return math.exp(log_density(2, concentration, [[1.0, r], [r, 1.0]]))

    # Substitution r = sin(t) takes the singular ends away.
    total, _ = integrate.quad(lambda t: density(math.sin(t)) * math.cos(t), -math.pi / 2, math.pi / 2)
    assert total == pytest.approx(1, abs=1e-8)


def test_lkj_density_in_three_dimensions_is_uniform_over_a_known_volume() -> None:
    # Correlation matrices of three variables fill pi^2 / 2 of the cube: Rousseeuw & Molenberghs (1994).
    _close(NUMERICS["LKJ"].log_density(3, 1.0, CORR), -math.log(math.pi**2 / 2))


@pytest.mark.parametrize("concentration", [1.0, 2.0])
def test_lkj_constant_is_the_monte_carlo_integral_in_four_dimensions(concentration: float) -> None:
    generator = np.random.default_rng(7)
    draws = 200_000
    entries = generator.uniform(-1, 1, (draws, 6))
    matrices = np.tile(np.eye(4), (draws, 1, 1))
    for (i, j), column in zip(itertools.combinations(range(4), 2), entries.T, strict=True):
        matrices[:, i, j] = matrices[:, j, i] = column
    inside = np.linalg.eigvalsh(matrices)[:, 0] > 0
    weights = np.where(inside, np.linalg.det(matrices).clip(0) ** (concentration - 1), 0.0)
    constant = -NUMERICS["LKJ"].log_density(4, concentration, np.eye(4).tolist())
    # Weights lie in [0, 1]: Hoeffding (1963).
    tolerance = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * draws))
    assert abs(weights.mean() - math.exp(constant) / 2**6) < tolerance


@pytest.mark.parametrize("concentration", [0.6, 1.0, 4.0])
def test_lkj_of_a_factor_differs_by_the_jacobian_alone(concentration: float) -> None:
    factor = np.linalg.cholesky(np.array(CORR))
    step = 1e-6
    places = [(1, 0), (2, 0), (2, 1)]

    def correlations(free: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        rows = np.zeros((3, 3))
        rows[0, 0] = 1
        for place, value in zip(places, free, strict=True):
            rows[place] = value
        for i in (1, 2):
            rows[i, i] = math.sqrt(1 - (rows[i, :i] ** 2).sum())
        product = rows @ rows.T
        return np.array([product[place] for place in places])

    at = np.array([factor[place] for place in places])
    jacobian = np.array(
        [(correlations(at + step * e) - correlations(at - step * e)) / (2 * step) for e in np.eye(3)]
    )
    ours = NUMERICS["LKJCholesky"].log_density(3, concentration, factor.tolist())
    theirs = NUMERICS["LKJ"].log_density(3, concentration, CORR) + np.linalg.slogdet(jacobian)[1]
    assert ours == pytest.approx(theirs, abs=1e-8)


def test_lkj_refuses_what_is_no_correlation_matrix() -> None:
    log_density, of_factor = NUMERICS["LKJ"].log_density, NUMERICS["LKJCholesky"].log_density
    assert log_density(2, 1.0, [[1.0, 1.2], [1.2, 1.0]]) == -math.inf
    assert log_density(2, 1.0, [[1.0, 0.2], [0.3, 1.0]]) == -math.inf
    assert log_density(2, 1.0, [[2.0, 0.2], [0.2, 1.0]]) == -math.inf
    assert of_factor(2, 1.0, [[1.0, 0.0], [0.6, 0.9]]) == -math.inf
    assert of_factor(2, 1.0, [[1.0, 0.1], [0.6, 0.8]]) == -math.inf
    assert of_factor(2, 1.0, [[1.0, 0.0], [0.6, -0.8]]) == -math.inf
    assert of_factor(1, 3.0, [[1.0]]) == log_density(1, 3.0, [[1.0]]) == 0


# ------------------------------------------------------------------ moments and entropy


def test_moments_and_entropies_are_scipys() -> None:
    for name, theirs, arguments in (
        ("Dirichlet", stats.dirichlet([0.3, 1.0, 2.5]), ([0.3, 1.0, 2.5],)),
        ("MvNormal", stats.multivariate_normal(MEAN, COV), (MEAN, COV)),
        ("MvStudentT", stats.multivariate_t(MEAN, COV, 5.0), (5.0, MEAN, COV)),
        ("Wishart", stats.wishart(5.5, COV), (5.5, COV)),
        # (SciPy's entropy of the inverse Wishart law forgets a factor: Monte Carlo is the witness below.)
    ):
        entropy = NUMERICS[name].entropy
        assert entropy is not None
        _close(entropy(*arguments), float(theirs.entropy()), 1e-11)
    for kind in ("chol", "precision"):
        given = CHOL if kind == "chol" else PRECISION
        normal, t = _variant("MvNormal", kind), _variant("MvStudentT", kind)
        _close(normal.entropy(MEAN, given), float(stats.multivariate_normal(MEAN, COV).entropy()))
        _close(t.entropy(5.0, MEAN, given), float(stats.multivariate_t(MEAN, COV, 5.0).entropy()), 1e-11)
        assert _vector(normal.variance, MEAN, given, size=3) == pytest.approx(np.diag(COV), rel=1e-12)
        assert _vector(t.variance, 6.0, MEAN, given, size=3) == pytest.approx(1.5 * np.diag(COV), rel=1e-12)
    dirichlet = stats.dirichlet([0.3, 1.0, 2.5])
    assert _vector(NUMERICS["Dirichlet"].variance, [0.3, 1.0, 2.5], size=3) == pytest.approx(dirichlet.var())
    assert _matrix(NUMERICS["Wishart"].variance, 5.5, COV, size=3) == pytest.approx(
        stats.wishart(5.5, COV).var()
    )
    inverse = stats.invwishart(9.5, COV)
    assert _matrix(NUMERICS["InverseWishart"].variance, 9.5, COV, size=3) == pytest.approx(inverse.var())
    assert _matrix(NUMERICS["InverseWishart"].mean, 9.5, COV, size=3) == pytest.approx(inverse.mean())


def test_moments_that_do_not_exist_are_infinite_or_nan() -> None:
    t, inverse = NUMERICS["MvStudentT"], NUMERICS["InverseWishart"]
    assert np.isnan(_vector(t.mean, 1.0, MEAN, COV, size=3)).all()
    assert _vector(t.mean, 1.5, MEAN, COV, size=3) == MEAN
    assert _vector(t.variance, 1.5, MEAN, COV, size=3) == [math.inf] * 3
    assert np.isnan(_vector(t.variance, 1.0, MEAN, COV, size=3)).all()
    assert np.isnan(_matrix(inverse.mean, 4.0, COV, size=3)).all()
    assert (_matrix(inverse.variance, 5.0, COV, size=3) == math.inf).all()
    assert np.isnan(_matrix(inverse.variance, 4.0, COV, size=3)).all()


# ------------------------------------------------------------------ draws

ARGUMENTS: list[tuple[str, str, tuple[Any, ...]]] = [
    ("MvNormal", "", (MEAN, COV)),
    ("MvNormal", "chol", (MEAN, CHOL)),
    ("MvNormal", "precision", (MEAN, PRECISION)),
    ("MvStudentT", "", (30.0, MEAN, COV)),
    ("MvStudentT", "chol", (30.0, MEAN, CHOL)),
    ("MvStudentT", "precision", (30.0, MEAN, PRECISION)),
    ("Dirichlet", "", ([0.4, 1.0, 2.5],)),
    ("Multinomial", "", (9, [0.2, 0.0, 0.8])),
    ("Multinomial", "", (4, [0.2, 0.8, 0.0])),
    ("Wishart", "", (4.5, COV)),
    ("InverseWishart", "", (30.0, COV)),
    ("LKJ", "", (3, 1.5)),
    ("LKJCholesky", "", (3, 0.8)),
]


@pytest.mark.parametrize(("name", "kind", "arguments"), ARGUMENTS)
def test_draws_have_the_mean_and_variance_that_is_stated(
    name: str, kind: str, arguments: tuple[Any, ...]
) -> None:
    numerics = _variant(name, kind) if kind else NUMERICS[name]
    draws, source = 4000, Seeded(11)
    shape = (3,) if FAMILIES[name].event_rank == 1 else (3, 3)

    def filled(kernel: Any, *leading: Any) -> np.ndarray[Any, Any]:
        out: Any = [0.0] * 3 if len(shape) == 1 else [[0.0] * 3 for _ in range(3)]
        kernel(*leading, *arguments, out)
        return np.array(out, dtype=float)

    drawn = np.array([filled(numerics.draw, source) for _ in range(draws)])
    mean, variance = filled(numerics.mean), filled(numerics.variance)
    # Normal approximation of means of draws and of squares; the kurtosis is the sample's own.
    quantile = stats.norm.isf(FALSE_ALARM / (2 * len(ARGUMENTS) * 18))
    error = quantile * np.sqrt(variance / draws) + 1e-12
    assert (np.abs(drawn.mean(axis=0) - mean) <= error).all()
    squares = (drawn - mean) ** 2
    error = quantile * squares.std(axis=0) / math.sqrt(draws) + 1e-12
    assert (np.abs(squares.mean(axis=0) - variance) <= error).all()
    for x in drawn[:20]:
        value = x.tolist() if name != "Multinomial" else [int(k) for k in x]
        assert numerics.log_density(*arguments, value) > -math.inf


def test_normal_draws_have_the_covariance_that_is_asked_for() -> None:
    draws = 4000
    quantile = stats.norm.isf(FALSE_ALARM / 60)
    for kind, given in (("chol", CHOL), ("precision", PRECISION)):
        numerics, source = _variant("MvNormal", kind), Seeded(5)
        drawn = np.array([_vector(numerics.draw, source, MEAN, given, size=3) for _ in range(draws)])
        products = np.einsum("ni,nj->nij", drawn - MEAN, drawn - MEAN)
        error = quantile * products.std(axis=0) / math.sqrt(draws)
        assert (np.abs(products.mean(axis=0) - COV) <= error).all()


@pytest.mark.parametrize("small", [0.001, 0.02])
def test_dirichlet_draws_of_small_concentrations_stay_on_the_simplex(small: float) -> None:
    source = Seeded(3)
    for _ in range(200):
        x = _vector(NUMERICS["Dirichlet"].draw, source, [small] * 3, size=3)
        assert sum(x) == pytest.approx(1, abs=1e-15)


def test_entropies_are_mean_log_densities_of_draws() -> None:
    draws = 3000
    quantile = stats.norm.isf(FALSE_ALARM / 20)
    for name, arguments in (("LKJ", (3, 1.7)), ("LKJCholesky", (3, 1.7)), ("InverseWishart", (4.5, COV))):
        numerics, source = NUMERICS[name], Seeded(17)
        assert numerics.entropy is not None
        logs = []
        for _ in range(draws):
            out = [[0.0] * 3 for _ in range(3)]
            numerics.draw(source, *arguments, out)
            logs.append(numerics.log_density(*arguments, out))
        error = quantile * np.std(logs) / math.sqrt(draws)
        assert abs(-np.mean(logs) - numerics.entropy(*arguments)) <= error


# ------------------------------------------------------------------ exact runs


def test_dirichlet_with_integers_is_rational() -> None:
    log_density = exact(NUMERICS["Dirichlet"].log_density)
    thirds = (Fraction(1, 6), Fraction(1, 3), Fraction(1, 2))
    assert log_density((1, 2, 3), thirds) == LogRat(
        Fraction(math.factorial(5), 2) * thirds[1] * thirds[2] ** 2
    )


@pytest.mark.parametrize(
    "name", ["MvNormal", "MvStudentT", "Wishart", "InverseWishart", "LKJ", "LKJCholesky"]
)
def test_what_is_irrational_says_so(name: str) -> None:
    one = ((Fraction(1), Fraction(0)), (Fraction(0), Fraction(1)))
    zeros = (Fraction(0), Fraction(0))
    arguments: dict[str, tuple[Any, ...]] = {
        "MvNormal": (zeros, one, zeros),
        "MvStudentT": (Fraction(3), zeros, one, zeros),
        "Wishart": (Fraction(3), one, one),
        "InverseWishart": (Fraction(3), one, one),
        "LKJ": (2, Fraction(3, 2), one),
        "LKJCholesky": (2, Fraction(3, 2), one),
    }
    with pytest.raises(Inexact):
        exact(NUMERICS[name].log_density)(*arguments[name])
