"""Mass and moments of a normal law between bounds.

In balls, as the recursion for moments loses digits, and a polynomial of high degree all that floats have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from flint import arb

Real: TypeAlias = Fraction | float
T = TypeVar("T")

FIRST = 128
"""Bits of the first attempt; each has twice those of the one before."""

MOST = 8192
"""Bits beyond which nothing is found."""

EXACT = 2.0**-54
"""Radius of a ball, as a share of its size, that a float cannot tell from none."""

MOST_LOST = 1e-12
"""Radius, as a share, that the rounding of the coefficients of a polynomial may leave."""


def truncated_moments(
    mean: Real, precision: Real, low: Real | None, high: Real | None, most: int
) -> tuple[float, list[float]] | None:
    """The log mass between the bounds, and the moments about 0 up to order `most`; None if none is there.

    Burkardt (2014), The truncated normal distribution, sec. 4: with a and b the standardised bounds,
    m_k = mean m_{k-1} + (k - 1) sd² m_{k-2} + sd (low^(k-1) φ(a) - high^(k-1) φ(b)) / Z.
    """

    def found() -> tuple[float, list[float]] | None:
        known = _moments(mean, precision, low, high, most + most % 2)
        if known is None:
            return None
        mass, moments = known
        even = [moments[k + k % 2] for k in range(most + 1)]  # an odd moment may be 0
        if any(m.rad() > EXACT * size.mid() for m, size in zip(moments, even, strict=False)):
            return None
        return float(mass.log().mid()), [float(m.mid()) for m in moments[: most + 1]]

    return _precisely(found)


def truncated_mean(
    polynomial: Mapping[int, Real], mean: Real, precision: Real, low: Real | None, high: Real | None
) -> tuple[float, float] | None:
    """The log mass between the bounds, and the mean of a polynomial there, by its coefficients.

    None if there is no mass, or if too many digits cancel of coefficients that were rounded.
    """
    from pplc.inference.certified.balls import BALLS

    rounded = any(isinstance(c, float) for c in polynomial.values())

    def found() -> tuple[float, float] | None:
        from flint import arb

        known = _moments(mean, precision, low, high, max(polynomial, default=0))
        if known is None:
            return None
        mass, moments = known
        total = sum((BALLS.constant(c) * moments[k] for k, c in polynomial.items()), arb(0))
        if total.rad() > (MOST_LOST if rounded else EXACT) * abs(total.mid()):
            return None
        return float(mass.log().mid()), float(total.mid())

    return _precisely(found)


def _precisely(found: Callable[[], T | None]) -> T | None:
    """What is found with as many bits as it takes."""
    from pplc.inference.certified.balls import precise

    bits = FIRST
    while bits <= MOST:
        with precise(bits):
            answer = found()
        if answer is not None:
            return answer
        bits *= 2
    return None


def _moments(
    mean: Real, precision: Real, low: Real | None, high: Real | None, most: int
) -> tuple[arb, list[arb]] | None:
    """The mass between the bounds, whose floats are taken as they are, and the moments up to an order."""
    from flint import arb

    from pplc.inference.certified.balls import rational

    centre, root = arb(rational(mean)), arb(rational(precision)).sqrt()
    ends = [None if end is None else arb(rational(end)) for end in (low, high)]
    a, b = (None if end is None else (end - centre) * root for end in ends)
    mass = _between(a, b)
    if not mass > 0 or mass.rad() > EXACT * mass.mid():
        return None
    heights = [
        None if z is None else (-z * z / 2).exp() / (2 * arb.pi()).sqrt() / root / mass for z in (a, b)
    ]
    moments = [arb(1)]
    for k in range(1, most + 1):
        edge = arb(0)
        for end, height, sign in zip(ends, heights, (1, -1), strict=True):
            if end is not None and height is not None:
                edge += sign * end ** (k - 1) * height
        before = moments[k - 2] if k > 1 else arb(0)
        moments.append(centre * moments[k - 1] + (k - 1) * before / root**2 + edge)
    return mass, moments


def _between(a: arb | None, b: arb | None) -> arb:
    """Φ(b) - Φ(a), through the tail in which the interval lies."""
    from flint import arb

    if a is not None and a > 0:
        turned = None if b is None else -b
        return _between(turned, -a)
    half = arb(2).sqrt()
    upper = arb(1) if b is None else (-b / half).erfc() / 2
    return upper if a is None else upper - (-a / half).erfc() / 2
