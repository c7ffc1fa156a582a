"""The density of two variables on a chart, and functions times it, in the arithmetics that proofs need."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import acb, arb

from pplc.inference.certified.balls import BALLS, FUNCTIONS, rational
from pplc.inference.certified.charts import Chart, Sum
from pplc.inference.certified.coefficients import of_variable
from pplc.inference.certified.corners import Corner, Corners, bound
from pplc.inference.certified.germs import ZERO, Germ, Germs, Key, Lost, made
from pplc.inference.certified.integrand import FROM
from pplc.inference.certified.parts import Panel, Part, Tail
from pplc.inference.certified.sides import Side
from pplc.inference.certified.slopes import Slopes, variables
from pplc.inference.certified.straight_line import Arithmetic, Scalar
from pplc.inference.certified.tails import Diverges, integral
from pplc.inference.certified.terms import Linear, Run, Term
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent

ORDER = 2
"""Of the Taylor expansions of germs: along the other variable they have balls for coefficients anyway."""

UNIT = arb(-1).union(arb(1))

SLOPES = Slopes()


class Runs:
    """A term and its multiples in the arithmetics that proofs need.

    functions: what it is multiplied by. linear: numbers that are linear in its block, as in `Integrand`.
    """

    def __init__(
        self,
        term: Term,
        latents: Sequence[Latent],
        functions: Sequence[Number],
        linear: Sequence[Linear],
    ) -> None:
        self.count = 1 + len(functions) + 3 * len(linear)
        arithmetics = BALLS, SLOPES, Germs(arb(FROM), ORDER), Corners(arb(FROM), arb(FROM))
        self.exact, self.sloped, self.germs, self.corners = (
            Run(term, latents, functions, linear, [], arithmetic) for arithmetic in arithmetics
        )


class OnChart:
    """A term on a chart, and its multiples."""

    def __init__(self, runs: Runs, chart: Chart) -> None:
        self.chart = chart
        self.count = runs.count
        self._runs = runs
        sums = [*chart.axes, chart.area]
        self._points = [_Sum(one, BALLS) for one in sums]
        self._sloped = [_Sum(one, SLOPES) for one in sums]
        self._flat = chart.area == {(0, 0): Fraction(1)}

    def blown_up(self, tails: tuple[Tail, Tail]) -> list[OnChart]:
        """A corner in charts of which a ratio is a coordinate."""
        return [OnChart(self._runs, chart) for chart in self.chart.blown_up(tails)]

    def __call__(self, u: arb, w: arb) -> list[Scalar]:
        """The density and its multiples at a point, as a share of the area of the coordinates."""
        x, y = self._points[0](u, w), self._points[1](u, w)
        values = self._runs.exact.values([x, y], True)
        if self._flat:
            return values
        area = self._points[2](u, w)
        return [value * area for value in values]

    def over(self, u: arb | acb, w: arb | acb) -> list[Scalar]:
        """The same over balls; not finite where they are not analytic on complex ones."""
        exponent, numbers = self._parts(*variables(u, w))
        density = FUNCTIONS["exp"](exponent.whole)
        return [density * number.whole for number in numbers]

    def _parts(self, u: Scalar, w: Scalar) -> tuple[Scalar, list[Scalar]]:
        x, y, area = (one(u, w) for one in self._sloped)
        exponent, numbers = self._runs.sloped.parts([x, y])
        return exponent, numbers if self._flat else [number * area for number in numbers]

    def _on_sides(self, sides: tuple[Side, Side], s: arb | acb, t: arb | acb) -> tuple[Scalar, list[Scalar]]:
        """The exponent where the coordinates of sides lie in balls, and what stands before its power."""
        coordinates = variables(s, t)
        distances = [
            SLOPES.apply("exp", one) if side.logarithmic else one
            for side, one in zip(sides, coordinates, strict=True)
        ]
        exponent, numbers = self._parts(*distances)
        for side, one in zip(sides, coordinates, strict=True):
            if side.logarithmic:
                exponent = exponent + one
        return exponent, numbers

    def bounds(self, sides: tuple[Side, Side], s: arb | acb, t: arb | acb) -> list[arb]:
        """Bounds of the density and its multiples on balls of the coordinates of sides.

        Not finite where they are not analytic.
        """
        exponent, numbers = self._on_sides(sides, s, t)
        whole = exponent.whole
        if not whole.is_finite():
            return [arb.pos_inf()] * self.count
        density = (whole.real if isinstance(whole, acb) else whole).upper().exp()
        return [(density * abs(number.whole)).upper() for number in numbers]

    def on_panels(self, u: Panel, w: Panel) -> tuple[list[Scalar], int]:
        """Enclosures of the integrals over a box, and the axis along which the exponent changes more."""
        sides = Side(u), Side(w)
        exponent, numbers = self._on_sides(sides, sides[0].whole, sides[1].whole)
        slopes = exponent.slopes or (arb(0), arb(0))  # a constant has none
        changes = [abs(slope).upper() * side.radius for slope, side in zip(slopes, sides, strict=True)]
        density = FUNCTIONS["exp"](exponent.whole) * (sides[0].radius * sides[1].radius * 4)
        return [density * number.whole for number in numbers], 0 if changes[0] > changes[1] else 1

    def integrals(self, parts: tuple[Part, Part]) -> list[arb | Diverges]:
        """Enclosures of the integrals over a product of parts."""
        try:
            match parts:
                case (Panel() as u, Panel() as w):
                    return self.on_panels(u, w)[0]
                case (Tail() as tail, Panel() as panel):
                    return self._beyond(0, tail, panel)
                case (Panel() as panel, Tail() as tail):
                    return self._beyond(1, tail, panel)
                case (u, w):
                    assert isinstance(u, Tail)
                    assert isinstance(w, Tail)
                    return self._corner((u, w))
        except Lost:
            pass
        return [arb.nan()] * self.count

    def _beyond(self, axis: int, tail: Tail, panel: Panel) -> list[arb | Diverges]:
        (s,) = variables(panel.ball)

        def germ(terms: Sum) -> Germ:
            by_power: dict[int, dict[int, Fraction]] = {}
            for powers, c in terms.items():
                i, j = powers[axis], powers[1 - axis]
                by_power.setdefault(i * tail.power, {})[j] = c * tail.slope**i
            found: dict[Key, Scalar] = {(k, ZERO): of_variable(s, sum_) for k, sum_ in by_power.items()}
            return made(found, arb(FROM))

        x, y = (germ(terms) for terms in self.chart.axes)
        exponent, numbers = self._runs.germs.parts([x, y])
        area, size = germ(self.chart.area), panel.width * rational(tail.slope)
        found = [integral(exponent, number * area, far=tail.far) for number in numbers]
        return [value if isinstance(value, Diverges) else value * size for value in found]

    def _corner(self, tails: tuple[Tail, Tail]) -> list[arb | Diverges]:
        first, second = tails

        def corner(terms: Sum) -> Corner:
            return Corner(
                {
                    ((i * first.power, ZERO), (j * second.power, ZERO)): rational(
                        c * first.slope**i * second.slope**j
                    )
                    for (i, j), c in terms.items()
                },
                (arb(FROM), arb(FROM)),
            )

        exponent, numbers = self._runs.corners.parts([corner(terms) for terms in self.chart.axes])
        area, size = corner(self.chart.area), rational(first.slope) * rational(second.slope)
        far = first.far, second.far
        return [UNIT * (bound(exponent, number * area, far=far) * size) for number in numbers]


class _Sum:
    """Σ c u^i w^j in an arithmetic."""

    def __init__(self, terms: Sum, arithmetic: Arithmetic) -> None:
        self._terms = [(None if c == 1 else arithmetic.constant(c), i, j) for (i, j), c in terms.items()]
        self._nothing = arithmetic.constant(Fraction(0))
        self._one = arithmetic.constant(Fraction(1))
        self._power = arithmetic.power

    def __call__(self, u: Scalar, w: Scalar) -> Scalar:
        total: Scalar = None
        for c, i, j in self._terms:
            term = c
            for one, k in ((u, i), (w, j)):
                if k:
                    factor = one if k == 1 else self._power(one, k)
                    term = factor if term is None else term * factor
            if term is None:
                term = self._one
            total = term if total is None else total + term
        return self._nothing if total is None else total
