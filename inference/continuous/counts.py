"""Draws of laws without a largest value, a parameter of which is a continuous variable: `Poisson(rate)`.

The values are listed until their masses, each an integral over the variables, leave next to nothing of the
whole. What is left is known, as the masses of all values add up to that of the piece.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from pplc.inference.continuous.draws import Drawn
from pplc.inference.continuous.piece import Piece
from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.semantics.measure import share, times
from pplc.semantics.number import LogWeight
from pplc.semantics.runs import Sampling
from pplc.semantics.values import Address

MOST_COUNTED = 1_000
"""Values that are listed, each of which takes an integral. Beyond them bounds are wide."""

MOST_INTEGRATED = 60
"""The same where the integrals have no closed form."""

ROUNDED = 1e-15
"""Share of the mass below which floats do not tell what is left."""


def counted(
    event: Sampling,
    piece: Piece,
    mass: Callable[[Piece], LogWeight],
    least: float,
    more: Callable[[int], bool],
) -> tuple[list[Drawn], Fraction | float] | None:
    """The values of a draw, and an upper bound of the share of the mass of all others; None of other laws.

    least: the share that may be left over. more: whether to go on after so many values.
    """
    support = event.law.support()
    if support is None:
        return None
    whole = mass(piece)
    found: list[Drawn] = []
    left: Fraction | float = Fraction(1)
    for value in support:
        weight, part = piece.weighed(event.law.log_density(value))
        chance = share(times(weight, mass(part)), whole)
        found.append((value, weight, part))
        left = left - chance
        if isinstance(left, float):
            left = max(left, 0.0) + ROUNDED
            if left <= max(least, 2 * ROUNDED * len(found)):
                break
        elif left <= least:
            break
        if not more(len(found)):
            break
    return found, left


def weighs_nothing_after(program: core.Program, address: Address) -> bool:
    """Whether runs keep their mass after a draw of the model's own: nothing weighs them."""
    body = program.model.body
    for place, statement in enumerate(body):
        match statement:
            case core.Draw(site=site) if (site.name,) == address:
                after = [body[place + 1 :], *(f.body for f in reachable(program) if f is not program.model)]
                inner = (one for block in after for one in statements(block))
                return not any(isinstance(one, core.Observe | core.Weight) for one in inner)
            case _:
                pass
    return False
