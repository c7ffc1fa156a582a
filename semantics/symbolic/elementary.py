"""The elementary functions of numbers that may depend on continuous random variables.

log and exp are inverse to each other in normal form: the logarithm of a product is the sum of the
logarithms, and the exponential of a sum with whole multiples of logarithms is a product of powers. Of a
known rational the logarithm is kept as it is, so that e to its multiple is rational again.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from pplc.semantics.special import gamma
from pplc.semantics.symbolic.expression import (
    CONSTANTS,
    Applied,
    Atom,
    Base,
    Coefficient,
    Latent,
    Monomial,
    NeedsValue,
    Undecided,
    Unknown,
    coefficient_of,
    divisor,
    expanded,
    is_positive,
    is_positive_atom,
    made,
    of_atom,
    power,
    scaled,
    terms_of,
)
from pplc.semantics.symbolic.expression import ONE as _ONE
from pplc.semantics.symbolic.special import SPECIAL

Number: TypeAlias = Any
"""An int, `Fraction` or float, or an `Unknown`."""


def log(x: Number) -> Number:
    """The natural logarithm of a positive number."""
    if isinstance(x, Unknown):
        return _log(x)
    if isinstance(x, float):
        return math.log(x) if x > 0 else -math.inf
    value = Fraction(x)
    if value == 1:
        return Fraction(0)
    return of_atom(Applied("log", value), CONSTANTS) if value > 0 else -math.inf


def _log(x: Unknown) -> Number:
    if len(x.terms) == 1:
        ((monomial, coefficient),) = x.terms.items()
        if coefficient > 0 and all(is_positive_atom(atom) for atom, _ in monomial):
            total: Number = log(coefficient)
            for atom, exponent in monomial:
                total = total + _log_of_atom(atom, x) * exponent
            return total
        return of_atom(Applied("log", x), x.space)
    other = _log_of_the_other_tail(x)
    if other is not None:
        return other
    by = divisor(x, _is_positive_atom)
    whole = x if by is None else expanded(x * by)
    if by is not None and len(terms_of(whole)) == 1:  # 1 - y / (x + y) is x / (x + y)
        return log(whole) - log(by)
    scale, base = scaled(x)
    return of_atom(Applied("log", base), x.space) + log(scale)


def _is_positive_atom(atom: Atom) -> bool:
    try:
        return is_positive_atom(atom)
    except Undecided:
        return False


SYMMETRIC = frozenset({"log_ndtr", "log_sigmoid", "log_laplace", "log_cauchy"})
"""Log cumulative distribution functions F for which e^F(y) and e^F(-y) add up to 1."""


def _log_of_the_other_tail(x: Unknown) -> Number | None:
    """log(1 - F(y)) of a law that is symmetric around 0, which is log F(-y) and cancels where y is large."""
    if len(x.terms) != 2 or x.terms.get(_ONE) != 1:
        return None
    ((monomial, coefficient),) = ((m, c) for m, c in x.terms.items() if m != _ONE)
    if coefficient != -1 or len(monomial) != 1:
        return None
    ((atom, exponent),) = monomial
    if not isinstance(atom, Applied) or exponent != 1 or not isinstance(atom.argument, Unknown):
        return None
    if atom.name == "sigmoid":
        whole = of_atom(Applied("sigmoid", atom.argument), x.space)
        return of_atom(Applied("log", whole), x.space) - atom.argument
    if atom.name != "exp" or len(atom.argument.terms) != 1:
        return None
    ((inner, scale),) = atom.argument.terms.items()
    if scale != 1 or len(inner) != 1:
        return None
    ((tail, power_of_tail),) = inner
    if isinstance(tail, Applied) and power_of_tail == 1 and tail.name in SYMMETRIC:
        return of_atom(Applied(tail.name, -tail.argument), x.space)
    return None


def _log_of_atom(atom: Latent | Applied | Base, x: Unknown) -> Number:
    match atom:
        case Applied("exp", argument):
            return argument
        case Base(total):
            return of_atom(Applied("log", total), x.space)
        case _:
            return of_atom(Applied("log", of_atom(atom, x.space)), x.space)


def exp(x: Number) -> Number:
    """e to a number."""
    if not isinstance(x, Unknown):
        if x == 0:
            return Fraction(1)
        return (
            of_atom(Applied("exp", Fraction(x)), CONSTANTS)
            if abs(x) < math.inf
            else (math.inf if x > 0 else 0.0)
        )
    product: Number = Fraction(1)
    rest: dict[Monomial, Coefficient] = {}
    for monomial, coefficient in x.terms.items():
        inner = _logarithm(monomial)
        if inner is not None and isinstance(coefficient, Fraction) and coefficient.denominator == 1:
            product = product * _to(inner, int(coefficient))
        else:
            rest[monomial] = coefficient
    left = made(x.space, rest)
    if isinstance(left, Unknown):
        return product * of_atom(Applied("exp", left), x.space)
    return product if left == 0 else product * of_atom(Applied("exp", Fraction(left)), x.space)


def _logarithm(monomial: Monomial) -> Number | None:
    """What a term is the logarithm of; None if it is none."""
    if len(monomial) == 1:
        ((atom, exponent),) = monomial
        if isinstance(atom, Applied) and atom.name == "log" and exponent == 1:
            return atom.argument
    return None


def _to(base: Number, exponent: int) -> Number:
    if not isinstance(base, Unknown):
        return base**exponent
    if len(base.terms) == 1:
        return power(base, exponent)
    # Not multiplied out, so that the logarithm of a product of such powers is a sum again.
    scale, lead = scaled(base)
    return of_atom(Base(lead), base.space, exponent) * scale**exponent


class Constant(NamedTuple):
    """The known part of a number: q + c + log r, with rationals q and r and a float c."""

    exact: Fraction
    rounded: float
    ratio: Fraction


def constant_and_rest(x: Number) -> tuple[Constant, Number]:
    """The known part of a number, and the rest."""
    exact, rounded, ratio = Fraction(0), 0.0, Fraction(1)
    rest: dict[Monomial, Coefficient] = {}
    for monomial, coefficient in terms_of(x).items():
        known = _known_function(monomial)
        if monomial == _ONE:
            if isinstance(coefficient, float):
                rounded += coefficient
            else:
                exact += coefficient
        elif known is None:
            rest[monomial] = coefficient
        elif known[0] == "rounded":
            rounded += float(coefficient) * float(known[1])
        elif isinstance(coefficient, Fraction) and coefficient.denominator == 1:
            ratio *= known[1] ** int(coefficient)
        else:
            top, bottom = known[1].numerator, known[1].denominator
            rounded += float(coefficient) * (math.log(top) - math.log(bottom))
    return Constant(exact, rounded, ratio), made(x.space, rest) if rest else Fraction(0)


def _known_function(monomial: Monomial) -> tuple[str, Fraction] | None:
    """The logarithm of a known number, or a float that was kept apart; None if a term is neither."""
    if len(monomial) != 1:
        return None
    ((atom, exponent),) = monomial
    if not isinstance(atom, Applied) or exponent != 1 or atom.name not in ("log", "rounded"):
        return None
    return None if isinstance(atom.argument, Unknown) else (atom.name, atom.argument)


def apart(x: float) -> Number:
    """A float that stays apart from the numbers that it is added to: exact ones keep their digits."""
    return of_atom(Applied("rounded", Fraction(x)), CONSTANTS) if x and math.isfinite(x) else x


LOG_2PI = apart(1.8378770664093453)
LOG_PI = apart(1.1447298858494002)


def log1p(x: Number) -> Number:
    """log(1 + x)."""
    return log(1 + x) if not isinstance(x, float) else math.log1p(x)


def sqrt(x: Number) -> Number:
    """The square root of a number that is not negative."""
    if isinstance(x, Unknown):
        return power(x, Fraction(1, 2))
    if not isinstance(x, float):
        value = Fraction(x)
        root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
        if root * root == value:
            return root
    return math.sqrt(x)


def raised(base: Number, exponent: Number) -> Number:
    """A power of which base or exponent may be unknown."""
    if isinstance(base, Unknown) and not isinstance(exponent, Unknown):
        if isinstance(exponent, float):
            exponent = Fraction(exponent)
        return power(base, exponent)
    if not is_positive(base):
        raise NeedsValue(base)
    return exp(log(base) * exponent)


def lgamma(x: Number) -> Number:
    """The logarithm of the gamma function at a positive number; of an integer, that of a factorial."""
    if isinstance(x, Unknown):
        return of_atom(Applied("lgamma", x), x.space)
    if not isinstance(x, float) and Fraction(x).denominator == 1 and 0 < x <= MOST_FACTORIAL:
        return log(Fraction(math.factorial(int(x) - 1)))
    return gamma.lgamma(float(x))


def dilog(x: Number) -> Number:
    """The dilogarithm of a number up to 1."""
    if isinstance(x, Unknown):
        return of_atom(Applied("dilog", x), x.space)
    if isinstance(x, float):
        return SPECIAL["dilog"](x)
    return of_atom(Applied("dilog", Fraction(x)), CONSTANTS) if x else Fraction(0)


MOST_FACTORIAL = 2_000
"""Above this, a factorial has too many digits to be worth keeping."""


def log_beta(a: Number, b: Number) -> Number:
    """log B(a, b); of a rational and an integer it is that of a rational: B(a, n) = (n - 1)! / (a)_n."""
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return lgamma(a) + lgamma(b) - lgamma(a + b)
    first, second = coefficient_of(a), coefficient_of(b)
    if isinstance(second, float) or second.denominator != 1 or _is_smaller_whole(first, second):
        first, second = second, first
    if (
        isinstance(first, float)
        or isinstance(second, float)
        or second.denominator != 1
        or second > MOST_FACTORIAL
    ):
        return gamma.log_beta(float(a), float(b))
    n, (top, bottom) = int(second), first.as_integer_ratio()
    rising = math.prod(top + i * bottom for i in range(n))
    return log(Fraction(math.factorial(n - 1) * bottom**n, rising))


def _is_smaller_whole(first: Coefficient, second: Fraction | int) -> bool:
    return not isinstance(first, float) and first.denominator == 1 and first < second


def applied(name: str, x: Number) -> Number:
    """A function that has no normal form but its name; a float at a known number."""
    if isinstance(x, Unknown):
        return of_atom(Applied(name, x), x.space)
    return SPECIAL[name](float(x))
