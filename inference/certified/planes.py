"""Integrals over two variables with a proof: products of Gauss–Legendre rules on boxes, halved where needed.

On a box X × Y with half widths r and s, let Q be the rule along x, with n nodes and positive weights that
sum to 2 r, R that along y, and I the integrals. The error of the product is I I f - Q R f = (I - Q) I f +
Q (I - R) f. For every y in Y the rule along x is off by no more than r C(n, ρ) times a bound of |f| on the
ellipse around X (`pplc.inference.certified.panels`), and along y likewise for the nodes x. So the error is at
most

    2 r s (C(n, ρ) sup |f| on E(X) × Y + C(m, σ) sup |f| on X × E(Y)):

only one of the variables is ever complex. As the bounds do not depend on n and m, these are chosen by them.
What lies beyond the boxes is bounded by germs in one variable with balls of the other for coefficients, and
in the corners by `pplc.inference.certified.corners`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from heapq import heappop, heappush
from itertools import count as counter
from itertools import pairwise, product
from math import inf

from flint import acb, arb

from pplc.inference.certified.balls import precise
from pplc.inference.certified.integrand import Half, Integrand
from pplc.inference.certified.quadrant import Panel, Part, Quadrant, Tail
from pplc.inference.certified.straight_line import Scalar
from pplc.inference.certified.tails import Diverges
from pplc.inference.certified.terms import Linear, Term
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent

BITS = 64
"""Precision: errors of 1e-11 are aimed at, not 1e-15 as in one dimension."""

NODES = (4, 6, 8, 10, 12, 14, 16, 20, 24)
"""Of the rules that are tried along a variable."""

RADII = (3.4, 6.0, 2.2)
"""Of the ellipses that are tried, as the sum ρ of their semi-axes: a good first guess, then others."""

FEW = 10
"""Nodes with which one is content."""

TOLERANCE = 2.0**-38
"""Error of a box as a share of the integral so far."""

MOST = 300_000
"""Work after which the search for a proof is given up: evaluations of the density."""

BOUND, TAIL = 20, 40
"""What it takes to bound a density on a ball, and in a tail, in evaluations."""

HOPELESS = 2.0**80
"""By how much a bound of a density may exceed what is negligible where a rule is tried."""

COARSE = 2.0**28
"""By how much a bound of a density exceeds what is negligible where one in one piece does."""

ROUGHLY = 400
"""Boxes that are halved to know how large an integral is, roughly."""

MOST_LOST = 150
"""Parts of which nothing is known after which the search for a proof is given up."""

TILES = 2
"""Parts of an ellipse on which a density is bounded: the smaller, the less is lost."""

UNIT = arb(-1).union(arb(1))


@dataclass(frozen=True, slots=True)
class _Box:
    """A product of two parts without a proof yet.

    splits: how often it was parted along each axis. found: enclosures of its integrals.
    steeper: the axis along which the exponent changes more, on a box of panels.
    """

    on: Quadrant
    parts: tuple[Part, Part]
    splits: tuple[int, int]
    found: Sequence[arb | Diverges]
    steeper: int = 0

    @property
    def least_split(self) -> int:
        """The axis along which it was parted least."""
        return 0 if self.splits[0] < self.splits[1] else 1


@dataclass(slots=True)
class _Search:
    """sizes: of the integrals, roughly; they only tell which errors are small."""

    totals: list[arb]
    sizes: list[arb]
    diverged: dict[int, Diverges] = field(default_factory=dict[int, Diverges])
    queue: list[tuple[float, int, _Box]] = field(default_factory=list[tuple[float, int, "_Box"]])
    looked: int = 0
    work: int = 0
    lost: int = 0

    def box(self, on: Quadrant, parts: tuple[Part, Part], splits: tuple[int, int] = (0, 0)) -> _Box:
        """A product of parts, and what its integrals may be."""
        self.work += TAIL if any(isinstance(part, Tail) for part in parts) else BOUND
        match parts:
            case (Panel() as u, Panel() as w):
                found, steeper = on.on_panels(u, w)
                return _Box(on, parts, splits, found, steeper)
            case _:
                return _Box(on, parts, splits, on.integrals(parts))

    def put(self, *boxes: _Box) -> None:
        """Queues boxes by how much mass they may hold."""
        for box in boxes:
            self.looked += 1
            heappush(self.queue, (-_size(box.found), self.looked, box))

    def settled(self, box: _Box) -> bool:
        """Whether what a box holds is known well enough; if so, it is added."""
        for k, found in enumerate(box.found):
            if isinstance(found, Diverges):
                continue
            if not found.is_finite():
                return False
            if k not in self.diverged and not found.rad() <= self.sizes[k] * (TOLERANCE / 8):
                return False
        self._add(box.found)
        return True

    def _add(self, found: Sequence[arb | Diverges]) -> None:
        for k, value in enumerate(found):
            if k not in self.diverged and isinstance(value, arb):
                self.totals[k] += value

    def proved(self, box: _Box) -> int | None:
        """The axis along which a box must be halved; None if the rule on it is right, and was added."""
        if not _known(box.found):
            return box.least_split
        sides = box.parts
        assert isinstance(sides[0], Panel)
        assert isinstance(sides[1], Panel)
        u, w = _Side(sides[0]), _Side(sides[1])
        most = [abs(found).upper() for found in box.found if not isinstance(found, Diverges)]
        allowed = [size * (TOLERANCE / 2) for size in self.sizes]
        if _excess(most, allowed) > HOPELESS:
            return box.steeper
        fine = _excess(most, allowed) > COARSE
        counts: list[int] = []
        errors: list[list[arb]] = []
        for axis in (0, 1):
            count, found = self._nodes(box.on, (u, w), axis, allowed, fine)
            if not count:
                return axis if found[0].is_finite() else box.least_split
            counts.append(count)
            errors.append(found)
        values = self._rule(box.on, (u, w), (counts[0], counts[1]))
        total = [a + b for a, b in zip(*errors, strict=True)]
        for k, (error, value) in enumerate(zip(total, values, strict=True)):
            if k not in self.diverged and not error <= TOLERANCE * self.sizes[k].max(abs(value)):
                return box.least_split
        self._add([value + UNIT * error for error, value in zip(total, values, strict=True)])
        return None

    def _nodes(
        self, on: Quadrant, sides: tuple[_Side, _Side], axis: int, allowed: Sequence[arb], fine: bool
    ) -> tuple[int, list[arb]]:
        """The nodes it takes along an axis, and bounds of the errors; 0 nodes if none suffice."""
        side, other = sides[axis], sides[1 - axis]
        area = side.radius * other.radius * 2
        best: tuple[int, list[arb]] = (0, [arb.pos_inf()] * on.count)
        for rho in RADII:
            most = self._most(on, axis, side.ellipse(rho, fine), other.halves if fine else [other.ball])
            sizes = [own * area for own in most]
            count = next((n for n in NODES if self._suffice(n, rho, sizes, allowed)), 0)
            found = [size * _share(count or NODES[-1], rho) for size in sizes]
            if count and (not best[0] or count < best[0]):
                best = count, found
            elif not best[0] and found[0].is_finite():
                best = 0, found
            # A wider ellipse than the first pays if its bound is good, a narrower one if there is none.
            if rho == RADII[0] and count and count <= FEW:
                break
            if rho != RADII[0] and (count or rho < RADII[0]):
                break
        return best

    def _suffice(self, nodes: int, rho: float, sizes: Sequence[arb], allowed: Sequence[arb]) -> bool:
        share = _share(nodes, rho)
        return all(
            bool(size * share <= most) or k in self.diverged
            for k, (size, most) in enumerate(zip(sizes, allowed, strict=True))
        )

    def _most(self, on: Quadrant, axis: int, ellipse: Sequence[acb], beside: Sequence[arb]) -> list[arb]:
        """Bounds of the density and its multiples where one variable is in an ellipse, the other in balls."""
        found: list[arb] = [arb(0)] * on.count
        for z, y in product(ellipse, beside):
            self.work += BOUND
            values = on.over(z, y) if axis == 0 else on.over(y, z)
            if not values[0].is_finite():
                return [arb.pos_inf()] * on.count
            found = [most.max(abs(value).upper()) for most, value in zip(found, values, strict=True)]
        return found

    def _rule(self, on: Quadrant, sides: tuple[_Side, _Side], counts: tuple[int, int]) -> list[arb]:
        """The product of two Gauss–Legendre rules on a box."""
        u, w = sides
        sums: list[arb] = [arb(0)] * on.count
        inner = [(w.middle + w.radius * node, weight) for node, weight in _legendre(counts[1])]
        for node, weight in _legendre(counts[0]):
            x = u.middle + u.radius * node
            for y, own in inner:
                both = weight * own
                sums = [total + value * both for total, value in zip(sums, on(x, y), strict=True)]
        self.work += counts[0] * counts[1]
        return [total * (u.radius * w.radius) for total in sums]

    def split(self, box: _Box, axis: int) -> None:
        """Halves a panel along an axis; moves a tail along it out, with a panel in between."""
        self.put(*self._parted(box, axis))

    def _parted(self, box: _Box, axis: int) -> list[_Box]:
        part = box.parts[axis]
        if isinstance(part, Panel):
            middle = part.middle
            parts: tuple[Part, Part] = Panel(part.left, middle), Panel(middle, part.right)
        else:
            u = part.u * 4 if part.far else part.u / 4
            parts = Panel(min(u, part.u), max(u, part.u)), Tail(u, part.far)
        splits = box.splits[0] + (axis == 0), box.splits[1] + (axis == 1)
        return [
            self.box(box.on, (new, box.parts[1]) if axis == 0 else (box.parts[0], new), splits)
            for new in parts
        ]

    def split_tail(self, box: _Box) -> None:
        """Halves or moves out what is best: where less is left that is not proved."""
        if not _known(box.found):
            self.lost += 1
            self.split(box, box.least_split)
            return
        choices = [self._parted(box, axis) for axis in (0, 1)]
        self.put(*min(choices, key=self._left))

    def _left(self, boxes: Sequence[_Box]) -> tuple[bool, float]:
        """How much of boxes is not known: of what has a tail, as the rest is left to rules."""
        tails = [box for box in boxes if any(isinstance(part, Tail) for part in box.parts)]
        return any(not _known(box.found) for box in tails), max(_size(box.found) for box in tails)


class _Side:
    """A side of a box, in balls."""

    def __init__(self, panel: Panel) -> None:
        self.ball = panel.ball
        self.radius = panel.width / 2
        left, right = Panel(panel.left, panel.left).ball, Panel(panel.right, panel.right).ball
        self.middle = (left + right) / 2

        self.halves = [left.union(self.middle), self.middle.union(right)]

    def ellipse(self, rho: float, fine: bool) -> list[acb]:
        """What contains the upper half of the ellipse with foci at the ends and this sum of semi-axes.

        Semi-axes for a half width of 1. On the lower half, values are the conjugate ones.
        """
        wide, high = self.radius * ((rho + 1 / rho) / 2), self.radius * ((rho - 1 / rho) / 2)
        up = arb(0).union(high)
        tiles = TILES if fine else 1
        steps = [self.middle + wide * (arb(2 * k - tiles) / tiles) for k in range(tiles + 1)]
        return [acb(a.union(b), up) for a, b in pairwise(steps)]


@cache
def _share(nodes: int, rho: float) -> arb:
    """C(n, ρ) = 64 / 15 ρ^(-2n) / (1 - ρ^-2), the error of a rule as a share of the bound on the ellipse."""
    return (64 / arb(15)) / (arb(rho) ** (2 * nodes) * (1 - arb(rho) ** -2))


@cache
def _legendre(nodes: int) -> list[tuple[Scalar, Scalar]]:
    with precise(BITS):
        return [arb.legendre_p_root(nodes, k, weight=True) for k in range(nodes)]


def _known(found: Sequence[arb | Diverges]) -> bool:
    return all(isinstance(one, Diverges) or one.is_finite() for one in found)


def _size(found: Sequence[arb | Diverges]) -> float:
    """The log of the most that an integral may be; infinite if one of them is unknown."""
    if not _known(found):
        return inf
    first = found[0]
    if isinstance(first, Diverges):
        return inf
    upper = abs(first).upper()
    return float(upper.log()) if upper > 0 else -inf


def _excess(errors: Sequence[arb], allowed: Sequence[arb]) -> arb:
    """By how much errors exceed what is allowed."""
    found = arb(0)
    for error, most in zip(errors, allowed, strict=True):
        if not error.is_finite():
            return arb.pos_inf()
        found = found.max(error / most if most > 0 else arb.pos_inf())
    return found.mid()


def enclosures(
    latents: Sequence[Latent], term: Term, functions: Sequence[Number], linear: Sequence[Linear]
) -> list[arb | Diverges] | None:
    """The integrals of a density of two variables and of its multiples; None if no proof is found.

    functions: what it is multiplied by. linear: numbers that are linear in its block, as in `Integrand`.
    """
    with precise(BITS):
        halves = [Integrand(variable, [term]) for variable in latents]
        cuts = sum(len(term.piece.region) - len(integrand.curved(term)) for integrand in halves)
        if cuts < len(term.piece.region):
            return None  # a bound is of both variables, or not linear
        quadrants = [
            Quadrant(term, latents, functions, linear, (u, w))
            for u, w in product(*(integrand.halves() for integrand in halves))
        ]
        most = MOST / (1 + term.block / 8)
        return _searched(quadrants, most) if quadrants else None


def _searched(quadrants: Sequence[Quadrant], most: float) -> list[arb | Diverges] | None:
    """The sums of the integrals over quadrants."""
    starts = [(on, (u, w)) for on in quadrants for u, w in product(*(_start(on, axis) for axis in (0, 1)))]
    search = _Search([arb(0)] * quadrants[0].count, _rough(starts))
    for on, parts in starts:
        search.put(search.box(on, parts))
    while search.queue:
        if search.work > most or search.lost > MOST_LOST:
            return None
        _, _, box = heappop(search.queue)
        for k, found in enumerate(box.found):
            if isinstance(found, Diverges) and search.diverged.setdefault(k, found) != found:
                search.diverged[k] = Diverges(0)
        if search.settled(box):
            continue
        if any(isinstance(part, Tail) for part in box.parts):
            search.split_tail(box)
            continue
        axis = search.proved(box)
        if axis is not None:
            search.split(box, axis)
    return [search.diverged.get(k, total) for k, total in enumerate(search.totals)]


def _rough(starts: Sequence[tuple[Quadrant, tuple[Part, Part]]]) -> list[arb]:
    """The sizes of integrals, roughly: by values in the middle of boxes, of which the largest are halved."""
    count = starts[0][0].count
    queue: list[tuple[float, int, Quadrant, tuple[Panel, Panel], int, list[arb]]] = []
    totals = [arb(0)] * count
    order = counter()

    def put(on: Quadrant, panels: tuple[Panel, Panel], axis: int) -> None:
        u, w = (_Side(panel) for panel in panels)
        found = [abs(value).mid() * (4 * u.radius * w.radius) for value in on(u.middle, w.middle)]
        if not all(value.is_finite() for value in found):
            found = [arb(0)] * count
        for k, value in enumerate(found):
            totals[k] += value
        heappush(queue, (-_size(found), next(order), on, panels, axis, found))

    for on, parts in starts:
        first, second = (_near_panel(part) for part in parts)
        put(on, (first, second), 0)
    for _ in range(ROUGHLY):
        _, _, on, panels, axis, found = heappop(queue)
        for k, value in enumerate(found):
            totals[k] -= value
        half, middle = panels[axis], panels[axis].middle
        for new in (Panel(half.left, middle), Panel(middle, half.right)):
            put(on, (new, panels[1]) if axis == 0 else (panels[0], new), 1 - axis)
    return totals


def _near_panel(part: Part) -> Panel:
    """Most of a part."""
    if isinstance(part, Panel):
        return part
    return Panel(part.u, part.u * 2**20) if part.far else Panel(part.u / 2**20, part.u)


def _start(on: Quadrant, axis: int) -> list[Part]:
    """The first parts of an axis: with a tail near the centre where the density has a singularity there."""
    half: Half = on.halves[axis]
    one = Fraction(1) if half.reach is None else half.reach
    reach = UNIT * (Panel(one, one).ball / 2**12)
    near = acb(reach, reach)
    other = on.halves[1 - axis]
    inside = Fraction(1) if other.reach is None else other.reach / 2
    beside = Panel(inside, inside * Fraction(5, 4)).ball
    values = on.over(near, beside) if axis == 0 else on.over(beside, near)
    parts: list[Part] = []
    start = Fraction(0)
    if not all(value.is_finite() for value in values):
        start = one / 4
        parts.append(Tail(start, far=False))
    parts.append(Panel(start, one))
    if half.reach is None:
        parts += [Panel(one, one * 4), Tail(one * 4, far=True)]
    return parts
