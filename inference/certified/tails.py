"""What lies beyond a point: integrals to infinity, or to an end at which a density may be singular."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flint import arb, fmpq

from pplc.inference.certified.balls import rational
from pplc.inference.certified.germs import CONSTANT, LOG, ZERO, Germ, Germs, made
from pplc.inference.certified.straight_line import Scalar
from pplc.semantics.symbolic.expression import Exponent

UNKNOWN = arb.nan()


@dataclass(frozen=True, slots=True)
class Diverges:
    """An integral that is infinite, or does not exist: with which sign it grows beyond all bounds."""

    sign: int


def integral(exponent: Germ, factor: Germ, *, far: bool) -> arb | Diverges:
    """∫ factor · e^exponent over v in [V, ∞), with dv if `far`, and dv / v² otherwise, as near an end.

    A ball that is not finite says that nothing is known.
    """
    if not factor.terms:
        return arb(0)
    exponent, factor = exponent.enclosed(), factor.enclosed()
    exponent = exponent + made(factor.scale, exponent.at)
    factor = replace(factor, scale={})
    if exponent.scale:
        squared = _squared(exponent)
        # An upper bound of a density tells nothing of what is infinite.
        found = UNKNOWN if squared is None else integral(squared, factor, far=far)
        return UNKNOWN if isinstance(found, Diverges) else found
    if any(CONSTANT < key < LOG for key in exponent.terms):
        return UNKNOWN
    power: Scalar = exponent.terms.get(LOG, fmpq(0)) - (0 if far else 2)
    growing = Germ({key: c for key, c in exponent.terms.items() if key > LOG}, exponent.at)
    level = arb(exponent.terms.get(CONSTANT, 0)).exp()
    falling = Germ({key: c for key, c in exponent.terms.items() if key < CONSTANT}, exponent.at)
    if growing.terms:
        return _bounded(power, level * falling.ball().exp(), growing, factor)
    return _sum_of_powers(power, level, factor * Germs(exponent.at).exp_small(falling))


def _squared(exponent: Germ) -> Germ | None:
    """An upper bound of -c v^p (log v)^k e^s, with s growing: -c s² / 2, as v and log v are over 1."""
    (p, k), ball = exponent.factored()
    least = made(exponent.scale, exponent.at)
    (q, m), rise = least.factored()
    if not (ball < 0 and p >= 0 and k >= 0 and rise > 0 and q > 0 and m >= 0):
        return None
    return Germ({(2 * q, ZERO): rise.lower() ** 2 * ball.upper() / 2}, exponent.at)


def _sum_of_powers(power: Scalar, level: arb, factor: Germ) -> arb | Diverges:
    """∫ level · v^power · factor, term by term."""
    if not factor.terms:
        return arb(0)
    v, total = factor.at, arb(0)
    (p, _), lead = max(factor.terms.items())[0], factor.terms[max(factor.terms)]
    if power + rational(p) >= -1:
        return Diverges(1 if lead > 0 else -1) if lead > 0 or lead < 0 else UNKNOWN
    for (p, k), coefficient in factor.terms.items():
        s = arb(power + rational(p) + 1)
        if not s < 0 or k < 0 or k != int(k):
            return UNKNOWN
        whole = v**s / -s
        for n in range(1, int(k) + 1):  # by parts
            whole = v**s * v.log() ** n / -s + whole * n / -s
        total += coefficient * whole
    return total * level


def _bounded(power: Scalar, level: arb, growing: Germ, factor: Germ) -> arb | Diverges:
    """∫ level · v^power · e^growing · factor, between bounds.

    With c = -fall: ∫ v^a e^(-c v^p) dv <= V^b e^(-c V^p) / (p (c - b⁺ / (p V^p))) for b = a + 1 - p, since
    v^b <= V^b e^(b (v^p - V^p) / (p V^p)) for b >= 0. Powers of log v, which is over 1, only help.
    """
    (m, n), scale = factor.factored()
    (p, k), fall = growing.factored()
    if fall > 0 and (scale > 0 or scale < 0):
        return Diverges(1 if scale > 0 else -1)
    if fall < 0 and p == 0 and k > 1:
        bound = _under_a_log_normal(power + rational(m), n, -fall.upper(), k, growing.at)
        return bound if not bound.is_finite() else _around(bound * level * scale)
    if not fall < 0 or k < 0 or p <= 0:
        return UNKNOWN
    m = m + max(n, 0)  # log v <= v
    v, exact = growing.at, rational(p)
    c, top = -fall.upper(), v ** arb(exact)
    b = arb(power).upper() + rational(m) + 1 - exact
    more = b.max(arb(0)) / (exact * top)
    if not c > more:
        return UNKNOWN
    return _around(v**b * (-c * top).exp() / (exact * (c - more)) * level * scale)


def _under_a_log_normal(power: Scalar, n: Exponent, c: arb, k: Exponent, v: arb) -> arb:
    """A bound of ∫ v^a (log v)^n e^(-c (log v)^k) dv for k > 1.

    With t = log v it is ∫ t^n e^((a + 1) t - c t^k) dt from T. There t^k >= T^k + k T^(k-1) (t - T), and
    t^n <= T^n e^(n⁺ (t - T) / T), so that it is at most the integrand at T divided by the slope of these.
    """
    t, exact, times = v.log(), arb(rational(k)), arb(rational(n))
    rise = arb(power).upper() + 1
    slope = c * exact * t ** (exact - 1) - rise - times.max(arb(0)) / t
    if not slope > 0:
        return UNKNOWN
    return t**times * (rise * t - c * t**exact).exp() / slope


def _around(bound: arb) -> arb:
    """What may be anything between 0 and a number of either sign."""
    top = abs(bound).upper()
    return arb(0).union(top) if bound >= 0 else arb(-1).union(arb(1)) * top
