"""Variables that nothing will read are integrated out while a program runs.

Then states of different pasts are one again, and filters arise: of a linear-Gaussian chain the Kalman
filter, of waiting times that only their sum is read of, the law of the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pplc.inference.continuous.changes import as_variable
from pplc.inference.continuous.integrals import integrate_out
from pplc.inference.continuous.masses import by_use
from pplc.inference.continuous.piece import UNIT, Piece, World
from pplc.semantics.growing import Growing
from pplc.semantics.measure import times
from pplc.semantics.number import CERTAIN, LogWeight
from pplc.semantics.runs import State
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.contents import latents_in, numbers_in, replaced
from pplc.semantics.symbolic.expression import Latent, Unknown, latent


@dataclass(frozen=True)
class Moved:
    """One variable in the place of a number that all that is read is made of."""

    old: Unknown
    new: Unknown

    def value(self, value: Any) -> Any:
        """A value that may contain the number."""
        return replaced(value, self._moved)

    def state(self, state: State) -> State:
        """A suspended run."""
        return state._replace(
            env=self.value(state.env),
            control=self.value(state.control),
            memo=self.value(state.memo),
            recorded=self.value(state.recorded),
        )

    def _moved(self, number: Unknown) -> Unknown:
        return multiple(number, self.old, self.new) or number


def multiple(number: Unknown, of: Unknown, instead: Unknown) -> Unknown | None:
    """A number that is a · `of` + b, as a · `instead` + b; None if it is none."""
    lead = max(of.terms, key=lambda monomial: (bool(monomial), str(monomial)))
    if lead not in number.terms:
        return None
    slope = number.terms[lead] / of.terms[lead]
    rest = number - of * slope
    return None if isinstance(rest, Unknown) else instead * slope + rest


def forgotten(piece: Piece, alive: object) -> tuple[LogWeight, Piece, Moved | None]:
    """The piece without the variables that nothing alive depends on, and what has taken their place."""
    needed = latents_in(alive)
    weight, piece = without_dead(piece, needed)
    if len(needed & set(piece.latents)) < 2 or any(isinstance(value, Growing) for value in _flat(alive)):
        return weight, piece, None
    numbers = numbers_in(alive)
    here = set(piece.latents)
    of_several = [number for number in numbers if len(number.latents & here) > 1]
    for number in sorted(of_several, key=lambda number: (len(number.terms), str(number))):
        others = {other for other in numbers if multiple(other, number, number) is None}
        alone = number.latents - {variable for other in others for variable in other.latents}
        if len(alone & here) < 2:
            continue
        changed = as_variable(number, piece, alone)
        if changed is None:
            continue
        variable, made = changed
        more, left = without_dead(made, (needed - alone) | {variable})
        if alone.isdisjoint(left.latents):
            moved = Moved(number, latent(variable.address, variable.space))
            return times(weight, more), left, moved
    return weight, piece, None


def _flat(value: object) -> list[object]:
    if not isinstance(value, tuple | list):
        return [value]
    return [part for item in cast("Sequence[object]", value) for part in _flat(item)]


def without_dead(piece: Piece, alive: frozenset[Latent]) -> tuple[LogWeight, Piece]:
    """The piece without the variables that are not alive, as far as one closed form takes their place."""
    weight: LogWeight = CERTAIN
    progress = True
    while progress:
        progress = False
        for variable in by_use(piece, alive):
            found = integrate_out(piece, variable)
            if found is not None and len(found) == 1:
                ((more, piece),) = found
                weight, progress = times(weight, more), True
                break
    return _tidied(weight, piece)


def _tidied(weight: LogWeight, piece: Piece) -> tuple[LogWeight, Piece]:
    """The factor, which is positive, as part of the exponent, so that equal pieces are written alike."""
    for variable in piece.latents[:1]:
        assert isinstance(variable.space, World)
        variable.space.piece = piece  # the signs of what stands under the logarithm follow from the bounds
    more, piece = replace(piece, factor=UNIT).raised(elementary.log(piece.factor))
    return times(weight, more), piece
