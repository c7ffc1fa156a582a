"""Integrals over one variable with a proof: Gauss–Legendre rules on panels, with the bound of their error.

A function that is analytic in the ellipse with foci at the ends of a panel and semi-axes (ρ ± 1/ρ) / 2 times
its half width r, where it is bounded by M, has Chebyshev coefficients below 2 M ρ^-k; the rule with n nodes
is exact for degrees below 2 n, and both it and the integral are at most 2 and 2 / (k² - 1) for T_k, and 0 for
odd k. So the error is at most r (64 / 15) M ρ^(-2n) / (1 - ρ^-2) (Trefethen 2008, SIAM Review 50, theorem
4.5; Johansson 2018, ICMS, for its use with balls). Panels for which that is not small enough are halved,
those that may hold the most mass first; near a singular end and to infinity, what is left is enclosed by
germs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from heapq import heappop, heappush
from itertools import pairwise
from math import inf

from flint import acb, arb

from pplc.inference.certified.balls import BITS, precise, rational
from pplc.inference.certified.integrand import Integrand, OnHalf
from pplc.inference.certified.straight_line import Scalar
from pplc.inference.certified.tails import Diverges

NODES = 16
RADII = (5.0, 3.2)
"""Of the ellipses that are tried, as the sum ρ of their semi-axes."""

TOLERANCE = 2.0**-50
"""Error of a panel as a share of the integral so far."""

MOST = 4_000
"""Panels and tails looked at before the search for a proof is given up."""

MOST_UNDEFINED = 20
"""Panels on which the density has no value at a node, after which it is taken to have none anywhere."""

UNIT = arb(-1).union(arb(1))


@dataclass(frozen=True, slots=True)
class _Between:
    """A panel without a proof yet, u from left to right. found: enclosures of its integrals."""

    on: OnHalf
    left: arb
    right: arb
    found: Sequence[arb]

    @property
    def whole(self) -> arb:
        """The ball of all u."""
        return self.left.union(self.right)


@dataclass(frozen=True, slots=True)
class _Tail:
    """What is farther from the centre than u, or nearer to it. found: enclosures of its integrals."""

    on: OnHalf
    u: Fraction
    far: bool
    found: Sequence[arb | Diverges]


def _between(on: OnHalf, left: arb, right: arb) -> _Between:
    whole = left.union(right)
    values = on.over(whole, on.inside(whole))
    return _Between(on, left, right, [value * (right - left) for value in values])


def _tail(on: OnHalf, u: Fraction, *, far: bool) -> _Tail:
    return _Tail(on, u, far, on.beyond(u, far=far))


@dataclass(slots=True)
class _Search:
    totals: list[arb]
    sizes: list[arb]
    diverged: dict[int, Diverges] = field(default_factory=dict[int, Diverges])
    queue: list[tuple[float, int, _Between | _Tail]] = field(
        default_factory=list[tuple[float, int, "_Between | _Tail"]]
    )
    looked: int = 0
    undefined: int = 0

    def put(self, *parts: _Between | _Tail) -> None:
        """Queues parts by how much mass they may hold."""
        for part in parts:
            self.looked += 1
            heappush(self.queue, (-_size(part.found[0]), self.looked, part))

    def small(self, part: _Between) -> bool:
        """Whether what a panel may hold is too little to matter; if so, it is added."""
        for k, found in enumerate(part.found):
            if k not in self.diverged and not abs(found) <= self.sizes[k] * (TOLERANCE / 8):
                return False
        self._add(part.found, sized=False)
        return True

    def enclosed(self, part: _Tail) -> bool:
        """Whether what a tail holds is known well enough; if so, it is added."""
        for k, found in enumerate(part.found):
            if isinstance(found, Diverges):
                continue
            if not found.is_finite():  # it may diverge with the other sign
                return False
            if k in self.diverged:
                continue
            if not found.rad() <= self.sizes[k].max(abs(found)) * TOLERANCE:
                return False
        self._add(part.found, sized=True)
        return True

    def _add(self, found: Sequence[arb | Diverges], *, sized: bool) -> None:
        for k, value in enumerate(found):
            if k not in self.diverged and isinstance(value, arb):
                self.totals[k] += value
                if sized:
                    self.sizes[k] += abs(value).upper()

    def proved(self, part: _Between) -> bool:
        """Whether the rule on a panel is right to the tolerance; if so, it is added."""
        inside = part.on.inside(part.whole)
        if None in inside:
            return False
        errors = self._errors(part, inside)
        if errors is None:
            return False
        sums = _rule(part.on, part.left, part.right, inside)
        if not all(value.is_finite() for value in sums):
            self.undefined += 1
        for k, (error, value) in enumerate(zip(errors, sums, strict=True)):
            if k not in self.diverged and not error <= TOLERANCE * self.sizes[k].max(abs(value)):
                return False
        self._add([value + UNIT * error for error, value in zip(errors, sums, strict=True)], sized=True)
        return True

    def _errors(self, part: _Between, inside: Sequence[bool | None]) -> list[arb] | None:
        """Bounds of the errors of the rule; None if there are none."""
        middle, radius = (part.left + part.right) / 2, (part.right - part.left) / 2
        best: list[arb] | None = None
        with precise(64):
            for rho in RADII:
                wide, high = (rho + 1 / rho) / 2, (rho - 1 / rho) / 2
                z = acb(middle + UNIT * (radius * wide), UNIT * (radius * high))
                scale = radius * (64 / arb(15)) / (arb(rho) ** (2 * NODES) * (1 - arb(rho) ** -2))
                errors = [abs(value).upper() * scale for value in part.on.over(z, inside)]
                if errors[0].is_finite() and (best is None or errors[0] < best[0]):
                    best = errors
                if best is not None and best[0] <= self.sizes[0] * TOLERANCE:
                    break
        return best

    def split(self, part: _Between | _Tail) -> None:
        """Halves a panel; moves a tail out, with a panel in between."""
        if isinstance(part, _Between):
            middle = ((part.left + part.right) / 2).mid()
            self.put(_between(part.on, part.left, middle), _between(part.on, middle, part.right))
            return
        next_ = part.u * 4 if part.far else part.u / 4
        self.put(_tail(part.on, next_, far=part.far), _panel(part.on, *sorted((part.u, next_))))


def _panel(on: OnHalf, left: Fraction, right: Fraction) -> _Between:
    return _between(on, arb(rational(left)), arb(rational(right)))


def _rule(on: OnHalf, left: arb, right: arb, inside: Sequence[bool | None]) -> list[arb]:
    """The Gauss–Legendre rule on a panel."""
    middle, radius = (left + right) / 2, (right - left) / 2
    sums: list[arb] = [arb(0)] * on.count
    for node, weight in _legendre():
        values = on(middle + radius * node, inside)
        sums = [total + value * weight for total, value in zip(sums, values, strict=True)]
    return [total * radius for total in sums]


def enclosures(integrand: Integrand) -> list[arb | Diverges] | None:
    """The integrals of a density and of its multiples, in this order; None if no proof is found."""
    with precise():
        zeros = [arb(0)] * integrand.count
        search = _Search([*zeros], [*zeros])
        for half in integrand.halves():
            search.put(*_start(integrand.on(half)))
        while search.queue:
            if search.looked > MOST or search.undefined > MOST_UNDEFINED:
                return None
            _, _, part = heappop(search.queue)
            for k, found in enumerate(part.found):
                if isinstance(found, Diverges) and search.diverged.setdefault(k, found) != found:
                    search.diverged[k] = Diverges(0)
            done = (
                search.enclosed(part)
                if isinstance(part, _Tail)
                else search.small(part) or search.proved(part)
            )
            if not done:
                search.split(part)
        return [search.diverged.get(k, total) for k, total in enumerate(search.totals)]


def _start(on: OnHalf) -> list[_Between | _Tail]:
    """The first panels and tails of a half."""
    reach = on.half.reach
    one = Fraction(1) if reach is None else reach
    near = UNIT * arb(rational(one)) / 2**12
    regular = all(value.is_finite() for value in on.over(acb(near, near), on.inside(near)))
    parts: list[_Between | _Tail] = []
    start = Fraction(0)
    if not regular:
        # A tail that is known to the last digits saves the panels in it, however far it reaches.
        tries = [one / 4] if reach is not None else [Fraction(4) ** k for k in (6, 4, 2, 1, 0, -1)]
        tails = (_tail(on, start, far=False) for start in tries)
        tail = next(filter(_sharp, tails), None) or _tail(on, tries[-1], far=False)
        start = tail.u
        parts.append(tail)
    if reach is not None:
        return [*parts, _panel(on, start, reach)]
    end = max(Fraction(4), start * 4)
    edges = sorted({start, min(max(start, Fraction(1)), end), end})
    return [*parts, *(_panel(on, a, b) for a, b in pairwise(edges)), _tail(on, end, far=True)]


def _sharp(tail: _Tail) -> bool:
    """Whether everything is known of a tail, to the last digits."""
    return all(isinstance(f, Diverges) or f.rad() <= abs(f) * TOLERANCE for f in tail.found)


def _size(found: arb | Diverges) -> float:
    """The log of the most that an integral may be."""
    if isinstance(found, Diverges) or not found.is_finite():
        return inf
    upper = abs(found).upper()
    return float(upper.log()) if upper > 0 else -inf


@cache
def _legendre() -> list[tuple[Scalar, Scalar]]:
    with precise(BITS):
        return [arb.legendre_p_root(NODES, k, weight=True) for k in range(NODES)]
