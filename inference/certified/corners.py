"""Bounds where two variables go to infinity at once: sums of products of powers and logarithms of v and w.

A `Corner` is Σ c · v^p (log v)^k · w^q (log w)^m on v >= V > e, w >= W > e; c is a rational number or a
ball, in place of which any function may stand that stays in it. Unlike germs of one variable, these have no
order in which of two terms one is always nothing but a share of the other; where no term leads, powers and
logarithms are only bounded. That is enough: what lies in a corner is shown to be small, and moved out until
it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from flint import arb, fmpq

from pplc.inference.certified.balls import FUNCTIONS, known, rational
from pplc.inference.certified.germs import (
    CONSTANT,
    LIMITS,
    LOG,
    ZERO,
    Germ,
    Key,
    Lost,
    binomial,
    made,
    monomial,
    of_logarithm,
    small,
    whole_power,
)
from pplc.inference.certified.straight_line import Scalar
from pplc.inference.certified.tails import Diverges, integral
from pplc.semantics.symbolic.expression import Exponent

Keys: TypeAlias = tuple[Key, Key]
"""The powers of v and log v, and those of w and log w."""

ONE: Keys = (CONSTANT, CONSTANT)

ORDER = 2
"""Of Taylor expansions: bounds need no more than what leads."""

UNIT = arb(0).union(arb(1))


@dataclass(frozen=True, slots=True)
class Corner:
    """A sum of terms on [V, ∞) × [W, ∞).

    terms: coefficients by powers. at: V and W.
    """

    terms: Mapping[Keys, Scalar]
    at: tuple[arb, arb]

    def __add__(self, other: Corner) -> Corner:
        found = dict(self.terms)
        for key, c in other.terms.items():
            found[key] = found[key] + c if key in found else c
        return _made(found, self.at)

    def __neg__(self) -> Corner:
        return Corner({key: -c for key, c in self.terms.items()}, self.at)

    def __sub__(self, other: Corner) -> Corner:
        return self + -other

    def __mul__(self, other: Corner) -> Corner:
        found: dict[Keys, Scalar] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                key = _joined(left, right)
                found[key] = found[key] + a * b if key in found else a * b
        return _made(found, self.at)

    def least_above(self) -> Keys:
        """The least powers that grow as fast as every term, in each variable."""
        if not self.terms:
            return ONE
        v, w = zip(*self.terms, strict=True)
        return max(v), max(w)

    def relative_to(self, key: Keys) -> arb:
        """What contains all values as shares of a product of powers."""
        total = arb(0)
        for one, c in self.terms.items():
            v, w = _apart(one, key)
            total += c * (small(v, self.at[0]) * small(w, self.at[1]))
        return total

    def factored(self) -> Corner:
        """The number as one term, with a ball for a coefficient."""
        key = self.least_above()
        return Corner({key: self.relative_to(key)}, self.at)

    def ball(self) -> arb:
        """What contains all values."""
        return self.relative_to(ONE)

    def split(self, key: Keys) -> tuple[Scalar, Corner]:
        """The coefficient of one term, and the others as a share of it."""
        lead = self.terms[key]
        return lead, Corner({_apart(k, key): c / lead for k, c in self.terms.items() if k != key}, self.at)


def _joined(left: Keys, right: Keys) -> Keys:
    (p, k), (q, m) = left
    (r, i), (s, j) = right
    return (p + r, k + i), (q + s, m + j)


def _apart(left: Keys, right: Keys) -> Keys:
    (p, k), (q, m) = left
    (r, i), (s, j) = right
    return (p - r, k - i), (q - s, m - j)


def _made(terms: Mapping[Keys, Scalar], at: tuple[arb, arb]) -> Corner:
    return Corner({key: c for key, c in terms.items() if not (isinstance(c, fmpq) and c == 0)}, at)


class Corners:
    """The arithmetic of corners: rational functions as they are, others by what leads, or by bounds."""

    def __init__(self, v: arb, w: arb) -> None:
        self.at = v, w

    def constant(self, number: Fraction | float) -> Corner:
        """A known number."""
        return self._term(ONE, known(number))

    def along(self, axis: int, centre: Fraction, slope: Fraction, *, far: bool) -> Corner:
        """x = centre + slope · v if `far`, x = centre + slope / v otherwise; with w on the second axis."""
        key: Key = (1 if far else -1, ZERO)
        keys: Keys = (CONSTANT, key) if axis else (key, CONSTANT)
        return _made({ONE: rational(centre), keys: rational(slope)}, self.at)

    def power(self, base: Corner, exponent: Exponent) -> Corner:
        """A power."""
        whole = exponent == int(exponent)
        if whole and exponent >= 0:
            return whole_power(base, self.constant(1), int(exponent))
        for key in self._leads(base):
            lead, rest = base.split(key)
            if not (lead > 0 or (whole and lead < 0)):
                continue
            first = self._power_of(key, lead, exponent)
            try:
                return first * self._expanded(
                    rest,
                    partial(binomial, Fraction(exponent)),
                    lambda z: z ** arb(rational(exponent - ORDER)),
                )
            except Lost:
                more = _nonnegative(rest)
            if more is not None and exponent < 0:  # (1 + e)^r lies between 0 and 1
                return first * self._term(ONE, UNIT)
            if more is not None and exponent <= 1:  # 1 + e^r r θ, as (1 + e)^r <= 1 + r e
                return first * (self.constant(1) + more * self._term(ONE, UNIT * rational(exponent)))
        raise Lost

    def _power_of(self, key: Keys, lead: Scalar, exponent: Exponent) -> Corner:
        (p, k), (q, m) = key
        r = exponent
        c = lead ** int(r) if r == int(r) else arb(lead) ** arb(rational(r))
        return self._term(((_short(p * r), _short(k * r)), (_short(q * r), _short(m * r))), c)

    def apply(self, name: str, argument: Corner) -> Corner:
        """A function of `pplc.inference.certified.balls.FUNCTIONS`."""
        if name == "log":
            return self._log(argument)
        if name == "lgamma":
            return self._log_gamma(argument)
        if name in ("sin", "cos"):
            return self._term(ONE, arb(-1).union(arb(1)))
        if all(v <= CONSTANT and w <= CONSTANT for v, w in argument.terms):
            return self._finite(FUNCTIONS[name](argument.ball()))
        if name not in LIMITS or name.startswith("log"):  # those have no lower end
            return self._from_above(name, argument)
        low, high = (end() for end in LIMITS[name])
        return self._term(ONE, low.union(high))

    def _from_above(self, name: str, argument: Corner) -> Corner:
        """Numbers that have a known bound above: e to what falls, logarithms of probabilities."""
        if name == "exp":
            sign = argument.factored()
            ((_, ball),) = sign.terms.items()
            if ball <= 0:
                return self._term(ONE, UNIT)
        if name == "log_sigmoid":  # it is above -log 2 - |x|
            total = self._term(ONE, -UNIT)
            for key, c in argument.terms.items():
                total = total + self._term(key, -UNIT * abs(arb(c)).upper())
            return total
        if name == "log_ndtr":  # Φ(x) >= e^(-x² - 2), as Φ(-1) > e^(-2) and Φ(-x) >= φ(x) x / (1 + x²)
            return (argument * argument + self.constant(2)) * self._term(ONE, -UNIT)
        raise Lost

    def _log(self, x: Corner) -> Corner:
        for key in self._leads(x):
            lead, rest = x.split(key)
            (_, k), (_, m) = key
            if k or m or not lead > 0:
                continue
            first = self._log_of(key, lead)
            try:
                return first + self._expanded(rest, of_logarithm, lambda z: z ** (-ORDER))
            except Lost:
                more = _nonnegative(rest)
            if more is not None:  # 0 <= log(1 + e) <= e
                return first + more * self._term(ONE, UNIT)
        raise Lost

    def _log_of(self, key: Keys, lead: Scalar) -> Corner:
        (p, _), (q, _) = key
        found = self.constant(0) if lead == 1 else self._finite(arb(lead).log())
        logs: dict[Keys, Scalar] = {(LOG, CONSTANT): rational(p), (CONSTANT, LOG): rational(q)}
        return found + _made(logs, self.at)

    def _log_gamma(self, x: Corner) -> Corner:
        key = x.least_above()
        if all(part <= CONSTANT for part in key):
            if x.ball() > 0:
                return self._finite(FUNCTIONS["lgamma"](x.ball()))
            # Γ(x) = Γ(1 + x) / x
            return self._finite((x.ball() + 1).lgamma()) - self._log(x)
        # Stirling: the remainder lies between 0 and 1 / (12 x) for x > 0.
        if key not in x.terms or any(part < CONSTANT for part in key):
            raise Lost
        least = x.relative_to(key).lower() * monomial(key[0], self.at[0]) * monomial(key[1], self.at[1])
        if not least > 0:
            raise Lost
        last = (2 * arb.pi()).log() / 2 + arb(0).union(1 / (12 * least))
        return (x - self.constant(Fraction(1, 2))) * self._log(x) - x + self._finite(last)

    def _leads(self, x: Corner) -> Iterable[Keys]:
        """The terms to expand around, the best first: one that leads, a constant, those that grow."""
        above = x.least_above()
        return sorted(
            x.terms,
            key=lambda key: (key != above, key != ONE, -sum(p for p, _ in key), str(key)),
        )

    def _expanded(
        self, e: Corner, coefficient: Callable[[int], Fraction], remainder: Callable[[arb], arb]
    ) -> Corner:
        """Σ c_k e^k for k < n, and c_n e^n times a ball of the remainder at 1 + θe; n is `ORDER`."""
        found, power = self.constant(coefficient(0)), self.constant(1)
        if not e.terms:
            return found
        for k in range(1, ORDER):
            power = power * e
            found = found + power * self.constant(coefficient(k))
        between = (1 + e.ball()).union(arb(1))
        if not between > 0:
            raise Lost
        last = (power * e).factored()
        return found + last * self._finite(remainder(between) * rational(coefficient(ORDER)))

    def _term(self, key: Keys, c: Scalar) -> Corner:
        return _made({key: c}, self.at)

    def _finite(self, ball: arb) -> Corner:
        if not ball.is_finite():
            raise Lost
        return self._term(ONE, ball)


def _short(exponent: Exponent) -> Exponent:
    return int(exponent) if exponent == int(exponent) else exponent


def _nonnegative(x: Corner) -> Corner | None:
    """The number as one term, if that shows that it is not negative; or if no term of it is."""
    if all(c >= 0 for c in x.terms.values()):
        return x
    try:
        found = x.factored()
    except Lost:
        return None
    return found if all(c >= 0 for c in found.terms.values()) else None


def bound(exponent: Corner, factor: Corner, *, far: tuple[bool, bool]) -> arb:
    """A bound of ∫∫ |factor| e^exponent over v, w in [V, ∞) × [W, ∞): with dv if `far`, else dv / v²; so w.

    The exponent is bounded by a sum of functions of v and of w alone. Not finite if that cannot be.
    """
    try:
        parts = _separated(exponent)
    except Lost:
        return arb.nan()
    key = factor.least_above()
    total = arb(1)
    for axis in (0, 1):
        germ = Germ({key[axis]: arb(1)}, exponent.at[axis])
        found = integral(made(parts[axis], exponent.at[axis]), germ, far=far[axis])
        if isinstance(found, Diverges) or not found.is_finite():
            return arb.nan()
        total *= abs(found).upper()
    try:
        share = factor.relative_to(key)
    except Lost:
        return arb.nan()
    return total * abs(share).upper()


def _separated(exponent: Corner) -> tuple[dict[Key, Scalar], dict[Key, Scalar]]:
    """Functions of v and of w alone, the sum of which is no less than the exponent."""
    alone: tuple[dict[Key, Scalar], dict[Key, Scalar]] = ({CONSTANT: arb(0)}, {CONSTANT: arb(0)})
    negative: dict[Keys, arb] = {}
    positive: dict[Keys, arb] = {}
    at = exponent.at
    for key, c in exponent.terms.items():
        upper = arb(arb(c).upper())
        v, w = key
        if CONSTANT in key:
            axis = 1 if v == CONSTANT else 0
            alone[axis][key[axis]] = alone[axis].get(key[axis], fmpq(0)) + (
                c if isinstance(c, fmpq) else upper
            )
        elif upper > 0:
            positive[key] = upper
        elif upper < 0:
            negative[key] = upper
    for key, c in sorted(positive.items(), reverse=True):
        _absorb(key, c, negative, alone, at)
    for (v, w), c in negative.items():
        # A(v) B(w) >= (A(v) B(W) + A(V) B(w)) / 2, where both grow; what falls along an axis is above 0.
        if v < CONSTANT or w < CONSTANT or v[1] < 0 or w[1] < 0:
            continue
        for axis, (own, other) in enumerate(((v, w), (w, v))):
            share = c * monomial(other, at[1 - axis]) / 2
            alone[axis][own] = alone[axis].get(own, fmpq(0)) + share
    for axis in (0, 1):
        for (p, k), c in list(alone[axis].items()):
            if p == 0 and k > 1 and c < 0:  # (log v)^k >= (log V)^(k-1) log v
                del alone[axis][p, k]
                more = c * at[axis].log() ** arb(rational(k - 1))
                alone[axis][LOG] = alone[axis].get(LOG, fmpq(0)) + more.upper()
    return alone


def _absorb(
    key: Keys,
    c: arb,
    negative: dict[Keys, arb],
    alone: tuple[dict[Key, Scalar], dict[Key, Scalar]],
    at: tuple[arb, arb],
) -> None:
    """Takes a positive term in two variables into negative ones, or into functions of one of them."""
    for other, d in negative.items():
        v, w = _apart(key, other)
        if v <= CONSTANT and w <= CONSTANT:
            left = (d + c * (small(v, at[0]) * small(w, at[1])).upper()).upper()
            if left <= 0:
                negative[other] = arb(left)
                return
    for axis in (0, 1):
        if key[1 - axis] <= CONSTANT:  # it falls along the other axis
            most = c * small(key[1 - axis], at[1 - axis]).upper()
            own = key[axis]
            alone[axis][own] = alone[axis].get(own, fmpq(0)) + most
            return
    if not _by_young(key, c, alone):
        raise Lost


def _by_young(key: Keys, c: arb, alone: tuple[dict[Key, Scalar], dict[Key, Scalar]]) -> bool:
    """Whether a product that grows along both axes is taken into negative powers of each, by Young.

    A B <= ε A^s / s + ε^(-t/s) B^t / t for 1/s + 1/t = 1, with A^s a power that stands there with a negative
    coefficient, of which half is used.
    """
    for axis in (0, 1):
        (p, k), (q, m) = key[axis], key[1 - axis]
        own, other = alone[axis], alone[1 - axis]
        for (big, logs), d in sorted(own.items(), reverse=True):
            if not (d < 0 and logs == 0 and big > p > 0 and k == 0):
                continue
            s = Fraction(big) / Fraction(p)
            t = s / (s - 1)
            target: Key = (_short(q * t), _short(m * t))
            if not any(e < 0 and one > target for one, e in other.items()):
                continue
            epsilon = -arb(d) / 2 * rational(s) / c
            own[big, logs] = d / 2
            more = c * epsilon ** arb(rational(-t / s)) / rational(t)
            other[target] = other.get(target, fmpq(0)) + more.upper()
            return True
    return False
