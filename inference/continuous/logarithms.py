"""One variable integrated out of products of linear forms and of logarithms of one, in closed form.

What uniform variables between others leave: of 1 / a comes log a, of that a polynomial times log a. With
u = x + s or -(x + s), whichever is positive between the bounds, and L = log u,

    ∫ u^j L^k du = u^(j + 1) Σ_i (-1)^i k! / (k - i)! L^(k - i) / (j + 1)^(i + 1),
    ∫ L^k / u du = L^(k + 1) / (k + 1)

(Gradshteyn & Ryzhik 2007, 2.722 and 2.721.1). Products of powers of several forms are sums of powers of one,
by partial fractions. Where the logarithm of one is divided by another, or multiplied by its logarithm, the
integral is a dilogarithm: with v = x + t, d = s - t and Li(z) = Σ z^k / k² (Lewin 1981, Polylogarithms and
associated functions, ch. 1)

    ∫ log|v + d| / v dv = log|d| log|v| - Li(-v / d)                           for v / d in (-1, 0),
                          log|d| log|v| + Li(v / (v + d)) + log²(1 + v / d) / 2    for v / d > 0,
                          log|v + d| log|v / d| - Li(1 + d / v) - log²|v / d| / 2  for v / d < -1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import comb, factorial
from typing import NamedTuple

from pplc.inference.continuous.piece import UNIT, ZERO
from pplc.inference.continuous.polynomials import in_powers, of_power
from pplc.semantics.symbolic.elementary import Number, dilog, log
from pplc.semantics.symbolic.expression import (
    Applied,
    Atom,
    Base,
    Latent,
    Monomial,
    Unknown,
    expanded,
    is_positive,
    latents_of,
    made,
    of_atom,
    terms_of,
)

MOST_TERMS = 100
"""Terms of what is integrated, multiplied out."""

MOST_POWER = 16
"""Size of a power of a form, which is multiplied out."""


class NoClosedForm(Exception):
    """What is integrated is no sum of such products, or a term of the integral is infinite."""


class Bounds(NamedTuple):
    """Between which a variable is integrated out; None is infinite.

    dilogarithms: whether the integral may contain them: no rule leads further.
    """

    low: Number | None
    high: Number | None
    dilogarithms: bool = False


def integral_of_logarithms(
    variable: Latent, factor: Number, exponent: Number, bounds: Bounds
) -> tuple[Number, tuple[Number, Number]]:
    """The exponent without what mentions a variable; e to what, times what, the integral of all else is.

    `NoClosedForm` if there is none; `Undecided` if the sign of a form is not known.
    """
    rest, whole = _whole(variable, factor, exponent)
    total: Number = ZERO
    for monomial, coefficient in terms_of(whole).items():
        total = total + coefficient * _of_term(variable, monomial, bounds)
    return rest, (ZERO, expanded(total))


def _whole(variable: Latent, factor: Number, exponent: Number) -> tuple[Number, Number]:
    """The exponent without what mentions a variable, and the exponential of the rest times the factor."""
    kept: dict[Monomial, Fraction | float] = {}
    whole = factor
    listed: list[tuple[int, Unknown]] = []
    for monomial, times in terms_of(exponent).items():
        if variable not in latents_of(monomial):
            kept[monomial] = times
            continue
        match tuple(monomial):
            case ((Applied("log", Unknown() as argument), 1),):
                power = int(times)
            case _:
                raise NoClosedForm
        if power != times or abs(power) > MOST_POWER:
            raise NoClosedForm
        listed.append((power, argument))
    # What divides goes last: it may cancel.
    below: Number = UNIT
    for power, argument in sorted(listed, key=lambda pair: -pair[0]):
        left = power
        while left < 0 and (less := _divided(whole, argument, variable)) is not None:
            whole, left = less, left + 1
        if left > 0:
            whole = expanded(whole * argument**left)
        elif left < 0:
            below = below * argument**left
    whole = whole * below
    whole = expanded(whole)
    if len(terms_of(whole)) > MOST_TERMS:
        raise NoClosedForm
    return made(variable.space, kept), whole


def _divided(number: Number, by: Unknown, variable: Latent) -> Number | None:
    """A polynomial divided by a form that divides it (Horner's rule); None if it does not.

    What cancels must do so before terms are integrated one by one, as those may be infinite.
    """
    powers, form = in_powers(number, variable), in_powers(by, variable)
    if powers is None or form is None or not set(form) <= {0, 1}:
        return None
    if not all(type(k) is int and 0 <= k <= MOST_POWER for k in powers):
        return None
    root = -of_power(form, 0) / form[1]
    x = of_atom(variable, variable.space)
    quotient, left = ZERO, ZERO
    for k in range(int(max(powers, default=0)), -1, -1):
        quotient, left = quotient * x + left, expanded(left * root + of_power(powers, k))
    return expanded(quotient / form[1]) if left == 0 and powers else None


class Near(NamedTuple):
    """The form x + shift of L, and its sign between the bounds."""

    shift: Number
    sign: int


def _of_term(variable: Latent, monomial: Monomial, bounds: Bounds) -> Number:
    """The integral of a product of powers."""
    others: Number = UNIT
    powers: dict[Number, int] = {}
    logs: dict[int, Number] = {0: UNIT}  # a polynomial in L
    near: Near | None = None
    for atom, exponent in monomial:
        if variable not in latents_of(frozenset({(atom, exponent)})):
            others = others * of_atom(atom, variable.space, exponent)
            continue
        if type(exponent) is not int or abs(exponent) > MOST_POWER:
            raise NoClosedForm
        slope, shift, is_log = _form(atom, variable)
        if not is_log:
            others = others * slope**exponent
            powers[shift] = powers.get(shift, 0) + exponent
            continue
        sign = 1 if is_positive(slope) else -1
        if exponent < 0 or near not in {None, Near(shift, sign)}:
            raise NoClosedForm
        near = Near(shift, sign)
        for _ in range(exponent):
            logs = _times(logs, {1: UNIT, 0: log(slope * sign)})
    total: Number = ZERO
    for shift, by_power in _parts(powers, near).items():
        for j, c in by_power.items():
            for k, d in logs.items():
                if c != 0 and d != 0:
                    total = total + c * d * _integral(shift, j, near, k, bounds)
    return others * total


def _integral(shift: Number, j: int, near: Near | None, k: int, bounds: Bounds) -> Number:
    """The integral of (x + shift)^j L^k."""
    if near is None or near.shift == shift or k == 0:
        sign = near.sign if near is not None and near.shift == shift else 0
        return _between(shift, sign, j, k, bounds)
    if (j, k) != (-1, 1) or not bounds.dilogarithms:
        raise NoClosedForm
    return _quotient(near, shift, bounds)


def _quotient(near: Near, shift: Number, bounds: Bounds) -> Number:
    """The integral of L / v with v = x + shift, by the three equations of the module."""
    if bounds.low is None or bounds.high is None:
        raise NoClosedForm
    ends = bounds.low + shift, bounds.high + shift
    sign, apart = _sign_between(*ends), near.shift - shift
    sign_apart = 1 if is_positive(apart) else -1
    log_apart = log(apart * sign_apart)

    def primitive(v: Number) -> Number:
        u, size = (v + apart) * near.sign, v * sign
        if near.sign == sign_apart:
            if v == 0 and log_apart != 0:  # infinite
                raise NoClosedForm
            if v == 0:
                return ZERO
            if sign == sign_apart:
                return log_apart * log(size) + dilog(size / u) + (log(u) - log_apart) ** 2 / 2
            return log_apart * log(size) - dilog(size / (apart * sign_apart))
        if u == 0:
            return ZERO
        ratio = log(size) - log_apart
        return log(u) * ratio - dilog(u / size) - ratio**2 / 2

    return primitive(ends[1]) - primitive(ends[0])


def _form(atom: Atom, variable: Latent) -> tuple[Number, Number, bool]:
    """k and s of what is k (x + s), and whether it is its logarithm that stands there."""
    match atom:
        case Latent():
            return UNIT, ZERO, False
        case Base(number):
            is_log = False
        case Applied("log", Unknown() as number):
            is_log = True
        case _:
            raise NoClosedForm
    powers = in_powers(number, variable)
    if powers is None or not set(powers) <= {0, 1}:
        raise NoClosedForm
    return powers[1], of_power(powers, 0) / powers[1], is_log


def _times(left: Mapping[int, Number], right: Mapping[int, Number]) -> dict[int, Number]:
    """The product of two sums of powers."""
    found: dict[int, Number] = {}
    for i, a in left.items():
        for j, b in right.items():
            found[i + j] = found[i + j] + a * b if i + j in found else a * b
    return found


def _parts(powers: Mapping[Number, int], near: Near | None) -> dict[Number, dict[int, Number]]:
    """A product of powers of forms as a sum of powers of one each: shift -> power -> coefficient.

    near: the form in which what has no pole is written.
    """
    poles = [shift for shift, j in powers.items() if j < 0]
    if len(poles) > 1:  # 1 / (y z) = (1 / y - 1 / z) / (z - y)
        first, second, *_ = poles
        apart = 1 / (second - first)
        found: dict[Number, dict[int, Number]] = {}
        for kept, raised, sign in ((first, second, 1), (second, first, -1)):
            left = {shift: j + (shift == raised) for shift, j in powers.items()}
            assert left[kept] < 0
            for shift, by_power in _parts(left, near).items():
                own = found.setdefault(shift, {})
                for j, c in by_power.items():
                    own[j] = own.get(j, ZERO) + c * apart * sign
        return found
    around = near.shift if near is not None else ZERO
    centre = poles[0] if poles else around
    made = _expanded({shift: j for shift, j in powers.items() if shift != centre}, centre)
    made = {j + powers.get(centre, 0): c for j, c in made.items()}
    if near is None or centre == around:
        return {centre: made}
    whole: dict[int, Number] = {}
    for j, c in made.items():
        if j >= 0:
            for m, d in _expanded({centre: j}, around).items():
                whole[m] = whole.get(m, ZERO) + c * d
    return {centre: {j: c for j, c in made.items() if j < 0}, around: whole}


def _expanded(powers: Mapping[Number, int], centre: Number) -> dict[int, Number]:
    """A product of whole powers of forms, none negative, by powers of one: power -> coefficient."""
    made: dict[int, Number] = {0: UNIT}
    for shift, j in powers.items():
        made = _times(made, {m: comb(j, m) * (shift - centre) ** (j - m) for m in range(j + 1)})
    return made


def _between(shift: Number, sign: int, j: int, k: int, bounds: Bounds) -> Number:
    """The integral of (x + s)^j L^k. sign: of x + s between the bounds; 0 if it is not known."""
    ends = [None if end is None else end + shift for end in (bounds.low, bounds.high)]
    if j >= 0 and k == 0:
        return _primitive(ends[1], 1, j, 0) - _primitive(ends[0], 1, j, 0)
    sign = sign or _sign_between(*ends)
    return (_primitive(ends[1], sign, j, k) - _primitive(ends[0], sign, j, k)) * sign ** (j + 1)


def _sign_between(low: Number | None, high: Number | None) -> int:
    """The sign that a form has between its ends."""
    signs = {1 if is_positive(end) else -1 for end in (low, high) if end is not None and end != 0}
    signs |= {-1} if low is None else {1} if high is None else set()
    if len(signs) != 1:
        raise NoClosedForm
    return signs.pop()


def _primitive(end: Number | None, sign: int, j: int, k: int) -> Number:
    """∫ u^j L^k du at an end of x + s, which is u but for the sign; that at 0 or infinity may be infinite."""
    up = j + 1
    if end is None or end == 0:
        if up == 0 or (up < 0) == (end is not None):
            raise NoClosedForm
        return ZERO
    u = end * sign
    if up == 0:
        return log(u) ** (k + 1) / (k + 1)
    whole: Number = ZERO
    for i in range(k + 1):
        c = (-1) ** i * Fraction(factorial(k) // factorial(k - i), up ** (i + 1))
        whole = whole + c * (log(u) ** (k - i) if k > i else UNIT)
    return whole * u**up
