"""Enclosures of log cdfs of standard laws, and of log(1 - e^x), with their derivatives.

Of `pplc.semantics.symbolic.special`. That of the Laplace law is made of two pieces: on a complex ball that
meets both it is not analytic, and not finite.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, arb

from pplc.inference.certified.straight_line import Scalar


def _log(z: Scalar) -> Scalar:
    """The logarithm, off the negative half line."""
    cut = not (z.real > 0 or z.imag > 0 or z.imag < 0) if isinstance(z, acb) else not z > 0
    if cut:
        return acb(arb.nan(), arb.nan()) if isinstance(z, acb) else arb.nan()
    return z.log()


def _log_sigmoid(z: Scalar) -> Scalar:
    """-log(1 + e^-z), where e to what is not large is taken."""
    if (z.real if isinstance(z, acb) else z).mid() < 0:
        return z - _log(z.exp() + 1)
    return -_log((-z).exp() + 1)


def _sigmoid(z: Scalar) -> Scalar:
    if isinstance(z, arb) and z.is_finite():  # of wide balls, the ends
        ends = z.lower(), z.upper()
        low, high = (1 / (1 + (-end).exp()) for end in ends)
        return low.union(high)
    return 1 / (1 + (-z).exp())


def _log1mexp(z: Scalar) -> Scalar:
    return _log(-z.expm1())


def _log_cauchy(z: Scalar) -> Scalar:
    if isinstance(z, acb) and not (abs(z.imag) < 1):  # the branches of the arctangent begin at i and -i
        return acb(arb.nan(), arb.nan())
    return _log(z.atan() / arb.pi() + arb(0.5))


def _log_gumbel_tail(z: Scalar) -> Scalar:
    return _log1mexp(-(-z).exp())


def _log_laplace(z: Scalar) -> Scalar:
    real = z.real if isinstance(z, acb) else z
    if real < 0:
        return z - arb(2).log()
    if real > 0:
        return _log(-(-z).exp() / 2 + 1)
    if isinstance(z, acb):
        return acb(arb.nan(), arb.nan())
    return (z.lower() - arb(2).log()).union(_log(-(-z.upper()).exp() / 2 + 1))


def _slope_of_log_laplace(z: Scalar, y: Scalar) -> Scalar:
    real = z.real if isinstance(z, acb) else z
    if real < 0:
        return arb(1)
    slope = (-z - y).exp() / 2
    return slope if real > 0 else slope.union(arb(1))


LOG_CDFS: dict[str, Callable[[Scalar], Scalar]] = {
    "log_sigmoid": _log_sigmoid,
    "log_laplace": _log_laplace,
    "log_cauchy": _log_cauchy,
    "log_gumbel_tail": _log_gumbel_tail,
    "log1mexp": _log1mexp,
}
"""By the argument."""

SLOPES: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "log_sigmoid": lambda z, y: _sigmoid(-z),
    "log_laplace": _slope_of_log_laplace,
    "log_cauchy": lambda z, y: (-y).exp() / ((z * z + 1) * arb.pi()),
    "log_gumbel_tail": lambda z, y: -(-z - (-z).exp() - y).exp(),
    "log1mexp": lambda z, y: -(-y).exp() + 1,
}
"""Derivatives, by the argument and the value."""
