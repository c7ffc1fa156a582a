"""Arithmetic on balls, real and complex: what comes out contains every value for what went in.

Balls come from Arb (Johansson 2017, IEEE Trans. Computers 66, 1281), through python-flint. A complex
function that is not analytic on the whole of a ball has no finite value there: the bounds of quadrature
(`pplc.inference.certified.panels`) hold for analytic functions only.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from fractions import Fraction
from math import isfinite

from flint import acb, arb, ctx, fmpq

from pplc.inference.certified.log_cdfs import LOG_CDFS
from pplc.inference.certified.straight_line import Scalar
from pplc.semantics.symbolic.expression import Exponent

BITS = 128
"""Precision of balls: more than twice that of floats, as normal blocks near a scale of 0 cancel."""


@contextmanager
def precise(bits: int = BITS) -> Generator[None, None, None]:
    """Computes with balls of this precision."""
    with ctx.workprec(bits):
        yield


ROUNDED = 2.0**-51
"""Error of a float, as a share of it: of a few operations."""


def rational(number: Fraction | float) -> fmpq:
    """A number as a rational, which every finite float is."""
    if isinstance(number, int):
        return fmpq(number)
    exact = Fraction(number)
    return fmpq(exact.numerator, exact.denominator)


def around(number: float) -> arb:
    """A ball around what a float was rounded from: floats are results of arithmetic, not data."""
    found = arb(number)
    return found + arb(0, abs(number) * ROUNDED) if isfinite(number) else found


def known(number: Fraction | float) -> Scalar:
    """A number: as a rational, and a float that was rounded as a ball."""
    return around(number) if isinstance(number, float) and number else rational(number)


class Balls:
    """The arithmetic of `arb` and `acb`."""

    def constant(self, number: Fraction | float) -> Scalar:
        """The least ball around a number; around a float, with its rounding."""
        return around(number) if isinstance(number, float) else arb(rational(number))

    def power(self, base: Scalar, exponent: Exponent) -> Scalar:
        """A power; not finite where it is not analytic."""
        if exponent.denominator == 1:
            return _whole_power(base, exponent.numerator)
        if not _off_the_cut(base):
            return _nowhere(base)
        if exponent == Fraction(1, 2):
            return base.sqrt()
        return base.rsqrt() if exponent == Fraction(-1, 2) else base ** arb(rational(exponent))

    def apply(self, name: str, argument: Scalar) -> Scalar:
        """A function; not finite where it is not analytic."""
        return FUNCTIONS[name](argument)


WIDE = 2.0**-6
"""Radius of a ball, as a share of its middle or of 1, beyond which the ends tell more than the middle."""


def _wide(z: Scalar) -> bool:
    return isinstance(z, arb) and bool(z.rad() > WIDE * abs(z.mid())) and bool(z.is_finite())


def _whole_power(base: Scalar, exponent: int) -> Scalar:
    """A whole power; of a wide ball by its ends, and even ones are not negative."""
    if not _wide(base):
        return base**exponent
    if not base > 0 and not base < 0 and (exponent < 0 or exponent % 2 == 0):
        return arb.nan() if exponent < 0 else up_to(abs(base).upper() ** exponent)
    return (base.lower() ** exponent).union(base.upper() ** exponent)


def up_to(most: arb) -> arb:
    """The numbers from 0, which is exactly the lower end, to this: radii of balls have few digits."""
    around_0 = arb(0, most / 2)
    return around_0 + around_0.rad()


def _rising(function: Callable[[Scalar], Scalar]) -> Callable[[Scalar], Scalar]:
    """A function that rises on the real line, on wide balls by what it is at the ends."""

    def on(z: Scalar) -> Scalar:
        if isinstance(z, arb) and z.is_finite() and z.rad() > WIDE:
            return function(z.lower()).union(function(z.upper()))
        return function(z)

    return on


def _nowhere(like: Scalar) -> Scalar:
    return acb(arb.nan(), arb.nan()) if isinstance(like, acb) else arb.nan()


def _off_the_cut(z: Scalar) -> bool:
    """Whether a ball contains no real number that is not positive."""
    if isinstance(z, acb):
        return bool(z.real > 0 or z.imag > 0 or z.imag < 0)
    return bool(z > 0)


def _cut(function: Callable[[Scalar], Scalar]) -> Callable[[Scalar], Scalar]:
    return lambda z: function(z) if _off_the_cut(z) else _nowhere(z)


def _arctangent(z: Scalar) -> Scalar:
    """Its branches begin at i and -i."""
    if isinstance(z, acb) and not (abs(z.imag) < 1):
        return _nowhere(z)
    return z.atan()


def _scaled_erfc(w: Scalar) -> Scalar:
    """e^(w²) erfc(w) = (2 / √π) ∫_0^∞ e^(-t² - 2 w t) dt, for a real part above 0.

    Its derivative is no larger than 2 / √π, and than 1 / (√π r²), where r is the least real part.
    """
    middle = w.mid()
    least = (w.real if isinstance(w, acb) else w).lower()
    slope = (2 / arb.pi().sqrt()).min(1 / (arb.pi().sqrt() * least**2)) if least > 0 else 2 / arb.pi().sqrt()
    change = (abs(w - middle) * slope).upper() * arb(-1).union(arb(1))
    found = (middle * middle).exp() * middle.erfc()
    return found + (acb(change, change) if isinstance(w, acb) else change)


def _log_normal_cdf(z: Scalar) -> Scalar:
    """log Φ(z), for w = -z / √2: log(erfc(w) / 2), and below 0 -z² / 2 + log(e^(w²) erfc(w) / 2)."""
    w = -z * arb(2).rsqrt()
    if (z.real if isinstance(z, acb) else z) < 0:
        return -z * z / 2 + _cut(lambda x: x.log())(_scaled_erfc(w) / 2)
    return _cut(lambda x: x.log())(w.erfc() / 2)


def _scaled_log_cdf(z: Scalar) -> Scalar:
    """log Φ(z) + z² / 2, which varies slowly below 0."""
    if (z.real if isinstance(z, acb) else z) < 0:
        return _cut(lambda x: x.log())(_scaled_erfc(-z * arb(2).rsqrt()) / 2)
    return _log_normal_cdf(z) + z * z / 2


def mills_ratio(z: Scalar, log_cdf: Scalar) -> Scalar:
    """φ(z) / Φ(z), the derivative of log Φ."""
    if (z.real if isinstance(z, acb) else z) < 0:
        return (2 / arb.pi()).sqrt() / _scaled_erfc(-z * arb(2).rsqrt())
    return (-z * z / 2 - log_cdf).exp() / (2 * arb.pi()).sqrt()


LEAST_AT = "1.46163214496836234126"
"""Where log Γ is least, for positive numbers (Abramowitz & Stegun 1964, 6.3.19)."""


def _log_gamma(z: Scalar) -> Scalar:
    """log Γ(z); on wide balls by the ends, and the least value between."""
    if not _wide(z) or not z > 0:
        return z.lgamma()
    found = z.lower().lgamma().union(z.upper().lgamma())
    least = arb(LEAST_AT, 1e-15)
    return found.union(arb("-0.12148629053584960810")) if z.overlaps(least) else found


def _dilogarithm(z: Scalar) -> Scalar:
    """Its cut begins at 1, where it is known."""
    if isinstance(z, arb):
        return acb(z).polylog(2).real if z <= 1 else _nowhere(z)
    return z.polylog(2) if _off_the_cut(1 - z) else _nowhere(z)


digamma = _rising(lambda z: z.digamma())
"""The derivative of log Γ, which rises for positive numbers."""

FUNCTIONS: dict[str, Callable[[Scalar], Scalar]] = {
    "exp": _rising(lambda z: z.exp()),
    "log": _rising(_cut(lambda z: z.log())),
    "sin": lambda z: z.sin(),
    "cos": lambda z: z.cos(),
    "tan": lambda z: z.tan(),
    "atan": _rising(_arctangent),
    "tanh": _rising(lambda z: z.tanh()),
    "rounded": lambda z: z + arb(0, abs(z).upper() * ROUNDED),
    "sigmoid": _rising(lambda z: 1 / (1 + (-z).exp())),
    "lgamma": _cut(_log_gamma),
    "erf": _rising(lambda z: z.erf()),
    "dilog": _rising(_dilogarithm),
    "log_ndtr": _rising(_log_normal_cdf),
    "scaled_log_ndtr": _scaled_log_cdf,
    **LOG_CDFS,
    "log_sigmoid": _rising(LOG_CDFS["log_sigmoid"]),
}

BALLS = Balls()
