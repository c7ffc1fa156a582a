"""One variable integrated out of products of linear forms and of logarithms of one, in closed form.

What uniform variables between others leave: of 1 / a comes log a, of that a polynomial times log a. With
u = x + s or -(x + s), whichever is positive between the bounds, and L = log u,

    ∫ u^j L^k du = u^(j + 1) Σ_i (-1)^i k! / (k - i)! L^(k - i) / (j + 1)^(i + 1),
    ∫ L^k / u du = L^(k + 1) / (k + 1)

(Gradshteyn & Ryzhik 2007, 2.722 and 2.721.1). Products of powers of several forms are sums of powers of one,
by partial fractions. Where the logarithm of one is divided by another, or multiplied by its logarithm, the
integral is a dilogarithm, for which there is no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import comb, factorial

from pplc.inference.continuous.piece import UNIT, ZERO
from pplc.inference.continuous.polynomials import in_powers, of_power
from pplc.semantics.symbolic.elementary import Number, log
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


class NoRule(Exception):
    """What is integrated is no sum of such products, or a term of the integral is infinite."""


def integral_of_logarithms(
    variable: Latent, factor: Number, exponent: Number, low: Number | None, high: Number | None
) -> tuple[Number, tuple[Number, Number]]:
    """The exponent without what mentions a variable; e to what, times what, the integral of all else is.

    `NoRule` if there is none; `Undecided` if the sign of a form is not known.
    """
    rest, whole = _whole(variable, factor, exponent)
    total: Number = ZERO
    for monomial, coefficient in terms_of(whole).items():
        total = total + coefficient * _of_term(variable, monomial, low, high)
    return rest, (ZERO, expanded(total))


def _whole(variable: Latent, factor: Number, exponent: Number) -> tuple[Number, Number]:
    """The exponent without what mentions a variable, and the exponential of the rest times the factor."""
    kept: dict[Monomial, Fraction | float] = {}
    whole = factor
    for monomial, times in terms_of(exponent).items():
        if variable not in latents_of(monomial):
            kept[monomial] = times
            continue
        match tuple(monomial):
            case ((Applied("log", Unknown() as argument), 1),):
                power = int(times)
            case _:
                raise NoRule
        if power != times or abs(power) > MOST_POWER:
            raise NoRule
        whole = expanded(whole * argument**power)
    whole = expanded(whole)
    if len(terms_of(whole)) > MOST_TERMS:
        raise NoRule
    return made(variable.space, kept), whole


def _of_term(variable: Latent, monomial: Monomial, low: Number | None, high: Number | None) -> Number:
    """The integral of a product of powers."""
    others: Number = UNIT
    powers: dict[Number, int] = {}
    logs: dict[int, Number] = {0: UNIT}  # a polynomial in L
    near: tuple[Number, int] | None = None  # the form of L, and its sign
    for atom, exponent in monomial:
        if variable not in latents_of(frozenset({(atom, exponent)})):
            others = others * of_atom(atom, variable.space, exponent)
            continue
        if type(exponent) is not int or abs(exponent) > MOST_POWER:
            raise NoRule
        slope, shift, is_log = _form(atom, variable)
        if not is_log:
            others = others * slope**exponent
            powers[shift] = powers.get(shift, 0) + exponent
            continue
        sign = 1 if is_positive(slope) else -1
        if exponent < 0 or near not in {None, (shift, sign)}:
            raise NoRule
        near = shift, sign
        for _ in range(exponent):
            logs = _times(logs, {1: UNIT, 0: log(slope * sign)})
    total: Number = ZERO
    for shift, by_power in _parts(powers, None if near is None else near[0]).items():
        for j, c in by_power.items():
            for k, d in logs.items():
                sign = 0 if near is None else near[1]
                if d != 0 and c != 0:
                    total = total + c * d * _between(shift, sign, j, k, low, high)
    return others * total


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
            raise NoRule
    powers = in_powers(number, variable)
    if powers is None or not set(powers) <= {0, 1}:
        raise NoRule
    return powers[1], of_power(powers, 0) / powers[1], is_log


def _times(left: Mapping[int, Number], right: Mapping[int, Number]) -> dict[int, Number]:
    """The product of two sums of powers."""
    found: dict[int, Number] = {}
    for i, a in left.items():
        for j, b in right.items():
            found[i + j] = found[i + j] + a * b if i + j in found else a * b
    return found


def _parts(powers: Mapping[Number, int], around: Number | None) -> dict[Number, dict[int, Number]]:
    """A product of powers of forms as a sum of powers of one each: shift -> power -> coefficient.

    around: the shift of the only one, if that is given.
    """
    poles = [shift for shift, j in powers.items() if j < 0]
    if len(poles) > 1:  # 1 / (y z) = (1 / y - 1 / z) / (z - y)
        first, second, *_ = poles
        apart = 1 / (second - first)
        found: dict[Number, dict[int, Number]] = {}
        for kept, raised, sign in ((first, second, 1), (second, first, -1)):
            left = {shift: j + (shift == raised) for shift, j in powers.items()}
            assert left[kept] < 0
            for shift, by_power in _parts(left, around).items():
                own = found.setdefault(shift, {})
                for j, c in by_power.items():
                    own[j] = own.get(j, ZERO) + c * apart * sign
        return found
    if around is not None and poles and poles[0] != around:
        raise NoRule
    centre = around if around is not None else poles[0] if poles else ZERO
    made: dict[int, Number] = {powers.get(centre, 0): UNIT}
    for shift, j in powers.items():
        if shift != centre:
            made = _times(made, {m: comb(j, m) * (shift - centre) ** (j - m) for m in range(j + 1)})
    return {centre: made}


def _between(shift: Number, sign: int, j: int, k: int, low: Number | None, high: Number | None) -> Number:
    """The integral of (x + s)^j L^k between bounds. sign: of x + s there; 0 if it is not known."""
    ends = [None if end is None else end + shift for end in (low, high)]
    if j >= 0 and k == 0:
        return _primitive(ends[1], 1, j, 0) - _primitive(ends[0], 1, j, 0)
    sign = sign or _sign_between(*ends)
    return (_primitive(ends[1], sign, j, k) - _primitive(ends[0], sign, j, k)) * sign ** (j + 1)


def _sign_between(low: Number | None, high: Number | None) -> int:
    """The sign that a form has between its ends."""
    signs = {1 if is_positive(end) else -1 for end in (low, high) if end is not None and end != 0}
    signs |= {-1} if low is None else {1} if high is None else set()
    if len(signs) != 1:
        raise NoRule
    return signs.pop()


def _primitive(end: Number | None, sign: int, j: int, k: int) -> Number:
    """∫ u^j L^k du at an end of x + s, which is u but for the sign; that at 0 or infinity may be infinite."""
    up = j + 1
    if end is None or end == 0:
        if up == 0 or (up < 0) == (end is not None):
            raise NoRule
        return ZERO
    u = end * sign
    if up == 0:
        return log(u) ** (k + 1) / (k + 1)
    whole: Number = ZERO
    for i in range(k + 1):
        c = (-1) ** i * Fraction(factorial(k) // factorial(k - i), up ** (i + 1))
        whole = whole + c * (log(u) ** (k - i) if k > i else UNIT)
    return whole * u**up
