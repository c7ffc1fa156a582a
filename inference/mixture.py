"""The moves of Metropolis-Hastings on a program's traces, and how one of them is picked.

Which kind of move comes next never depends on the trace: kinds have fixed weights. Within a kind a choice is
picked uniformly from those of the trace, and the acceptance corrects for how many there are. Redrawing the
whole trace, now and then, makes every set of positive probability reachable: single choices alone need not
(in Monty Hall's problem no single one can change).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, sqrt
from typing import NamedTuple, TypeAlias

from pplc.inference.metropolis import (
    Block,
    Kernel,
    Proposal,
    compared,
    nowhere,
    picking,
    redrawn,
    sites,
)
from pplc.inference.metropolis import everywhere as all_choices
from pplc.inference.steps import Geometry, Step, can_walk, geometry, has_sampler, step, step_all
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, times
from pplc.semantics.representations.sequential import Choice
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Fault, Value

Place: TypeAlias = "tuple[int, Address]"
"""What a scale belongs to: the number of a block of the user's, 0 for single choices, and the address."""

Scales: TypeAlias = Mapping[Place, float]

Chooser: TypeAlias = Callable[[Machine, Traced, Source], "Move | None"]

UNKNOWN_SCALE = 1.0
"""Of steps where nothing else is known."""

ZOOM = (1.0, 0.3, 0.1, 0.03)
"""Factors of the scale for moves that cannot learn it: one of them, picked at random, will do."""

SINGLE, WHOLE, OWN = 20, 1, 20
"""The weights of single choices, of the whole trace, and of each block or proposal of the user's."""


class Move(NamedTuple):
    """A kernel that was picked.

    sites:  the choices that it is about.
    walks:  the places of the scales that it uses; empty if it draws from laws.
    """

    kernel: Kernel
    sites: Sequence[Address]
    walks: Sequence[Place] = ()


@dataclass(frozen=True)
class Mixture:
    """What moves there are.

    within:  the choices that may change at all.
    zoom:    factors of the scale of a single choice's walk, one of which is picked each time.
    blocks:  of the user's: choices that are redrawn, or walk, together.
    others:  further moves, such as a proposal program.
    """

    within: Block = all_choices
    blocks: Sequence[Block] = ()
    others: Sequence[Kernel] = ()
    zoom: Sequence[float] = (1.0,)
    weights: Sequence[int] = field(init=False, default=())

    def __post_init__(self) -> None:
        own = [OWN] * (len(self.blocks) + len(self.others))
        object.__setattr__(self, "weights", (SINGLE, WHOLE, *own))

    def choose(self, machine: Machine, current: Traced, scales: Scales, source: Source) -> Move | None:
        """The next move; None if it has nothing to change."""
        kind = source.choose(self.weights)
        if kind == 0:
            return self._single(current, scales, source)
        if kind == 1:
            return Move(jointly_redrawn(self.within), sites(current, self.within))
        if kind < 2 + len(self.blocks):
            number = kind - 1
            return self._block(number, self.blocks[number - 1], current, scales, source)
        return Move(self.others[kind - 2 - len(self.blocks)], ())

    def kernel(self, scales: Scales) -> Kernel:
        """The mixture as one kernel."""

        def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
            move = self.choose(machine, current, scales, source)
            return nowhere(machine) if move is None else move.kernel(machine, current, source)

        return kernel

    def _single(self, current: Traced, scales: Scales, source: Source) -> Move | None:
        there = sites(current, self.within)
        if not there:
            return None
        site = there[source.choose([1] * len(there))]
        law = current.choices[site].law
        # The law stands before the choice, so that it, the way and the scale are the same on the way back.
        if source.choose([int(has_sampler(law)), int(can_walk(law))]) == 0:
            return Move(redrawn(site, self.within), (site,))
        place = (0, site)
        scale = scales.get(place) or usual_scale(current.choices[site])
        scale *= self.zoom[source.choose([1] * len(self.zoom))]
        return Move(walked(site, scale, self.within), (site,), (place,))

    def _block(
        self, number: int, block: Block, current: Traced, scales: Scales, source: Source
    ) -> Move | None:
        def inside(address: Address) -> bool:
            return self.within(address) and block(address)

        there = sites(current, inside)
        if not there:
            return None
        if source.choose([1, 1]) == 0:
            return Move(jointly_redrawn(inside), there)
        walks = [(number, site) for site in there if can_walk(current.choices[site].law)]
        return Move(jointly_walked(inside, number, scales), there, walks)


def usual_scale(choice: Choice) -> float:
    """The standard deviation of the law of a choice, if it is a number that knows it."""
    if not isinstance(choice.value, int | float) or not has_sampler(choice.law):
        return UNKNOWN_SCALE
    try:
        variance = choice.law.variance()
    except Fault:
        return UNKNOWN_SCALE
    if not isinstance(variance, int | float | Fraction) or not 0 < variance < inf:
        return UNKNOWN_SCALE
    return sqrt(variance)


def walked(site: Address, scale: float, block: Block) -> Kernel:
    """A step of this choice, which was picked uniformly from those of the block."""

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        choice = current.choices[site]
        found = step(choice.law, choice.value, scale, source, exact=machine.exact)
        if found is None:
            return nowhere(machine)
        new = replay(machine, {**current.values, site: found.value}, source, current.limit)
        if new is None:
            return nowhere(machine)
        extra = times(picking(machine, current, new, block), found.log_ratio)
        return compared(current, new, (), extra)

    return kernel


def jointly_redrawn(block: Block) -> Kernel:
    """Draws all choices of the block anew from their laws; those whose law has no sampler stay."""

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        before = _drawable(current, block)
        kept: dict[Address, Value] = {a: v for a, v in current.values.items() if a not in before}
        new = replay(machine, kept, source, current.limit)
        if new is None:
            return nowhere(machine)
        after = _drawable(new, block)
        if any((site in before) != (site in after) for site in new.choices if site in current.choices):
            return nowhere(machine)  # there is no way back
        return compared(current, new, before | after, ONE(machine.exact))

    return kernel


def jointly_walked(block: Block, number: int, scales: Scales) -> Kernel:
    """A step of every choice of the block that can walk."""

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        before = _walkable(current, block)
        steps: dict[Address, Step] = {}
        for site in before:
            choice = current.choices[site]
            scale = scales.get((number, site), UNKNOWN_SCALE)
            steps[site] = step_all(choice.law, choice.value, scale, source, exact=machine.exact)
        values = {**current.values, **{site: found.value for site, found in steps.items()}}
        new = replay(machine, values, source, current.limit)
        if new is None:
            return nowhere(machine)
        after = _walkable(new, block)
        shared = [site for site in new.choices if site in current.choices]
        if any(before.get(site) != after.get(site) for site in shared):
            return nowhere(machine)  # laws have changed so that the way back is another
        # A choice that is no longer met was moved in vain: on the way back its law draws it.
        total = ONE(machine.exact)
        for site in shared:
            if site in steps:
                total = times(total, steps[site].log_ratio)
        return compared(current, new, (), total)

    return kernel


def _drawable(traced: Traced, block: Block) -> set[Address]:
    return {site for site in sites(traced, block) if has_sampler(traced.choices[site].law)}


def _walkable(traced: Traced, block: Block) -> dict[Address, Geometry]:
    laws = {site: traced.choices[site].law for site in sites(traced, block)}
    return {site: geometry(law) for site, law in laws.items() if can_walk(law)}
