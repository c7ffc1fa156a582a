"""The regularised incomplete gamma functions P(a, x) and Q(a, x) as logarithms, and the inverse.

DiDonato & Morris (1986), ACM Trans. Math. Softw. 12, 377-393: the power series below the mean, the continued
fraction above it, and for small a and x a difference of terms that tend to 0 (as in Boost); near
the mean of a large a, where both are slow, the uniform expansion of Temme (1979), SIAM J. Math. Anal. 10,
757-766.
"""

from __future__ import annotations

from typing import NamedTuple

from pplc.semantics.kernel import (
    Vector,
    exp,
    expm1,
    f64,
    inf,
    log,
    log1mexp,
    log1p,
    nan,
    pi,
    sqrt,
)
from pplc.semantics.special.error_function import erfcx, ndtri
from pplc.semantics.special.gamma import deviance, lgamma, lgamma1p, log_poisson
from pplc.semantics.special.root import Step, root

# From here on four terms of Temme's expansion leave less than 1e-17.
_UNIFORM = 1e4
# Taylor coefficients in eta of its functions C_0 to C_3.
_C0 = (
    -0.33333333333333333, 0.083333333333333333, -0.014814814814814815, 0.0011574074074074074,
    0.0003527336860670194, -0.00017875514403292181, 3.9192631785224378e-5, -2.1854485106799922e-6,
    -1.85406221071516e-6, 8.296711340953086e-7, -1.7665952736826079e-7, 6.7078535434014986e-9,
)  # fmt: skip
_C1 = (
    -0.0018518518518518519, -0.0034722222222222222, 0.0026455026455026455, -0.00099022633744855967,
    0.00020576131687242798, -4.0187757201646091e-7, -1.8098550334489978e-5, 7.6491609160811101e-6,
    -1.6120900894563446e-6, 4.6471278028074343e-9, 1.378633446915721e-7, -5.752545603517705e-8,
)  # fmt: skip
_C2 = (
    0.0041335978835978836, -0.0026813271604938272, 0.00077160493827160494, 2.0093878600823045e-6,
    -0.00010736653226365161, 5.2923448829120125e-5, -1.2760635188618728e-5, 3.4235787340961381e-8,
)  # fmt: skip
_C3 = (0.00064943415637860082, 0.00022947209362139918, -0.00046918949439525571, 0.00026772063206283885)

# Smaller than any ratio that Lentz's method meets, larger than what would overflow.
_TINY = 1e-300


class Tails(NamedTuple):
    """The logarithms of the two probabilities that a point cuts a law into."""

    lower: f64
    upper: f64


def gamma_tails(a: f64, x: f64) -> Tails:
    """(log P(a, x), log Q(a, x)) for a > 0; both keep their relative accuracy where they are small."""
    if x <= 0:
        return Tails(-inf, 0.0)
    if x == inf:
        return Tails(0.0, -inf)
    if a < 1 and x <= 1.1:
        lower = _log_lower(a, x)
        if lower < -0.7:
            return Tails(lower, log1mexp(lower))
        upper = _upper_of_small(a, x)
        return Tails(log1p(-upper), log(upper))
    if a > _UNIFORM and abs(x - a) < 0.12 * a:
        return _uniform_tails(a, x)
    if x < a + 1:
        lower = _log_lower(a, x)
        return Tails(lower, log1mexp(lower))
    upper = log_poisson(a, x) + log(a) + log(_upper_fraction(a, x))
    return Tails(log1mexp(upper), upper)


def _polynomial(coefficients: Vector, x: f64) -> f64:
    total = 0.0
    for k in range(len(coefficients) - 1, -1, -1):
        total = total * x + coefficients[k]
    return total


def _uniform_tails(a: f64, x: f64) -> Tails:
    """Temme's Q = erfc(eta sqrt(a / 2)) / 2 + e^(-a eta^2 / 2) S(eta) / sqrt(2 pi a).

    a eta^2 / 2 is the deviance of a from x.
    """
    exponent = deviance(a, x)
    eta = sqrt(2 * exponent / a) if x > a else -sqrt(2 * exponent / a)
    series = (
        _polynomial(_C0, eta)
        + (_polynomial(_C1, eta) + (_polynomial(_C2, eta) + _polynomial(_C3, eta) / a) / a) / a
    )
    correction = series / sqrt(2 * pi * a)
    # On the side of the smaller tail, with its exponential taken out.
    if x > a:
        upper = -exponent + log(0.5 * erfcx(sqrt(exponent)) + correction)
        return Tails(log1mexp(upper), upper)
    lower = -exponent + log(0.5 * erfcx(sqrt(exponent)) - correction)
    return Tails(lower, log1mexp(lower))


def _log_lower(a: f64, x: f64) -> f64:
    """The power series A&S 6.5.29: P = x^a e^-x / gamma(a + 1) (1 + x / (a + 1) + ...)."""
    total = 1.0
    term = 1.0
    n = a
    while term > 1e-17 * total:
        n = n + 1
        term = term * (x / n)
        total = total + term
    return log_poisson(a, x) + log(total)


def _upper_fraction(a: f64, x: f64) -> f64:
    """The continued fraction A&S 6.5.31 for Q gamma(a) e^x x^-a, by the modified Lentz method."""
    b = x + 1 - a
    c = 1 / _TINY
    d = 1 / b
    fraction = d
    i = 0
    change = 0.0
    # Two roundings: at one, `change` may settle beside 1. Near the mean of a = 1e4 it takes 1000 steps.
    while abs(change - 1) > 4e-16 and i < 100_000:
        i = i + 1
        numerator = -i * (i - a)
        b = b + 2
        d = numerator * d + b
        d = _TINY if abs(d) < _TINY else d
        c = b + numerator / c
        c = _TINY if abs(c) < _TINY else c
        d = 1 / d
        change = c * d
        fraction = fraction * change
    return fraction


def _upper_of_small(a: f64, x: f64) -> f64:
    """Q for a < 1 and x <= 1.1: (gamma(a + 1) - x^a - a x^a sum (-x)^n / (n! (a + n))) / gamma(a + 1)."""
    total = 0.0
    term = 1.0
    n = 0
    while abs(term) > 1e-18 * abs(total):
        n = n + 1
        term = term * (-x / n)
        total = total + term / (a + n)
    log_gamma = lgamma1p(a) if a <= 0.5 else lgamma(a + 1)
    difference = expm1(log_gamma) - expm1(a * log(x)) - a * exp(a * log(x)) * total
    return difference * exp(-log_gamma)


class GammaPoint(NamedTuple):
    """The probability that a quantile of the gamma law shall have, on the side where it is small."""

    a: f64
    log_p: f64
    in_lower_tail: bool


def _gamma_step(at: GammaPoint, u: f64) -> Step:
    """The distance of the log tail from its target at x = e^u, and its slope in u."""
    x = exp(u)
    tails = gamma_tails(at.a, x)
    # d/du of x^a e^-x / gamma(a) = a poisson(a; x).
    density = log_poisson(at.a, x) + log(at.a)
    if at.in_lower_tail:
        return Step(tails.lower - at.log_p, exp(density - tails.lower))
    return Step(at.log_p - tails.upper, exp(density - tails.upper))


def gamma_inverse(a: f64, p: f64) -> f64:
    """The x with P(a, x) = p; 0 at p = 0, infinity at 1, NaN outside."""
    if not 0 <= p <= 1:
        return nan
    return _inverse(a, p, 1 - p)


def gamma_inverse_upper(a: f64, q: f64) -> f64:
    """The x with Q(a, x) = q; infinity at q = 0, 0 at 1, NaN outside."""
    if not 0 <= q <= 1:
        return nan
    return _inverse(a, 1 - q, q)


def _inverse(a: f64, p: f64, q: f64) -> f64:
    """The x with P = p and Q = q = 1 - p, of which the smaller is exact."""
    if p == 0:
        return 0.0
    if q == 0:
        return inf
    log_p = log(p) if p < q else log1p(-q)
    # Below x = 1e-20 or so P is x^a / gamma(a + 1), which gives x even where e^u would underflow.
    small = (log_p + lgamma(a + 1)) / a
    if small < -46:
        return exp(small)
    # Wilson & Hilferty (1931): the cube root of x / a is nearly normal.
    c = 1 / (9 * a)
    w = 1 - c + (ndtri(p) if p < q else -ndtri(q)) * sqrt(c)
    guess = 3 * log(w) + log(a) if w > 0.1 else small
    at = GammaPoint(a, log_p, True) if p < q else GammaPoint(a, log(q), False)
    return exp(root(_gamma_step, at, guess, -47.0, 710.0))
