"""Arithmetic on germs: functions of v as sums of powers of v and log v, which hold for every v >= V at once.

A germ is Σ c · v^p · (log v)^k, where c is a rational number or a ball; in place of a ball any function may
stand that stays in it. Sums, products and Taylor expansions with their remainders of powers and logarithms
keep several terms, so that what cancels, cancels exactly. A germ may have a factor e^s, where s is a germ
that grows beyond all bounds, or falls: of two with different such factors one is nothing but a share of the
other. They tell how a density behaves from V to infinity, and with v = 1 / (x - a) near an end a.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from math import factorial
from typing import Any, TypeVar, cast

from flint import arb, fmpq

from pplc.inference.certified.balls import FUNCTIONS, known, rational
from pplc.inference.certified.coefficients import Coefficient, enclosure, logarithm, raised
from pplc.inference.certified.straight_line import Scalar
from pplc.semantics.symbolic.expression import Exponent

Key = tuple[Exponent, Exponent]
"""The powers of v and of log v."""

ZERO = 0
CONSTANT: Key = (0, 0)
LOG: Key = (0, 1)

MOST_TERMS = 10
"""Terms of a germ; the smallest are taken together in a ball beyond."""

UNIT = arb(0).union(arb(1))

ORDER = 6
"""Of Taylor expansions, if not told otherwise."""


class Lost(ArithmeticError):
    """Nothing is known of a germ: its values may be anything on [V, ∞)."""


@dataclass(frozen=True, slots=True)
class Germ:
    """A sum of terms on [V, ∞), V > e, times e^scale.

    terms: coefficients by powers; none is exactly 0.
    at:    V.
    scale: no terms if there is no such factor, else its powers are above `LOG`.
    """

    terms: Mapping[Key, Scalar]
    at: arb
    scale: Mapping[Key, Scalar] = field(default_factory=dict[Key, Any])

    def __add__(self, other: Germ) -> Germ:
        if self.scale != other.scale and self.terms and other.terms:
            return self._beside(other)
        found = dict(self.terms)
        for key, coefficient in other.terms.items():
            found[key] = found[key] + coefficient if key in found else coefficient
        return made(found, self.at, self.scale if self.terms else other.scale)

    def _beside(self, other: Germ) -> Germ:
        """The sum where one has a factor that makes the other no more than a share of it."""
        apart = made(self.scale, self.at) - made(other.scale, self.at)
        lead = apart.terms[max(apart.terms)]
        if not (lead > 0 or lead < 0):
            raise Lost
        high, low = (self, other) if lead > 0 else (other, self)
        apart = apart if lead > 0 else -apart
        less = Germ(low.terms, self.at, (-apart).terms).plain()
        return high + Germ(less.terms, self.at, high.scale)

    def __neg__(self) -> Germ:
        return Germ({key: -coefficient for key, coefficient in self.terms.items()}, self.at, self.scale)

    def __sub__(self, other: Germ) -> Germ:
        return self + -other

    def __mul__(self, other: Germ | int) -> Germ:
        if not isinstance(other, Germ):
            return made({key: c * other for key, c in self.terms.items()}, self.at, self.scale)
        found: dict[Key, Scalar] = {}
        for (p, k), a in self.terms.items():
            for (q, m), b in other.terms.items():
                key = (p + q, k + m)
                found[key] = found[key] + a * b if key in found else a * b
        scale = self.scale or other.scale
        if self.scale and other.scale:
            scale = (made(self.scale, self.at) + made(other.scale, self.at)).terms
        return made(found, self.at, scale)

    def split(self) -> tuple[Key, Scalar, Germ]:
        """The largest term, and the sum of the others as a share of it."""
        key = max(self.terms)
        lead = self.terms[key]
        rest = {(p - key[0], k - key[1]): c / lead for (p, k), c in self.terms.items() if (p, k) != key}
        return key, lead, Germ(rest, self.at)

    def factored(self) -> tuple[Key, arb]:
        """The germ as one term, with a ball for a coefficient."""
        if not self.terms:
            return CONSTANT, arb(0)
        key = max(self.terms)
        return key, self.relative_to(key)

    def plain(self) -> Germ:
        """The germ without a factor e^s, which must fall: nothing but a bound is left of it then."""
        if not self.scale:
            return self
        fall = made(self.scale, self.at)
        (p, k), ball = (-fall).factored()
        (q, m), share = self.factored()
        if k < 0 or m > 0 or not ball > 0 or p <= 0:
            raise Lost
        if not rational(p) * ball * monomial((p, ZERO), self.at) >= rational(max(q, ZERO)):
            raise Lost
        most = (-ball * monomial((p, k), self.at)).exp() * monomial((q, m), self.at)
        return Germ({CONSTANT: arb(0).union(most) * share}, self.at)

    def ball(self) -> arb:
        """What contains all values."""
        return self.plain().relative_to(CONSTANT)

    def relative_to(self, key: Key) -> arb:
        """What contains all values as shares of a power."""
        total = arb(0)
        for (p, k), c in self.terms.items():
            total += enclosure(c) * small((p - key[0], k - key[1]), self.at)
        return total

    def enclosed(self) -> Germ:
        """The germ with balls for coefficients that depend on a second variable."""
        terms = {key: c if isinstance(c, fmpq) else enclosure(c) for key, c in self.terms.items()}
        scale = {key: c if isinstance(c, fmpq) else enclosure(c) for key, c in self.scale.items()}
        return Germ(terms, self.at, scale)


def small(key: Key, at: arb) -> arb:
    """The values of v^p (log v)^k on [V, ∞), which tend to 0 or are 1."""
    p, k = key
    if key == CONSTANT:
        return arb(1)
    if p > 0 or (p == 0 and k > 0):
        raise Lost
    if k > 0 and not at.log() * rational(-p) >= rational(k):
        # The highest point, at log v = -k / p, may lie farther out.
        return arb(0).union((arb(rational(k)) / (arb(rational(-p)) * arb(1).exp())) ** arb(rational(k)))
    return arb(0).union(monomial(key, at))


def monomial(key: Key, at: arb) -> arb:
    """V^p (log V)^k."""
    p, k = key
    found = at ** arb(rational(p)) if p else arb(1)
    return found * at.log() ** arb(rational(k)) if k else found


def made(terms: Mapping[Key, Scalar], at: arb, scale: Mapping[Key, Scalar] | None = None) -> Germ:
    """A germ without terms that are 0, and not too many."""
    found = {key: c for key, c in terms.items() if not (isinstance(c, fmpq) and c == 0)}
    if len(found) <= MOST_TERMS:
        return Germ(found, at, scale or {})
    order = sorted(found, reverse=True)
    last = order[MOST_TERMS - 1]
    for p, k in order[MOST_TERMS:]:
        found[last] = found[last] + found.pop((p, k)) * small((p - last[0], k - last[1]), at)
    return Germ(found, at, scale or {})


class Germs:
    """The arithmetic of germs on [V, ∞)."""

    def __init__(self, at: arb, order: int = ORDER) -> None:
        self.at = at
        self.order = order

    def constant(self, number: Fraction | float) -> Germ:
        """A known number."""
        return made({CONSTANT: known(number)}, self.at)

    def around(self, centre: Fraction, slope: Fraction, *, far: bool) -> Germ:
        """x = centre + slope · v, going to infinity, or x = centre + slope / v, going to the centre."""
        key = (1 if far else -1, ZERO)
        return made({CONSTANT: rational(centre), key: rational(slope)}, self.at)

    def exp_small(self, x: Germ) -> Germ:
        """e to a germ that falls to 0."""
        return self._expanded(x, lambda k: Fraction(1, factorial(k)), lambda z: (z - 1).exp())

    def power(self, base: Germ, exponent: Exponent) -> Germ:
        """A power."""
        whole = exponent == int(exponent)
        if whole and exponent >= 0:
            if len(base.terms) == 1 and not base.scale:  # an even power of a ball is not negative
                (((p, k), c),) = base.terms.items()
                return made({(p * int(exponent), k * int(exponent)): raised(c, exponent)}, self.at)
            return whole_power(base, self.constant(1), int(exponent))
        if not base.terms:
            raise Lost
        (p, k), lead, rest = base.split()
        r = _shortest(exponent)
        if not (whole or lead > 0) or not _nonzero(lead):
            return self._power_from_below(base, r)
        scale = {key: c * rational(r) for key, c in base.scale.items()}
        coefficient = raised(lead, r)
        return Germ({(_shortest(p * r), _shortest(k * r)): coefficient}, self.at, scale) * self._expanded(
            rest, partial(binomial, Fraction(r)), lambda z: z ** arb(rational(r - self.order))
        )

    def _power_from_below(self, base: Germ, r: Exponent) -> Germ:
        """(1 + e)^r = 1 + θ ((1 + E)^r - 1) with θ in [0, 1], for 0 <= e <= E."""
        least, most = self._between(base)
        return self.power(least, r) * (
            self.constant(1) + (self.power(most, r) - self.constant(1)) * self._constant(UNIT)
        )

    def _between(self, x: Germ) -> tuple[Germ, Germ]:
        """A number is l (1 + e) with 0 <= e, where its terms are not negative: l, and 1 + E for e <= E."""
        if x.scale or not all(c >= 0 for c in x.terms.values()):
            raise Lost
        sure = {key: c for key, c in x.terms.items() if c > 0}
        most = {key: arb(enclosure(c).upper()) for key, c in x.terms.items() if key not in sure}
        if not sure:
            raise Lost
        least = Germ(sure, self.at)
        more = Germ({key: c for key, c in most.items() if c > 0}, self.at)
        return least, self.constant(1) + more * self.power(least, -1)

    def apply(self, name: str, argument: Germ) -> Germ:
        """A function of `pplc.inference.certified.balls.FUNCTIONS`."""
        if name == "log":
            return self._log(argument)
        argument = argument.plain()
        bounded = all(key <= CONSTANT for key in argument.terms)
        if name == "exp":
            return self._exp(argument)
        if name == "lgamma":
            return self._log_gamma(argument)
        if name == "log1mexp" and all(key < CONSTANT for key in argument.terms):
            return self._log(-argument) + self._near_one(argument.ball())
        if bounded:
            return self._of_bounded(name, argument)
        key, lead, _ = argument.split()
        del key
        sign = 1 if lead > 0 else -1 if lead < 0 else 0
        if name == "sigmoid" and sign < 0:
            power = self._exp(argument)
            return power * self.power(self.constant(1) + power, -1)
        if name in ("sin", "cos"):
            return self._constant(arb(-1).union(arb(1)))
        if sign < 0 and name in ("log_sigmoid", "log_laplace", "log_cauchy"):
            return self._left(name, argument)
        if sign > 0 and name == "log_gumbel_tail":
            return -argument + self._near_one((-self._least(argument)).exp())
        if sign < 0 and name == "scaled_log_ndtr":
            return self._far_below(argument)
        if sign < 0 and name == "log_ndtr":
            return self._far_below(argument) - argument * argument * self.constant(Fraction(1, 2))
        if not sign or name not in LIMITS:
            raise Lost
        least = self._least(argument * sign)
        end = FUNCTIONS[name](least * sign)
        return self._constant(end.union(LIMITS[name][sign > 0]()))

    def _of_bounded(self, name: str, argument: Germ) -> Germ:
        """A function of what does not grow; of a coefficient alone it is one again."""
        c = argument.terms.get(CONSTANT)
        if isinstance(c, Coefficient) and len(argument.terms) == 1:
            return made({CONSTANT: c.apply(name)}, self.at)
        return self._constant(FUNCTIONS[name](argument.ball()))

    def _least(self, argument: Germ) -> arb:
        """A lower bound of a germ that grows to infinity."""
        key, ball = argument.factored()
        if not ball > 0:
            raise Lost
        return (ball * monomial(key, self.at)).lower()

    def _log(self, x: Germ) -> Germ:
        if not x.terms:
            raise Lost
        (p, k), lead, rest = x.split()
        if k:
            raise Lost
        if not lead > 0:  # log (1 + e) = θ log (1 + E) with θ in [0, 1], for 0 <= e <= E
            least, most = self._between(x)
            return self._log(least) + self._log(most) * self._constant(UNIT)
        return (
            made(x.scale, self.at)
            + made({CONSTANT: logarithm(lead)}, self.at)
            + made({LOG: rational(p)}, self.at)
            + self._expanded(rest, of_logarithm, lambda z: z ** (-self.order))
        )

    def _exp(self, x: Germ) -> Germ:
        growing = {key: c for key, c in x.terms.items() if key > LOG}
        power = x.terms.get(LOG, fmpq(0))
        if any(CONSTANT < key < LOG for key in x.terms):
            raise Lost
        if not isinstance(power, fmpq):
            raise Lost
        rest = Germ({key: c for key, c in x.terms.items() if key < LOG}, self.at)
        if not rest.ball().is_finite():
            raise Lost
        key = (_shortest(Fraction(int(power.p), int(power.q))), ZERO)
        return Germ({key: rest.ball().exp()}, self.at, growing)

    def _log_gamma(self, x: Germ) -> Germ:
        if not x.terms:
            raise Lost
        (p, k), lead, _ = x.split()
        if k or not lead > 0:
            raise Lost
        if p == 0:
            return self._of_bounded("lgamma", x)
        if p < 0:  # Γ(x) = Γ(1 + x) / x
            return self._constant((x.ball() + 1).lgamma()) - self._log(x)
        # Stirling: the remainder lies between 0 and 1 / (12 x) for x > 0.
        least = self._least(x)
        log_x = self._log(x)
        half_log = self._constant((2 * arb.pi()).log() / 2 + arb(0).union(1 / (12 * least)))
        return (x - self.constant(Fraction(1, 2))) * log_x - x + half_log

    def _far_below(self, z: Germ) -> Germ:
        """log Φ(z) + z²/2 for z to -∞: -log(-z) - log(2π)/2 + log(1 - θ/z²), 0 <= θ <= 1 (Mills' ratio)."""
        least = self._least(-z)
        if not least > 2:
            raise Lost
        last = (1 - 1 / least**2).log().union(arb(0)) - (2 * arb.pi()).log() / 2
        return self._constant(last) - self._log(-z)

    def _left(self, name: str, z: Germ) -> Germ:
        """The log cdf of a standard law for z to -∞: z + log F(-z), z - log 2, and -log(-z) - log π + …"""
        least = self._least(-z)
        if name == "log_laplace":
            return z - self._constant(arb(2).log())
        if name == "log_sigmoid":
            return z + self._constant(FUNCTIONS[name](least).union(arb(0)))
        if not least > 1:
            raise Lost
        # atan(u) lies between u - u³/3 and u for u > 0
        last = (1 - 1 / (3 * least**2)).log().union(arb(0)) - arb.pi().log()
        return self._constant(last) - self._log(-z)

    def _near_one(self, u: arb) -> Germ:
        """log((1 - e^-u) / u) where |u| is small: between log(1 - u/2) and 0 for u > 0."""
        size = arb(abs(u).upper())
        if not size < 1:
            raise Lost
        return self._constant((1 - size / 2).log().union(arb(0)))

    def _expanded(
        self, e: Germ, coefficient: Callable[[int], Fraction], remainder: Callable[[arb], arb]
    ) -> Germ:
        """Σ c_k e^k for k < n, and c_n e^n times a ball of the remainder at 1 + θe.

        n is the order.
        """
        found, power = self.constant(coefficient(0)), self.constant(1)
        if not e.terms:
            return found
        for k in range(1, self.order):
            power = power * e
            found = found + power * self.constant(coefficient(k))
        between = (1 + e.ball()).union(arb(1))
        key, ball = (power * e).factored()
        last = ball * rational(coefficient(self.order)) * remainder(between)
        return found + Germ({key: last}, self.at)

    def _constant(self, ball: arb) -> Germ:
        if not ball.is_finite():
            raise Lost
        return Germ({CONSTANT: ball}, self.at)


S = TypeVar("S")


def whole_power(base: S, one: S, exponent: int) -> S:
    """A power with a whole exponent that is not negative, multiplied out: what cancels cancels exactly."""
    found = one
    for _ in range(exponent):
        found = cast(Any, found) * base
    return found


def _shortest(exponent: Exponent) -> Exponent:
    """An exponent as an int if it is one: germs look them up all the time."""
    return int(exponent) if exponent == int(exponent) else exponent


def _nonzero(coefficient: Scalar) -> bool:
    return bool(coefficient > 0 or coefficient < 0)


def binomial(r: Fraction, k: int) -> Fraction:
    """The coefficient of e^k in (1 + e)^r."""
    found = Fraction(1)
    for i in range(k):
        found *= (r - i) / (i + 1)
    return found


def of_logarithm(k: int) -> Fraction:
    """The coefficient of e^k in log(1 + e); the last one stands before e^n (1 + θe)^-n."""
    return Fraction((-1) ** (k + 1), k) if k else Fraction(0)


LIMITS: dict[str, tuple[Callable[[], arb], Callable[[], arb]]] = {
    "sigmoid": (lambda: arb(0), lambda: arb(1)),
    "tanh": (lambda: arb(-1), lambda: arb(1)),
    "erf": (lambda: arb(-1), lambda: arb(1)),
    "atan": (lambda: -arb.pi() / 2, lambda: arb.pi() / 2),
    "log_ndtr": (lambda: arb(0), lambda: arb(0)),  # below it has none, and neither have the next three
    "log_sigmoid": (lambda: arb(0), lambda: arb(0)),
    "log_laplace": (lambda: arb(0), lambda: arb(0)),
    "log_cauchy": (lambda: arb(0), lambda: arb(0)),
    "log_gumbel_tail": (lambda: arb(0), lambda: arb(0)),  # above it has none
    "log1mexp": (lambda: arb(0), lambda: arb(0)),  # above it is not defined
}
"""Limits at minus and plus infinity; the functions are monotone."""
