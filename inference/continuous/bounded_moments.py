"""Masses of normal variables of which one or two sums lie between bounds, and means of polynomials, as balls.

Given the standardised sums z, the variables are normal with means that are linear in z and covariances that
do not depend on it, so that the mean of a product of them is a polynomial in z (Isserlis 1918, Biometrika 12,
134). What is left are moments of one or two normal variables between bounds: integrals over one variable,
each enclosed by `acb.integral` (Johansson 2018, *Numerical integration in arbitrary-precision ball
arithmetic*, ICMS), the second variable in closed form given the first. Three sums are those of
`pplc.inference.continuous.orthants`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache, partial
from math import comb, prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pplc.inference.continuous.blocks import block_and_bounds, quadratic, quadratic_variables
from pplc.inference.continuous.orthants import Joint
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.slabs import Linear, directions, linear_in
from pplc.inference.continuous.wedges import Wedge
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Unknown, expanded

if TYPE_CHECKING:
    from flint import acb, arb, arb_mat

    from pplc.inference.continuous.slabs import Slab

SUMS = 3
"""Sums for which there is another way than for one or two."""

MOST_DEGREE = 2
"""Degree of a number; that of its square is twice that."""

MOST_BLOCK = 60
"""Variables of a block beyond which its covariance is not looked for."""

FAR = 24
"""Standard deviations from where the density is highest at which its mass is put into the error."""

KNOWN = 1e-6
"""Radius of the mass between the bounds, as a share of it, beyond which nothing is said."""

Powers: TypeAlias = "tuple[int, int]"
Polynomial: TypeAlias = "Mapping[Powers, arb]"
"""In the two standardised sums, by the powers of these."""

Terms: TypeAlias = "list[tuple[tuple[int, ...], arb]]"
"""Of a polynomial in the block: places of variables, in order, and the coefficient of their product."""


def bounded_moments(number: Unknown, piece: Piece) -> tuple[arb, arb] | None:
    """The means of a number and of its square under a piece.

    None unless the piece is a normal block, with one or two sums bounded, and the number a polynomial in it
    of degree one or two.
    """
    joint = _joint(piece, number)
    if joint is not None:
        mass, first, second = joint.moments()
        if not _known(mass) or not first.is_finite() or not second.is_finite():
            return None
        return first / mass, second / mass
    found = _bounded(piece)
    polynomial = None if found is None else _polynomial(number, found.block)
    return None if found is None or polynomial is None else found.sums.means_of(polynomial)


def bounded_log_mass(piece: Piece) -> arb | None:
    """The log of the integral of a piece; None unless it is a normal block with one or two sums bounded."""
    from pplc.inference.continuous.enclosed import ball

    found = _bounded(piece)
    if found is None:
        joint, normal = _joint(piece, None), _whole(piece)
        mass = None if joint is None else joint.mass()
        if mass is None or normal is None or not _known(mass):
            return None
        return normal[1].log_mass + ball(piece.factor).log() + mass.log()
    share = found.sums.log_share()
    return None if share is None else found.normal.log_mass + ball(piece.factor).log() + share


def is_normal(piece: Piece) -> bool:
    """Whether a piece is a normal law, whatever bounds it, so that all powers of its variables have means."""
    return _whole(piece) is not None


def _whole(piece: Piece) -> tuple[tuple[Latent, ...], _Normal] | None:
    """The variables of a piece and their normal law, without the bounds; None if it is none."""
    if isinstance(piece.factor, Unknown) or len(piece.latents) > MOST_BLOCK:
        return None
    quadratic = quadratic_variables(piece)
    block = tuple(v for v in piece.latents if v in quadratic)
    normal = _Normal.of(piece, block) if block and len(block) == len(piece.latents) else None
    return None if normal is None else (block, normal)


def _joint(piece: Piece, number: Unknown | None) -> Joint | None:
    """A linear number with the three sums that are bounded; None unless there are three, of a normal law."""
    from flint import arb

    from pplc.inference.continuous.enclosed import ball

    whole = _whole(piece)
    if whole is None or len(piece.region) < SUMS:
        return None
    block, normal = whole
    slabs, wild = directions(piece.region, block)
    if wild or len(slabs) != SUMS:
        return None
    rows: list[Mapping[int, arb]] = []
    ends: list[Interval] = []
    for slab in slabs:
        row, low, high = _row(slab.slopes), _end(max, slab.lows), _end(min, slab.highs)
        if row is None or isinstance(low, Unknown) or isinstance(high, Unknown):
            return None
        rows.append(row)
        ends.append((None if low is None else ball(low), None if high is None else ball(high)))
    linear = Linear(Fraction(0), {}) if number is None else linear_in(number, block)
    of_number = None if linear is None else _row(linear.slopes)
    if linear is None or of_number is None or isinstance(linear.constant, Unknown):
        return None

    def shared(left: Mapping[int, arb], right: Mapping[int, arb]) -> arb:
        return sum(
            (a * b * normal.covariance[i, j] for i, a in left.items() for j, b in right.items()), arb(0)
        )

    def middle(row: Mapping[int, arb]) -> arb:
        return sum((a * normal.means[i] for i, a in row.items()), arb(0))

    return Joint(
        ball(linear.constant) + middle(of_number),
        shared(of_number, of_number),
        [shared(of_number, row) for row in rows],
        [middle(row) for row in rows],
        [[shared(left, right) for right in rows] for left in rows],
        ends,
    )


def _row(slopes: Mapping[int, Number]) -> dict[int, arb] | None:
    """Slopes as balls; None if one depends on other variables."""
    from pplc.inference.continuous.enclosed import ball

    found: dict[int, arb] = {}
    for place, slope in slopes.items():
        if isinstance(slope, Unknown):
            return None
        found[place] = ball(slope)
    return found


class _Bounded(NamedTuple):
    block: tuple[Latent, ...]
    normal: _Normal
    sums: _Sums


def _bounded(piece: Piece) -> _Bounded | None:
    if isinstance(piece.factor, Unknown) or not piece.region or len(piece.latents) > MOST_BLOCK:
        return None
    block, bounds = block_and_bounds(piece, frozenset(), 2)
    if bounds is None or len(block) < len(piece.latents):
        return None
    normal = _Normal.of(piece, block)
    if normal is None:
        return None
    slabs = (bounds.first, bounds.second) if isinstance(bounds, Wedge) else (bounds,)
    sums = _Sums.of(slabs, normal)
    return None if sums is None else _Bounded(block, normal, sums)


def _polynomial(number: Unknown, block: tuple[Latent, ...]) -> Terms | None:
    """The terms of a number: the places of the variables in each, repeated by power, and the coefficient."""
    from pplc.inference.continuous.enclosed import ball

    whole = expanded(number)
    places = {variable: place for place, variable in enumerate(block)}
    found: Terms = []
    for monomial, coefficient in whole.terms.items() if isinstance(whole, Unknown) else ():
        members: list[int] = []
        for atom, power in monomial:
            if not isinstance(atom, Latent) or atom not in places or type(power) is not int or power < 1:
                return None
            members += [places[atom]] * power
        if len(members) > MOST_DEGREE:
            return None
        found.append((tuple(sorted(members)), ball(coefficient)))
    return found


class _Normal(NamedTuple):
    """A normal law: means [i], covariances [i, j], and the log of the mass of what it is the law of."""

    means: list[arb]
    covariance: arb_mat
    log_mass: arb

    @staticmethod
    def of(piece: Piece, block: tuple[Latent, ...]) -> _Normal | None:
        """The law without the bounds; None if it has none, or depends on other variables."""
        from flint import arb, arb_mat

        from pplc.inference.continuous.enclosed import ball

        size = len(block)
        precision = [[arb(0)] * size for _ in range(size)]
        linear = [arb(0)] * size
        constant = arb(0)
        for key, number in quadratic(piece.exponent, block).items():
            if isinstance(number, Unknown):
                return None
            match key:
                case (i,):
                    linear[i] += ball(number)
                case (i, j):
                    precision[i][j] -= ball(number)
                    precision[j][i] -= ball(number)
                case _:
                    constant += ball(number)
        pivots = _pivots(precision)
        if pivots is None:
            return None
        covariance = arb_mat(precision).inv()
        column = covariance * arb_mat([[value] for value in linear])
        means = [column[i, 0] for i in range(size)]
        form = sum((a * b for a, b in zip(means, linear, strict=True)), arb(0))
        spread = sum(((2 * arb.pi() / pivot).log() for pivot in pivots), arb(0))
        return _Normal(means, covariance, constant + (form + spread) / 2)


def _pivots(matrix: list[list[arb]]) -> list[arb] | None:
    """The pivots of a symmetric matrix, whose product is its determinant; None if one may not be positive."""
    rows = [row[:] for row in matrix]
    for k, row in enumerate(rows):
        if not row[k] > 0:
            return None
        for below in rows[k + 1 :]:
            if below[k] != 0:
                ratio = below[k] / row[k]
                for j in range(k, len(rows)):
                    below[j] -= ratio * row[j]
    return [row[k] for k, row in enumerate(rows)]


class _Sums(NamedTuple):
    """Standardised sums of normal variables, and what the variables are given them.

    ends:     of each sum, None where it has none.
    slopes:   of the mean of variable i in sum k. means, covariance: of the variables, given that all are 0.
    """

    ends: list[tuple[arb | None, arb | None]]
    correlation: arb
    slopes: list[list[arb]]
    means: list[arb]
    covariance: list[list[arb]]

    @staticmethod
    def of(slabs: tuple[Slab, ...], normal: _Normal) -> _Sums | None:
        """None if one sum follows from the other, or bounds depend on other variables."""
        from flint import arb

        from pplc.inference.continuous.enclosed import ball

        means, size = normal.means, len(normal.means)
        ends: list[tuple[arb | None, arb | None]] = []
        shared: list[list[arb]] = []
        rows: list[Mapping[int, arb]] = []
        for slab in slabs:
            if any(
                isinstance(number, Unknown) for number in (*slab.slopes.values(), *slab.lows, *slab.highs)
            ):
                return None
            row = {place: ball(slope) for place, slope in slab.slopes.items()}
            along = [sum((normal.covariance[i, j] * a for j, a in row.items()), arb(0)) for i in range(size)]
            middle = sum((means[j] * a for j, a in row.items()), arb(0))
            variance = sum((along[j] * a for j, a in row.items()), arb(0))
            if not variance > 0:
                return None
            sd = variance.sqrt()
            low, high = _end(max, slab.lows), _end(min, slab.highs)
            ends.append(tuple(None if end is None else (ball(end) - middle) / sd for end in (low, high)))  # type: ignore[arg-type]
            shared.append([value / sd for value in along])
            rows.append({j: a / sd for j, a in row.items()})
        rho = arb(0)
        if len(slabs) == 2:
            rho = sum((shared[0][j] * a for j, a in rows[1].items()), arb(0))
        left = 1 - rho**2
        if not left > 0:
            return None
        first, second = shared[0], shared[1] if len(slabs) == 2 else [arb(0)] * size
        slopes = [[(a - rho * b) / left, (b - rho * a) / left] for a, b in zip(first, second, strict=True)]
        given = [
            [
                normal.covariance[i, j] - slopes[i][0] * first[j] - slopes[i][1] * second[j]
                for j in range(size)
            ]
            for i in range(size)
        ]
        return _Sums(ends, rho, slopes, means, given)

    def means_of(self, terms: Terms) -> tuple[arb, arb] | None:
        """The means of a polynomial and of its square."""
        from flint import arb

        moment = cache(partial(_moment, tuple(self.ends), self.correlation))
        mass = moment((0, 0))
        if not _known(mass):
            return None
        given = cache(self._given)

        def mean(polynomial: Terms) -> arb:
            total = arb(0)
            for places, coefficient in polynomial:
                for powers, factor in given(places).items():
                    total += coefficient * factor * moment(powers)
            return total / mass

        square = [(tuple(sorted((*i, *j))), a * b) for i, a in terms for j, b in terms]
        return mean(terms), mean(square)

    def log_share(self) -> arb | None:
        """The log of the probability of the bounds."""
        mass = _moment(tuple(self.ends), self.correlation, (0, 0))
        return mass.log() - _centre(self.ends[0]) ** 2 / 2 if _known(mass) else None

    def _given(self, places: tuple[int, ...]) -> Polynomial:
        """The mean of a product of variables given the sums, as a polynomial in these."""
        from flint import arb

        if not places:
            return {(0, 0): arb(1)}
        i, *rest = places
        found: dict[Powers, arb] = defaultdict(arb)
        for (p, q), factor in self._given(tuple(rest)).items():
            found[p, q] += self.means[i] * factor
            found[p + 1, q] += self.slopes[i][0] * factor
            if self.two:
                found[p, q + 1] += self.slopes[i][1] * factor
        for k, j in enumerate(rest):
            for powers, factor in self._given((*rest[:k], *rest[k + 1 :])).items():
                found[powers] += self.covariance[i][j] * factor
        return found

    @property
    def two(self) -> bool:
        """Whether there are two sums."""
        return len(self.ends) == 2


def _end(choose: Callable[[Iterable[Number]], Number], ends: tuple[Number, ...]) -> Number | None:
    return choose(ends) if ends else None


Interval: TypeAlias = "tuple[arb | None, arb | None]"


def _moment(ends: tuple[Interval, ...], rho: arb, powers: Powers) -> arb:
    """E[z₁^p z₂^q; both between their bounds], times e^(c²/2) with the `_centre` c of the first bounds.

    Beyond `FAR` from c, by the inequality of Cauchy and Schwarz, no more than that factor times
    (E[z₁^2p z₂^2q] P(|z₁| > |c| + FAR))^½.
    """
    from flint import acb, arb

    p, q = powers
    low, high = _near(ends[0])
    if not low < high:
        return arb(0)
    second = ends[1] if len(ends) == 2 else (None, None)
    root = (1 - rho**2).sqrt()
    centre = _centre(ends[0])
    normal = (2 * arb.pi()).sqrt()

    def density(z: acb, _: bool) -> acb:
        return z**p * (-(z * z - centre * centre) / 2).exp() * _given_first(z, q, second, rho, root) / normal

    inside = acb.integral(density, low, high).real
    beyond = ((abs(centre) + FAR) / arb(2).sqrt()).erfc()
    outside = (_even(4 * p) * _even(4 * q)).root(4) * beyond.sqrt() if p or q else beyond
    return inside + (centre * centre / 2).exp() * outside * arb(-1).union(arb(1))


def _known(mass: arb) -> bool:
    return bool(mass > 0 and mass.rad() <= KNOWN * mass.mid())


def _centre(ends: Interval) -> arb:
    """Where between these ends the standard normal density is highest."""
    from flint import arb

    low, high = ends
    if low is not None and low >= 0:
        return low
    return high if high is not None and high <= 0 else arb(0)


def _near(ends: Interval) -> tuple[arb, arb]:
    """What is between these ends and no farther than `FAR` from their centre."""
    centre = _centre(ends)
    low, high = centre - FAR, centre + FAR
    return low if ends[0] is None else ends[0].max(low), high if ends[1] is None else ends[1].min(high)


def _even(power: int) -> arb:
    """E[z^power] of a standard normal variable, for an even power: (power - 1)!!."""
    from flint import arb

    return arb(prod(range(power - 1, 0, -2)))


def _given_first(z: acb, q: int, ends: Interval, rho: arb, root: arb) -> acb:
    """E[z₂^q; z₂ between its bounds | z₁ = z], where z₂ = ρ z + √(1 - ρ²) w."""
    if q == 0 and ends == (None, None):
        return 1 + 0 * z
    edges = [None if end is None else (end - rho * z) / root for end in ends]
    parts: list[acb] = [0 * z + _below(edges[1], 1) - _below(edges[0], 0)]
    falling = [
        (edge, sign * _phi(edge)) for edge, sign in zip(edges, (1, -1), strict=True) if edge is not None
    ]
    for k in range(1, q + 1):  # by parts: E[w^k] = (k - 1) E[w^(k - 2)] + a^(k - 1) φ(a) - b^(k - 1) φ(b)
        found = (k - 1) * parts[k - 2] if k > 1 else 0 * z
        for edge, height in falling:
            found += edge ** (k - 1) * height
        parts.append(found)
    return sum((comb(q, j) * (rho * z) ** (q - j) * root**j * parts[j] for j in range(q + 1)), 0 * z)


def _below(edge: acb | None, otherwise: int) -> acb | int:
    """Φ."""
    from flint import arb

    return otherwise if edge is None else (1 + (edge / arb(2).sqrt()).erf()) / 2


def _phi(edge: acb) -> acb:
    """φ."""
    from flint import arb

    return (-edge * edge / 2).exp() / (2 * arb.pi()).sqrt()
