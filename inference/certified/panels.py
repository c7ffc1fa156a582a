"""Integrals over one variable with a proof: Gauss–Legendre rules on panels, with the bound of their error.

The bound is that of `pplc.inference.certified.gauss`, on an ellipse around a panel. Panels for which it is
not small enough are halved, those that may hold the most mass first; near a singular end and to infinity,
what is left is enclosed by germs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from flint import acb, arb

from pplc.inference.certified.balls import BITS, precise, rational
from pplc.inference.certified.gauss import UNIT, legendre, share
from pplc.inference.certified.integrand import Integrand, OnHalf
from pplc.inference.certified.search import Search
from pplc.inference.certified.tails import Diverges

NODES = 32
RADII = (3.2, 2.2)
"""Of the ellipses that are tried, as the sum ρ of their semi-axes."""

TOLERANCE = 2.0**-50
"""Error of a panel as a share of the integral so far."""

MOST = 4_000
"""Panels and tails looked at before the search for a proof is given up."""

MOST_UNDEFINED = 20
"""Panels on which the density has no value at a node, after which it is taken to have none anywhere."""


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


class _Panels(Search["_Between | _Tail"]):
    """Integrals as sums over panels and tails; their sizes grow by what is settled."""

    def __init__(self, definite: Sequence[bool]) -> None:
        super().__init__([arb(0)] * len(definite), definite)
        self._undefined = 0

    def hopeless(self) -> bool:
        """Whether the search is given up."""
        return self.looked > MOST or self._undefined > MOST_UNDEFINED

    def left_of(self, part: _Between | _Tail) -> Sequence[_Between | _Tail]:
        """A panel in halves; a tail moved out, with a panel in between; nothing of what is settled."""
        if isinstance(part, _Tail):
            if self._enclosed(part):
                return ()
            next_ = part.u * 4 if part.far else part.u / 4
            return _tail(part.on, next_, far=part.far), _panel(part.on, *sorted((part.u, next_)))
        if self._small(part) or self._proved(part):
            return ()
        middle = ((part.left + part.right) / 2).mid()
        return _between(part.on, part.left, middle), _between(part.on, middle, part.right)

    def _small(self, part: _Between) -> bool:
        """Whether what a panel may hold is too little to matter; if so, it is added."""
        for k, found in enumerate(part.found):
            if k not in self.diverged and not abs(found) <= self.sizes[k] * (TOLERANCE / 8):
                return False
        self.add(part.found)
        return True

    def _enclosed(self, part: _Tail) -> bool:
        """Whether what a tail holds is known well enough; if so, it is added."""
        if not self.known(part.found):
            return False
        for k, found in enumerate(part.found):
            if isinstance(found, Diverges) or k in self.diverged:
                continue
            if not found.rad() <= self.sizes[k].max(abs(found)) * TOLERANCE:
                return False
        self._sized(part.found)
        return True

    def _sized(self, found: Sequence[arb | Diverges]) -> None:
        self.add(found)
        for k, value in enumerate(found):
            if k not in self.diverged and isinstance(value, arb):
                self.sizes[k] += abs(value).upper()

    def _proved(self, part: _Between) -> bool:
        """Whether the rule on a panel is right to the tolerance; if so, it is added."""
        inside = part.on.inside(part.whole)
        if None in inside:
            return False
        errors = self._errors(part, inside)
        if errors is None:
            return False
        sums = _rule(part.on, part.left, part.right, inside)
        if not all(value.is_finite() for value in sums):
            self._undefined += 1
        for k, (error, value) in enumerate(zip(errors, sums, strict=True)):
            if k not in self.diverged and not error <= TOLERANCE * self.sizes[k].max(abs(value)):
                return False
        self._sized([value + UNIT * error for error, value in zip(errors, sums, strict=True)])
        return True

    def _errors(self, part: _Between, inside: Sequence[bool | None]) -> list[arb] | None:
        """Bounds of the errors of the rule; None if there are none."""
        middle, radius = (part.left + part.right) / 2, (part.right - part.left) / 2
        best: list[arb] | None = None
        with precise(64):
            for rho in RADII:
                wide, high = (rho + 1 / rho) / 2, (rho - 1 / rho) / 2
                z = acb(middle + UNIT * (radius * wide), UNIT * (radius * high))
                scale = radius * share(NODES, rho)
                errors = [abs(value).upper() * scale for value in part.on.over(z, inside)]
                if errors[0].is_finite() and (best is None or errors[0] < best[0]):
                    best = errors
                if best is not None and best[0] <= self.sizes[0] * TOLERANCE:
                    break
        return best


def _panel(on: OnHalf, left: Fraction, right: Fraction) -> _Between:
    return _between(on, arb(rational(left)), arb(rational(right)))


def _rule(on: OnHalf, left: arb, right: arb, inside: Sequence[bool | None]) -> list[arb]:
    """The Gauss–Legendre rule on a panel."""
    middle, radius = (left + right) / 2, (right - left) / 2
    sums: list[arb] = [arb(0)] * on.count
    for node, weight in legendre(NODES, BITS):
        values = on(middle + radius * node, inside)
        sums = [total + value * weight for total, value in zip(sums, values, strict=True)]
    return [total * radius for total in sums]


def enclosures(integrand: Integrand) -> list[arb | Diverges] | None:
    """The integrals of a density and of its multiples, in this order; None if no proof is found."""
    with precise():
        search = _Panels(integrand.definite)
        for half in integrand.halves():
            search.put(*_start(integrand.on(half)))
        return search.run()


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
