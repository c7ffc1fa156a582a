"""Normal variables of which three sums lie between bounds: the probability, and moments given it, as balls.

With the correlations of one sum with the others times t, the probability has as its derivative in t densities
of two sums times Φ of the third given these (Plackett 1954, Biometrika 41, 351), so that it is one of two
sums plus an integral from 0 to 1 (Genz 2004, Statistics and Computing 14, 251, section 2), which
`acb.integral` encloses. Moments of a number Y come from Stein's lemma: E[Y g] = Σ cov(Y, z_k) E[∂g / ∂z_k],
where the indicator g has jumps at the bounds, and given z_k there are two sums left, and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from flint import acb, arb

Interval: TypeAlias = "tuple[arb | None, arb | None]"


class Joint(NamedTuple):
    """A normal number Y and up to three sums z_k, of which those between their ends count.

    mean, variance: of Y. covariances: [k] of Y with the sums. means: [k]. matrix: [k][l] covariances of the
    sums. ends: [k], None where a sum has none.
    """

    mean: arb
    variance: arb
    covariances: Sequence[arb]
    means: Sequence[arb]
    matrix: Sequence[Sequence[arb]]
    ends: Sequence[Interval]

    def mass(self) -> arb:
        """The probability of the ends."""
        from flint import arb

        sds = [row[k].sqrt() for k, row in enumerate(self.matrix)]
        # An end below is one above of the sum with its sign turned.
        choices: list[list[tuple[int, int, arb | None]]] = []
        for k, (low, high) in enumerate(self.ends):
            upper = None if high is None else (high - self.means[k]) / sds[k]
            if low is None:
                choices.append([(1, 1, upper)])
            elif upper is None:
                choices.append([(1, -1, (self.means[k] - low) / sds[k])])
            else:
                choices.append([(1, 1, upper), (-1, 1, (low - self.means[k]) / sds[k])])
        total = arb(0)
        for chosen in product(*choices):
            places = [k for k, (_, _, h) in enumerate(chosen) if h is not None]
            ends = [h for _, _, h in chosen if h is not None]
            sign = 1
            for one, _, _ in chosen:
                sign *= one
            rho = [
                [chosen[k][1] * chosen[m][1] * self.matrix[k][m] / (sds[k] * sds[m]) for m in places]
                for k in places
            ]
            total += sign * below_all(ends, rho)
        return total

    def moments(self) -> tuple[arb, arb, arb]:
        """The probability of the ends, and E[Y] and E[Y²] where the sums are between them."""
        mass = self.mass()
        first = self.mean * mass
        second = self.variance * mass
        for k, density, given in self._jumps():
            of_given, with_given = given.probability_and_mean()
            first += self.covariances[k] * density * of_given
            second += self.covariances[k] * density * with_given
        return mass, first, second + self.mean * first

    def probability_and_mean(self) -> tuple[arb, arb]:
        """The first two of `moments`."""
        mass = self.mass()
        first = self.mean * mass
        for k, density, given in self._jumps():
            first += self.covariances[k] * density * given.mass()
        return mass, first

    def _jumps(self) -> Iterator[tuple[int, arb, Joint]]:
        """For each end: of which sum, the density there with the sign of the jump, and the law given it."""
        for k, ends in enumerate(self.ends):
            for end, sign in zip(ends, (1, -1), strict=True):
                if end is not None:
                    density = sign * _density(end - self.means[k], self.matrix[k][k])
                    yield k, density, self._given(k, end)

    def _given(self, k: int, at: arb) -> Joint:
        """The law given that a sum has a value."""
        own, step = self.matrix[k][k], at - self.means[k]
        others = [m for m in range(len(self.means)) if m != k]
        row = [self.matrix[k][m] for m in others]
        covariance = self.covariances[k]
        return Joint(
            self.mean + covariance / own * step,
            self.variance - covariance**2 / own,
            [self.covariances[m] - covariance * a / own for m, a in zip(others, row, strict=True)],
            [self.means[m] + a / own * step for m, a in zip(others, row, strict=True)],
            [
                [self.matrix[m][n] - a * b / own for n, b in zip(others, row, strict=True)]
                for m, a in zip(others, row, strict=True)
            ],
            [self.ends[m] for m in others],
        )


def below_all(ends: Sequence[arb], rho: Sequence[Sequence[arb]]) -> arb:
    """P(z_k < end_k for all k) of up to three standard normal variables with these correlations."""
    from flint import arb

    match len(ends):
        case 0:
            return arb(1)
        case 1:
            return _below(ends[0])
        case 2:
            return below_both(ends[0], ends[1], rho[0][1])
        case _:
            return _below_three(ends, rho)


def below_both(h: arb, k: arb, rho: arb) -> arb:
    """P(X < h, Y < k) of standard normal variables: Φ(h) Φ(k) plus the integral of the density in ρ = sin θ.

    Drezner & Wesolowsky (1990), J. Statist. Comput. Simul. 35, 101, eq. 3.
    """
    from flint import acb, arb

    def slope(theta: acb, _: bool) -> acb:
        sine, cosine = theta.sin(), theta.cos()
        return (-(h * h + k * k - 2 * h * k * sine) / (2 * cosine * cosine)).exp()

    if not abs(rho) < 1:
        return arb.nan()
    return _below(h) * _below(k) + acb.integral(slope, arb(0), rho.asin()).real / (2 * arb.pi())


def _below_three(ends: Sequence[arb], rho: Sequence[Sequence[arb]]) -> arb:
    """The same of three, the first of which is the one that is least correlated with the others."""
    from flint import acb, arb

    sizes = [sum(float(abs(rho[k][m]).mid()) for m in range(3) if m != k) for k in range(3)]
    first = sizes.index(min(sizes))
    second, third = (k for k in range(3) if k != first)
    a, b, c = ends[first], ends[second], ends[third]
    ab, ac, bc = rho[first][second], rho[first][third], rho[second][third]

    def slope(t: acb, analytic: bool) -> acb:
        x, y = t * ab, t * ac
        inside = 1 - x * x - y * y - bc * bc + 2 * x * y * bc
        return ab * _edge(a, b, c, x, y, bc, inside, analytic) + ac * _edge(
            a, c, b, y, x, bc, inside, analytic
        )

    return _below(a) * below_both(b, c, bc) + acb.integral(slope, arb(0), arb(1)).real


def _edge(a: arb, b: arb, c: arb, ab: acb, ac: acb, bc: arb, inside: acb, analytic: bool) -> acb:
    """φ₂(a, b) Φ of the third given these; inside: the determinant of all correlations."""
    from flint import arb

    left = 1 - ab * ab
    density = (-(a * a + b * b - 2 * ab * a * b) / (2 * left)).exp() / (
        2 * arb.pi() * left.sqrt(analytic=analytic)
    )
    middle = (a * (ac - ab * bc) + b * (bc - ab * ac)) / left
    spread = inside.sqrt(analytic=analytic) / left.sqrt(analytic=analytic)
    return density * (1 + ((c - middle) / (spread * arb(2).sqrt())).erf()) / 2


def _below(end: arb) -> arb:
    """Φ, without a difference where that is small."""
    from flint import arb

    return (-end / arb(2).sqrt()).erfc() / 2


def _density(step: arb, variance: arb) -> arb:
    from flint import arb

    return (-step * step / (2 * variance)).exp() / (2 * arb.pi() * variance).sqrt()
