"""Special functions against 40-digit arithmetic, at random points from fixed seeds and at their edges."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import mpmath as mp
import pytest

from pplc.semantics.special.bessel import i1_over_i0, log_i0e
from pplc.semantics.special.error_function import erf, erfc, erfcx, log_ndtr, log_ndtri, ndtr, ndtri
from pplc.semantics.special.gamma import (
    deviance,
    digamma,
    lgamma,
    lgamma_growth,
    log_a_beta,
    log_beta,
    log_beta_growth,
    log_binomial,
    log_choose,
    log_poisson,
    stirling_error,
    trigamma,
)
from pplc.semantics.special.incomplete_beta import beta_inverse, beta_tails
from pplc.semantics.special.incomplete_gamma import gamma_inverse, gamma_inverse_upper, gamma_tails
from pplc.semantics.special.quadrature import panel
from pplc.semantics.special.root import MOST_INDEX, Step, first_index, root
from pplc.semantics.special.zeta import power_sum


@pytest.fixture(autouse=True)
def _forty_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


def _powers(low: float, high: float, count: int = 200) -> list[float]:
    chance = random.Random(5)
    return [10 ** chance.uniform(low, high) for _ in range(count)]


def _close(ours: float, exact: Any, tolerance: float, floor: float = 0.0) -> None:
    assert abs(ours - exact) <= tolerance * max(abs(exact), floor), f"{ours!r} is not {mp.nstr(exact, 20)}"


Function = Callable[[float], float]
POSITIVE_FUNCTIONS: list[tuple[Function, Callable[[Any], Any], float, float, float]] = [
    # ours, reference, range of log10 x, tolerance relative to max(1, value)
    (lgamma, mp.loggamma, -10, 12, 2e-15),
    (digamma, mp.digamma, -6, 8, 2e-15),
    (trigamma, lambda x: mp.polygamma(1, x), -6, 8, 2e-15),
    (erf, mp.erf, -10, 1, 1e-15),
    (erfc, mp.erfc, -10, 1.3, 2e-15),
    (erfcx, lambda x: mp.exp(x * x) * mp.erfc(x), -10, 3, 2e-15),
    (log_i0e, lambda x: mp.log(mp.besseli(0, x)) - x, -6, 4, 2e-15),
    (i1_over_i0, lambda x: mp.besseli(1, x) / mp.besseli(0, x), -6, 4, 2e-15),
    (
        stirling_error,
        lambda x: mp.loggamma(x + 1) - (x + 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2,
        -3, 8, 4e-15,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "reference", "low", "high", "tolerance"), POSITIVE_FUNCTIONS)
def test_functions_of_a_positive_number(
    ours: Function, reference: Callable[[Any], Any], low: float, high: float, tolerance: float
) -> None:
    for x in _powers(low, high):
        _close(ours(x), reference(mp.mpf(x)), tolerance, floor=1.0)


@pytest.mark.parametrize("zero", [1.0, 2.0])
def test_lgamma_has_relative_accuracy_at_its_zeros(zero: float) -> None:
    for x in (*(zero + t for t in _powers(-12, -0.4, 50)), *(zero - t for t in _powers(-12, -0.4, 50))):
        _close(lgamma(x), mp.loggamma(mp.mpf(x)), 1e-15)
    assert lgamma(zero) == 0


def test_lgamma_on_the_rest_of_the_line() -> None:
    _close(lgamma(-1.5), mp.log(abs(mp.gamma(-1.5))), 1e-14)
    _close(lgamma(-0.25), mp.log(abs(mp.gamma(-0.25))), 1e-14)
    assert [lgamma(x) for x in (0.0, -1.0, -7.0, math.inf, -math.inf)] == [math.inf] * 5
    assert math.isnan(lgamma(math.nan))
    assert math.isnan(digamma(-1.0))
    assert math.isnan(trigamma(0.0))


def test_the_error_functions_keep_their_digits_in_the_tails() -> None:
    for x in _powers(-12, 1.4):
        _close(erf(x), mp.erf(x), 1e-15)
        _close(erf(-x), mp.erf(-x), 1e-15)
        _close(erfc(-x), mp.erfc(-x), 1e-15)
        if x < 26:
            _close(erfc(x), mp.erfc(x), 2e-15)
            _close(erfcx(-x), mp.exp(mp.mpf(x) ** 2) * mp.erfc(-mp.mpf(x)), 1e-13)
    assert erfc(30.0) == 0
    assert erfcx(-30.0) == math.inf
    assert erfcx(1e9) == pytest.approx(1 / (1e9 * math.sqrt(math.pi)), rel=1e-15)
    assert math.isnan(erfcx(math.nan))


def test_the_normal_distribution_function_and_its_inverse() -> None:
    for x in (-1e4, -300.0, -40.0, -20.0, -5.0, -1.0, -1e-9, 0.0, 1e-5, 0.7, 3.0, 8.0):
        # mpmath's own ncdf loses the far tail; erfc does not.
        exact = (
            mp.log(mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2) if x < 0 else mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2)
        )
        _close(log_ndtr(x), exact, 2e-14)
        if x < 5:
            _close(log_ndtri(log_ndtr(x)), mp.mpf(x), 1e-14, floor=0.1)
    assert log_ndtri(-1e301) == pytest.approx(-math.sqrt(2e301))
    assert log_ndtri(0.0) == math.inf
    for p in (*_powers(-300, -0.31, 100), *(1 - p for p in _powers(-10, -0.31, 100))):
        x = ndtri(p)
        # A relative error of x moves the tail by x^2 as much.
        _close(
            ndtr(x) if p < 0.5 else ndtr(-x), mp.mpf(p) if p < 0.5 else 1 - mp.mpf(p), 4e-15 * max(1, x * x)
        )
    assert [ndtri(p) for p in (0.0, 0.5, 1.0)] == [-math.inf, 0.0, math.inf]
    assert math.isnan(ndtri(1.5))


def test_beta_functions_have_no_cancellation() -> None:
    for a, b in zip(_powers(-6, 6), reversed(_powers(-6, 6)), strict=True):
        x, y = mp.mpf(a), mp.mpf(b)
        exact = mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y)
        _close(log_beta(a, b), exact, 5e-15, floor=1.0)
        if b > 1.1:
            small = mp.mpf(a * 1e-7)
            exact = mp.loggamma(1 + small) + mp.loggamma(y) - mp.loggamma(small + y)
            _close(log_a_beta(a * 1e-7, b), exact, 1e-13)
            _close(lgamma_growth(b, a * 1e-7), mp.loggamma(y + small) - mp.loggamma(y), 2e-13)
        exact = mp.log(mp.rf(x, 3) * mp.rf(y, 5) / mp.rf(x + y, 8))
        _close(log_beta_growth(a, b, 3, 5), exact, 1e-13, floor=1.0)


@pytest.mark.parametrize(
    ("n", "k"), [(0, 0), (5, 0), (5, 5), (5, 1), (5, 4), (60, 30), (10**6, 3), (10**9, 10**8)]
)
def test_binomial_coefficients(n: int, k: int) -> None:
    exact = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    _close(log_choose(n, k), exact, 3e-15, floor=1.0)
    assert log_choose(n, -1) == log_choose(n, n + 1) == -math.inf


def test_saddle_point_masses_have_relative_accuracy_for_any_size() -> None:
    chance = random.Random(7)
    for size in _powers(-2, 9):
        p = chance.randrange(1, 1 << 20) / (1 << 20)  # so that 1 - p is exact
        k, m = size * chance.random(), size * chance.random()
        x, y = mp.mpf(k), mp.mpf(m)
        choose = mp.loggamma(x + y + 1) - mp.loggamma(x + 1) - mp.loggamma(y + 1)
        q = 1 - p
        _close(log_binomial(k, m, p, q), choose + x * mp.log(p) + y * mp.log(q), 1e-13, floor=1.0)
        rate = size + math.sqrt(size) * chance.gauss(0, 3)
        if rate > 0:
            _close(
                log_poisson(size, rate),
                size * mp.log(rate) - rate - mp.loggamma(mp.mpf(size) + 1),
                1e-14,
                1.0,
            )
            gap = mp.mpf(size) * mp.log(mp.mpf(size) / rate) + rate - mp.mpf(size)
            _close(deviance(size, rate), gap, 2e-14)


def test_saddle_point_masses_at_the_edges() -> None:
    assert log_binomial(0, 0, 0.0, 1.0) == 0
    assert log_binomial(0, 5, 0.0, 1.0) == 0
    assert log_binomial(5, 0, 1.0, 0.0) == 0
    assert log_binomial(1, 4, 0.0, 1.0) == -math.inf
    assert log_binomial(4, 1, 1.0, 0.0) == -math.inf
    assert log_binomial(0, 3, 1e-20, 1.0) == pytest.approx(-3e-20, rel=1e-15)
    assert log_binomial(3, 0, 1.0, 1e-20) == pytest.approx(-3e-20, rel=1e-15)
    assert log_poisson(0, 0.0) == 0
    assert log_poisson(2, 0.0) == -math.inf
    assert log_poisson(2, math.inf) == -math.inf


def _gamma_reference(a: float, x: float) -> tuple[Any, Any]:
    """(P, Q) by the power series in enough digits for Q = 1 - P."""
    with mp.workdps(400):
        term = total = mp.mpf(1)
        n = mp.mpf(a)
        while term > total * mp.mpf(10) ** -400:
            n += 1
            term *= x / n
            total += term
        lower = total * mp.exp(a * mp.log(mp.mpf(x)) - x - mp.loggamma(mp.mpf(a) + 1))
        return lower, 1 - lower


def _both_log_tails(ours: tuple[float, float], lower: Any, upper: Any) -> None:
    for log_p, p, q in ((ours[0], lower, upper), (ours[1], upper, lower)):
        if q > mp.mpf(10) ** -290:  # else the logarithm of p is no float
            _close(log_p, mp.log(p) if p < 0.5 else mp.log1p(-q), 2e-13)


@pytest.mark.parametrize("a", [1e-4, 0.03, 0.5, 0.99, 1.0, 3.7, 60.0, 2e3, 1.1e4, 9e4])
def test_incomplete_gamma_in_both_tails(a: float) -> None:
    spread = math.sqrt(a)
    for x in (
        a / 50,
        a - 5 * spread,
        a * 0.97,
        a - spread / 2,
        a,
        a + 0.1,
        a * 1.05 + 1,
        a + 6 * spread,
        a + 40.0,
    ):
        if x > 0:
            _both_log_tails(gamma_tails(a, x), *_gamma_reference(a, x))


def test_incomplete_gamma_at_the_edges() -> None:
    assert gamma_tails(2.0, 0.0) == (-math.inf, 0)
    assert gamma_tails(2.0, math.inf) == (0, -math.inf)
    assert gamma_tails(1e18, 1e18).lower == pytest.approx(math.log(0.5), abs=1e-8)
    assert gamma_tails(3.0, 1e5).upper == pytest.approx(-1e5, rel=1e-3)


@pytest.mark.parametrize("a", [0.01, 0.5, 1.0, 20.0, 5e4])
@pytest.mark.parametrize("p", [1e-200, 1e-9, 0.02, 0.4999, 0.5, 0.8, 1 - 2.0**-40])
def test_incomplete_gamma_inverts(a: float, p: float) -> None:
    x = gamma_inverse(a, p)
    if x > 1e-300:
        ours = gamma_tails(a, x)
        assert (ours.lower if p < 0.5 else ours.upper) == pytest.approx(
            math.log(p if p < 0.5 else 1 - p), rel=1e-11
        )
    ours = gamma_tails(a, gamma_inverse_upper(a, p))
    if gamma_inverse_upper(a, p) > 1e-300:
        assert (ours.upper if p < 0.5 else ours.lower) == pytest.approx(
            math.log(p if p < 0.5 else 1 - p), rel=1e-11
        )


def test_inverses_at_the_edges() -> None:
    assert (gamma_inverse(2.0, 0.0), gamma_inverse(2.0, 1.0)) == (0.0, math.inf)
    assert (gamma_inverse_upper(2.0, 0.0), gamma_inverse_upper(2.0, 1.0)) == (math.inf, 0.0)
    assert math.isnan(gamma_inverse(2.0, -0.1))
    assert math.isnan(gamma_inverse_upper(2.0, 1.1))
    assert beta_inverse(2.0, 3.0, 0.0) == (0.0, 1.0)
    assert beta_inverse(2.0, 3.0, 1.0) == (1.0, 0.0)
    assert all(map(math.isnan, beta_inverse(2.0, 3.0, 2.0)))


def _beta_reference(a: float, b: float, x: float) -> tuple[Any, Any]:
    """(I, 1 - I) by the power series x^a y^b / (a B) (1 + sum (a + b)_n / (a + 1)_n x^n), in many digits."""
    if x > 0.5:  # where that series is quick
        return _beta_reference(b, a, 1 - x)[::-1]
    with mp.workdps(400):
        s, t = mp.mpf(a), mp.mpf(b)
        term = total = mp.mpf(1)
        n = 0
        while term > total * mp.mpf(10) ** -400:
            term *= (s + t + n) / (s + 1 + n) * x
            total += term
            n += 1
        scale = s * mp.log(x) + t * mp.log(1 - mp.mpf(x)) - mp.log(s)
        lower = total * mp.exp(scale - mp.loggamma(s) - mp.loggamma(t) + mp.loggamma(s + t))
        return lower, 1 - lower


@pytest.mark.parametrize(
    ("a", "b"),
    [(1e-3, 2.0), (0.05, 0.05), (0.5, 7.0), (1.0, 1.0), (3.0, 0.5), (40.0, 90.0), (3e4, 0.5), (2e3, 3e3)],
)
def test_incomplete_beta_in_both_tails(a: float, b: float) -> None:
    mean, spread = a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)
    for x in (mean / 9, mean - 4 * spread, mean - spread, mean, mean + spread, mean + 5 * spread, 0.3, 0.5):
        if 1e-9 < x < 0.99999:
            # Dyadic, so that 1 - x is exact.
            x = round(x * 2**40) / 2**40
            _both_log_tails(beta_tails(a, b, x, 1 - x), *_beta_reference(a, b, x))


def test_incomplete_beta_at_the_edges() -> None:
    assert beta_tails(2.0, 3.0, 0.0, 1.0) == (-math.inf, 0)
    assert beta_tails(2.0, 3.0, 1.0, 0.0) == (0, -math.inf)
    assert beta_tails(1e9, 1e9, 0.5, 0.5).lower == pytest.approx(math.log(0.5), abs=1e-9)


@pytest.mark.parametrize(("a", "b"), [(0.05, 3.0), (1.0, 1.0), (8.0, 0.7), (300.0, 500.0), (0.01, 0.01)])
@pytest.mark.parametrize("p", [1e-200, 1e-9, 0.02, 0.4999, 0.5, 0.8, 1 - 2.0**-40])
def test_incomplete_beta_inverts(a: float, b: float, p: float) -> None:
    odds = beta_inverse(a, b, p)
    if odds.x > 1e-300 and odds.y > 1e-300:
        ours = beta_tails(a, b, odds.x, odds.y)
        assert (ours.lower if p < 0.5 else ours.upper) == pytest.approx(
            math.log(p if p < 0.5 else 1 - p), rel=1e-11
        )


@pytest.mark.parametrize("s", [0.0, 0.5, 1.0, 1 + 1e-9, 1.5, 2.0, 7.3])
@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 9), (1, 400), (7, 1000), (900, 5000)])
def test_finite_sums_of_powers(s: float, first: int, last: int) -> None:
    _close(power_sum(s, first, last), mp.fsum(mp.mpf(k) ** -s for k in range(first, last + 1)), 2e-15)


@pytest.mark.parametrize("s", [1.001, 1.5, 2.0, 7.3])
@pytest.mark.parametrize("first", [1, 2, 12, 10**6])
def test_infinite_sums_of_powers(s: float, first: int) -> None:
    _close(power_sum(s, first, 0), mp.zeta(s, first), 2e-15)


def test_sums_of_powers_at_the_edges() -> None:
    assert power_sum(2.0, 5, 4) == 0
    assert power_sum(1.0, 1, 0) == math.inf
    _close(power_sum(1.0, 1, 10**15), mp.harmonic(10**15), 2e-15)


def test_a_panel_integrates_what_curves_little() -> None:
    def log_normal_kernel(scale: float, t: float) -> float:
        return -0.5 * (t / scale) ** 2

    _close(panel(log_normal_kernel, 2.0, 0.0, 0.0, 2.0), mp.sqrt(2 * mp.pi) * mp.erf(1 / mp.sqrt(2)), 1e-15)
    shifted = panel(log_normal_kernel, 2.0, -3.0, 0.0, 2.0)
    assert shifted == pytest.approx(panel(log_normal_kernel, 2.0, 0.0, 0.0, 2.0) * math.exp(3), rel=1e-14)


def test_roots_are_found_where_newton_alone_would_leave() -> None:
    def arctan(at: float, x: float) -> Step:
        return Step(math.atan(x - at), 1 / (1 + (x - at) ** 2))

    assert root(arctan, 3.0, 90.0, -100.0, 100.0) == pytest.approx(3.0, abs=1e-15)
    assert root(arctan, 3.0, 1e9, -100.0, 100.0) == pytest.approx(3.0, abs=1e-15)

    def flat(at: float, x: float) -> Step:
        return Step(-1.0 if x < at else 1.0, 0.0)

    assert root(flat, 0.1, 0.0, -1.0, 1.0) == pytest.approx(0.1, abs=1e-15)
    assert math.isnan(root(lambda at, x: Step(math.nan, 1.0), 0.0, 0.5, 0.0, 1.0))


@pytest.mark.parametrize("answer", [0, 1, 7, 1000, 10**9])
@pytest.mark.parametrize("guess", [-5, 0, 1, 6, 7, 8, 10**6])
def test_the_first_index_is_found_from_any_guess(answer: int, guess: int) -> None:
    calls: list[int] = []

    def reached(at: int, k: int) -> bool:
        calls.append(k)
        return k >= at

    assert first_index(reached, answer, guess, 0) == answer
    assert len(calls) < 130


def test_an_index_that_is_never_reached_ends_the_search() -> None:
    assert first_index(lambda at, k: k > at, MOST_INDEX * 4, 0, 0) >= MOST_INDEX
