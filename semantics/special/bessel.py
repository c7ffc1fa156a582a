"""The modified Bessel functions I0 and I1 of a non-negative argument, as logarithm and ratio (kernels)."""

from __future__ import annotations

from pplc.semantics.kernel import f64, log, pi

# From here on the asymptotic series reaches rounding before it diverges: its least term is about e^-2x.
_LARGE = 20.0


def log_i0e(x: f64) -> f64:
    """log(e^-x I0(x)) for x >= 0. A&S 9.6.10 (power series) and 9.7.1 (asymptotic)."""
    if x < _LARGE:
        return log(_power_series(x, 0)) - x
    return log(_asymptotic_series(x, 0.0)) - 0.5 * log(2 * pi * x)


def i1_over_i0(x: f64) -> f64:
    """I1(x) / I0(x) for x >= 0: the mean resultant length of a von Mises law."""
    if x < _LARGE:
        return 0.5 * x * _power_series(x, 1) / _power_series(x, 0)
    return _asymptotic_series(x, 4.0) / _asymptotic_series(x, 0.0)


def _power_series(x: f64, order: int) -> f64:
    """order! (2 / x)^order I_order(x), a sum of positive terms."""
    quarter = 0.25 * x * x
    total = 1.0
    term = 1.0
    k = 0
    while term > 1e-17 * total:
        k = k + 1
        term = term * quarter / (k * (k + order))
        total = total + term
    return total


def _asymptotic_series(x: f64, mu: f64) -> f64:
    """sqrt(2 pi x) e^-x I(x), with mu = 4 order^2."""
    total = 1.0
    term = 1.0
    k = 0
    while abs(term) > 1e-17 * total and k < 60:
        k = k + 1
        odd = 2 * k - 1
        term = term * (odd * odd - mu) / (8 * k * x)
        total = total + term
    return total
