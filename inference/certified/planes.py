"""Integrals over two variables with a proof: products of Gauss–Legendre rules on boxes, halved where needed.

On a box X × Y with half widths r and s, let Q be the rule along x, with n nodes and positive weights that
sum to 2 r, R that along y, and I the integrals. The error of the product is I I f - Q R f = (I - Q) I f +
Q (I - R) f. For every y in Y the rule along x is off by no more than r C(n, ρ) times a bound of |f| on the
ellipse around X (`pplc.inference.certified.gauss`), and along y likewise for the nodes x. So the error is at
most

    2 r s (C(n, ρ) sup |f| on E(X) × Y + C(m, σ) sup |f| on X × E(Y)):

only one of the variables is ever complex. As the bounds do not depend on n and m, these are chosen by them.
What lies beyond the boxes is bounded by germs in one variable whose coefficients depend on the other, and
in the corners by `pplc.inference.certified.corners`, in coordinates of which a ratio is one where needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from flint import acb, arb

from pplc.inference.certified.balls import precise
from pplc.inference.certified.boxes import Box, box_of, most_on, parted, rule
from pplc.inference.certified.cells import charts_of
from pplc.inference.certified.gauss import UNIT, share
from pplc.inference.certified.on_chart import OnChart, Runs
from pplc.inference.certified.parts import Panel, Part, Tail
from pplc.inference.certified.rough import sizes
from pplc.inference.certified.search import Search, size
from pplc.inference.certified.sides import Side
from pplc.inference.certified.tails import Diverges
from pplc.inference.certified.terms import Linear, Term, definite
from pplc.inference.continuous.piece import look
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent

BITS = 64
"""Precision: errors of 1e-9 are aimed at, not 1e-15 as in one dimension."""

NODES = (4, 6, 8, 10, 12, 14, 16, 20, 24)
"""Of the rules that are tried along a variable."""

RADII = (3.4, 6.0, 2.2)
"""Of the ellipses that are tried, as the sum ρ of their semi-axes: a good first guess, then others."""

FEW = 10
"""Nodes with which one is content."""

TOLERANCE = 2.0**-36
"""Error of a box as a share of the integral so far."""

MOST = 500_000
"""Work after which the search for a proof is given up: evaluations of the density."""

BOUND, TAIL = 20, 40
"""What it takes to bound a density on a ball, and in a tail, in evaluations."""

HOPELESS = 2.0**100
"""By how much a bound of a density may exceed what is negligible where a rule is tried."""

COARSE, COARSER = 2.0**28, 2.0**50
"""By how much a bound of a density exceeds what is negligible where one in one piece, or two, does."""

MOST_LOST = 150
"""Parts of which nothing is known after which the search for a proof is given up."""

PATIENT = 6
"""How often a corner of which nothing is known is moved out before it is blown up."""


class _Boxes(Search[Box]):
    """Integrals as sums over boxes."""

    def __init__(
        self, sizes: Sequence[arb], definite: Sequence[bool], most: float, latents: Sequence[Latent]
    ) -> None:
        super().__init__(sizes, definite)
        self._latents = latents
        self._most = most
        self._work = 0
        self._lost = 0

    def hopeless(self) -> bool:
        """Whether the search is given up."""
        look(self._latents)
        return self._work > self._most or self._lost > MOST_LOST

    def box(self, on: OnChart, parts: tuple[Part, Part], splits: tuple[int, int] = (0, 0)) -> Box:
        """A product of parts, and what its integrals may be."""
        found = box_of(on, parts, splits)
        self._work += TAIL if found.tailed else BOUND
        return found

    def left_of(self, part: Box) -> Sequence[Box]:
        """Smaller boxes; none if it is settled, and was added."""
        if self.within(part.found, TOLERANCE / 8):
            self.add(part.found)
            return ()
        corner = None if self.known(part.found) else _corner_at_0(part)
        if corner is not None:
            return [self.box(part.on, corner, part.splits)]
        if part.tailed:
            return self._smaller_tails(part)
        axis = self._proved(part)
        return () if axis is None else self._halves(part, axis)

    def _halves(self, box: Box, axis: int) -> list[Box]:
        """A panel halved along an axis; a tail moved out along it, with a panel in between."""
        return [self.box(box.on, parts, splits) for parts, splits in parted(box, axis)]

    def _smaller_tails(self, box: Box) -> Sequence[Box]:
        """Halves or moves out what is best: where less is left that is not proved."""
        if self.known(box.found):
            return min((self._halves(box, axis) for axis in (0, 1)), key=self._left)
        self._lost += 1
        blown_up = self._blown_up(box) if sum(box.splits) >= PATIENT else []
        return blown_up or self._halves(box, box.least_split)

    def _blown_up(self, box: Box) -> list[Box]:
        """A corner in charts of which a ratio is a coordinate."""
        u, w = box.parts
        if not isinstance(u, Tail) or not isinstance(w, Tail):
            return []
        return [
            self.box(on, (first, second))
            for on in box.on.blown_up((u, w))
            for first, second in product(*(on.chart.parts(axis, singular=False) for axis in (0, 1)))
        ]

    def _left(self, boxes: Sequence[Box]) -> tuple[bool, float]:
        """How much of boxes is not known: of what has a tail, as the rest is left to rules."""
        tails = [box.found for box in boxes if box.tailed]
        return any(not self.known(found) for found in tails), max(size(found) for found in tails)

    def _proved(self, box: Box) -> int | None:
        """The axis along which a box must be halved; None if the rule on it is right, and was added."""
        if not self.known(box.found):
            return box.least_split
        u, w = box.parts
        assert isinstance(u, Panel)
        assert isinstance(w, Panel)
        sides = Side(u), Side(w)
        allowed = [one * (TOLERANCE / 2) for one in self.sizes]
        excess = self._excess(box.found, allowed)
        if excess > HOPELESS:
            return box.steeper
        counts: list[int] = []
        errors: list[list[arb]] = []
        for axis in (0, 1):
            other = sides[1 - axis]
            tiles = 1 if excess < COARSE else 2 if excess < COARSER else 4
            beside = other.parts(tiles)
            count, found = self._nodes(box.on, sides, axis, allowed, beside)
            if not count:
                # If it would do for one value of the other variable, the panel of that is too wide.
                middle = sides[1 - axis].middle
                return 1 - axis if self._nodes(box.on, sides, axis, allowed, [middle])[0] else axis
            counts.append(count)
            errors.append(found)
        values = rule(box.on, sides, (counts[0], counts[1]), BITS)
        self._work += counts[0] * counts[1]
        found = [value + UNIT * (a + b) for value, a, b in zip(values, *errors, strict=True)]
        if not self.known(found):
            return box.least_split
        self.add(found)
        return None

    def _nodes(
        self,
        on: OnChart,
        sides: tuple[Side, Side],
        axis: int,
        allowed: Sequence[arb],
        beside: Sequence[arb],
    ) -> tuple[int, list[arb]]:
        """The nodes it takes along an axis, and bounds of the errors; 0 nodes if none suffice.

        beside: balls of the other variable, which cover its panel.
        """
        side = sides[axis]
        area = side.radius * sides[1 - axis].radius * 2
        best: tuple[int, list[arb]] = (0, [arb.pos_inf()] * on.count)
        for rho in RADII:
            around = product(side.ellipse(rho, tiles=len(beside)), beside)
            balls: list[tuple[arb | acb, arb | acb]] = [(z, y) if axis == 0 else (y, z) for z, y in around]
            most, looked = most_on(on, sides, balls)
            self._work += BOUND * looked
            wholes = [own * area for own in most]
            count = next((n for n in NODES if self._suffice(n, rho, wholes, allowed)), 0)
            found = [whole * share(count or NODES[-1], rho) for whole in wholes]
            if (count and (not best[0] or count < best[0])) or (not best[0] and found[0].is_finite()):
                best = count, found
            # A wider ellipse than the first pays if its bound is good, a narrower one if there is none.
            if (rho == RADII[0] and count and count <= FEW) or (
                rho != RADII[0] and (count or rho < RADII[0])
            ):
                break
        return best

    def _suffice(self, nodes: int, rho: float, wholes: Sequence[arb], allowed: Sequence[arb]) -> bool:
        by = share(nodes, rho)
        return all(
            bool(whole * by <= most) or k in self.diverged
            for k, (whole, most) in enumerate(zip(wholes, allowed, strict=True))
        )

    def _excess(self, found: Sequence[arb | Diverges], allowed: Sequence[arb]) -> arb:
        """By how much errors may exceed what is allowed."""
        most = arb(0)
        for k, (one, enough) in enumerate(zip(found, allowed, strict=True)):
            if isinstance(one, Diverges) or k in self.diverged:
                continue
            if not one.is_finite():
                return arb.pos_inf()
            most = most.max(abs(one).upper() / enough if enough > 0 else arb.pos_inf())
        return most.mid()


def enclosures(
    latents: Sequence[Latent], term: Term, functions: Sequence[Number], linear: Sequence[Linear]
) -> list[arb | Diverges] | None:
    """The integrals of a density of two variables and of its multiples; None if no proof is found.

    functions: what it is multiplied by. linear: numbers that are linear in its block, as in `Integrand`.
    """
    with precise(BITS):
        charts = charts_of(latents, term)
        if charts is None:
            return None
        runs = Runs(term, latents, functions, linear)
        starts = [start for chart in charts for start in _starts(OnChart(runs, chart))]
        if not starts:
            return [arb(0) for _ in range(runs.count)]
        search = _Boxes(
            sizes(starts), definite(term, functions, linear), MOST / (1 + term.block / 8), latents
        )
        search.put(*(search.box(on, parts) for on, parts in starts))
        return search.run()


def _corner_at_0(box: Box) -> tuple[Part, Part] | None:
    """A box where both coordinates begin, as a corner, if it is not one already."""
    first, second = (_from_0(part) for part in box.parts)
    return None if first is None or second is None or (first, second) == box.parts else (first, second)


def _from_0(part: Part) -> Tail | None:
    """What a part is if it is all between 0 and a point."""
    if isinstance(part, Panel):
        return None if part.left else Tail(part.right, far=False)
    return None if part.far else part


def _starts(on: OnChart) -> list[tuple[OnChart, tuple[Part, Part]]]:
    """The first boxes of a chart."""
    first, second = (on.chart.parts(axis, singular=_singular(on, axis)) for axis in (0, 1))
    return [(on, parts) for parts in product(first, second)]


def _singular(on: OnChart, axis: int) -> bool:
    """Whether the density has a singularity where a coordinate is 0."""
    ends = [Fraction(1) if reach is None else reach for reach in on.chart.reaches]
    reach = UNIT * (Panel(ends[axis], ends[axis]).ball / 2**12)
    inside = ends[1 - axis] if on.chart.reaches[1 - axis] is None else ends[1 - axis] / 2
    near, beside = acb(reach, reach), Panel(inside, inside * Fraction(5, 4)).ball
    values = on.over(near, beside) if axis == 0 else on.over(beside, near)
    return not all(value.is_finite() for value in values)
