"""The regularised incomplete beta function I_x(a, b) and its complement as logarithms, and the inverse.

The continued fraction A&S 26.5.8 below the mean, its mirror image above; where a small shape puts nearly all
mass on the near side, the other side comes from a power series in which it does not cancel (DiDonato & Morris
1992, Algorithm 708). Near the mean of large shapes the fraction needs about sqrt(a + b) steps.
"""

from __future__ import annotations

from typing import NamedTuple

from pplc.semantics.kernel import exp, f64, inf, log, log1mexp, log1p, nan
from pplc.semantics.special.gamma import log_a_beta, log_beta, log_binomial
from pplc.semantics.special.incomplete_gamma import Tails
from pplc.semantics.special.root import Step, root

_TINY = 1e-300
# Enough for shapes up to 1e14; beyond, near the mean, the answer is NaN rather than a wait without end.
_MOST_STEPS = 1_000_000


def beta_tails(a: f64, b: f64, x: f64, y: f64) -> Tails:
    """(log I_x(a, b), log I_y(b, a)) for positive a and b, with y = 1 - x given as exactly as it is known."""
    if x <= 0:
        return Tails(-inf, 0.0)
    if y <= 0:
        return Tails(0.0, -inf)
    if x > (a + 1) / (a + b + 2):
        upper = _log_near(b, a, y, x)
        return Tails(log1mexp(upper), upper)
    lower = _log_near(a, b, x, y)
    return Tails(lower, log1mexp(lower))


def _log_near(a: f64, b: f64, x: f64, y: f64) -> f64:
    """log I_x(a, b) for x below the mean, accurate relative to itself also where it is near 0."""
    log_p = _log_fraction(a, b, x, y)
    return _log_series(a, b, x) if log_p > -0.7 and a < 1 else log_p


def _log_series(a: f64, b: f64, x: f64) -> f64:
    """log I_x(a, b) for small a by x^a / (a B(a, b)) (1 + a sum (1 - b) ... (n - b) x^n / (n! (a + n)))."""
    total = 0.0
    term = 1.0
    n = 0
    while abs(term) > 1e-18 * abs(total):
        n = n + 1
        term = term * x * ((n - b) / n)
        total = total + term / (a + n)
    return a * log(x) - log_a_beta(a, b) + log1p(a * total)


def _log_fraction(a: f64, b: f64, x: f64, y: f64) -> f64:
    """log I_x(a, b) by DiDonato & Morris' continued fraction (their eq. 9), for x at or below about the mean.

    It is the even part of A&S 26.5.8 written in x and y, so that nothing cancels where x is near 1; by the
    modified Lentz method.
    """
    excess = a * y - b * x + 1
    fraction = a * excess / (a + 1)
    fraction = _TINY if abs(fraction) < _TINY else fraction
    c = fraction
    d = 0.0
    m = 0
    change = 0.0
    while abs(change - 1) > 4e-16:
        if m == _MOST_STEPS:
            return nan
        m = m + 1
        odd = a + 2 * m - 1
        numerator = (a + m - 1) / odd * ((a + b + m - 1) / odd) * m * (b - m) * x * x
        step = m + m * (b - m) * x / odd + (a + m) / (odd + 2) * (excess + m * (1 + y))
        d = step + numerator * d
        d = 1 / (_TINY if abs(d) < _TINY else d)
        c = step + numerator / c
        c = _TINY if abs(c) < _TINY else c
        change = c * d
        fraction = fraction * change
    # x^a y^b / B(a, b) = binomial(a; a + b, x) a b / (a + b).
    return log_binomial(a, b, x, y) + log(a * (b / (a + b))) - log(fraction)


class BetaPoint(NamedTuple):
    """The probability that a quantile of the beta law shall have, on the side where it is small."""

    a: f64
    b: f64
    log_p: f64
    in_lower_tail: bool


def _beta_step(at: BetaPoint, u: f64) -> Step:
    """The distance of the log tail from its target at the log odds u of x, and its slope in u."""
    x = 1 / (1 + exp(-u))
    y = 1 / (1 + exp(u))
    tails = beta_tails(at.a, at.b, x, y)
    density = at.a * _log_logistic(u) + at.b * _log_logistic(-u) - log_beta(at.a, at.b)
    if at.in_lower_tail:
        return Step(tails.lower - at.log_p, exp(density - tails.lower))
    return Step(at.log_p - tails.upper, exp(density - tails.upper))


def _log_logistic(u: f64) -> f64:
    return -log1p(exp(-u)) if u > 0 else u - log1p(exp(u))


class Odds(NamedTuple):
    """A point of the unit interval and its distance from 1, each with full relative accuracy."""

    x: f64
    y: f64


def beta_inverse(a: f64, b: f64, p: f64) -> Odds:
    """The x (with 1 - x) at which I_x(a, b) = p; NaN for p outside 0 to 1."""
    if not 0 <= p <= 1:
        return Odds(nan, nan)
    if p == 0:
        return Odds(0.0, 1.0)
    if p == 1:
        return Odds(1.0, 0.0)
    at = BetaPoint(a, b, log(p), True) if p <= 0.5 else BetaPoint(a, b, log1p(-p), False)
    # Near the ends I_x is x^a / (a B(a, b)), or the same from the other side.
    small = (log(p) + log_a_beta(a, b)) / a
    if small < -46:
        return Odds(exp(small), 1.0)
    large = (log1p(-p) + log_a_beta(b, a)) / b
    if large < -46:
        return Odds(1.0, exp(large))
    u = root(_beta_step, at, log(a / b), -47.0, 47.0)
    return Odds(1 / (1 + exp(-u)), 1 / (1 + exp(u)))
