"""Metropolis, Hastings and Green on traces: kernels that propose a trace, and the step that decides.

A kernel says what it proposes and the ratio by which the step must decide; every kernel here is reversible
up to that ratio, so that `mh_step` leaves the program's normalised measure invariant.

Hastings, *Monte Carlo sampling methods using Markov chains* (Biometrika 1970); on traces of varying length:
Wingate, Stuhlmueller & Goodman, *Lightweight implementations of probabilistic programming languages via
transformational compilation* (AISTATS 2011; the term for the length as corrected in 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Container
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from pplc.inference.steps import has_sampler
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, times
from pplc.semantics.number import LogRat, LogWeight, log_weight, weight
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value

Block: TypeAlias = Callable[[Address], bool]
"""Which choices a kernel may change."""


class Proposal(NamedTuple):
    """A trace that a kernel proposes; None if what it tried has density zero.

    log_ratio: log of (density of the new trace * chance to propose the old one from it) over
               (density of the old trace * chance to propose the new one).
    dimension: by how much the dimension of the new density exceeds that of the old one. The trace of lower
               dimension has infinitely more mass (LANGUAGE.md 11).
    """

    traced: Traced | None
    log_ratio: LogWeight
    dimension: int


Kernel: TypeAlias = Callable[[Machine, Traced, Source], Proposal]


def mh_step(
    machine: Machine, current: Traced, kernel: Kernel, source: Source, power: float = 1
) -> tuple[Traced, bool]:
    """The next trace, and whether it is the proposed one.

    power: the target is the prior times the weights raised to it.
    """
    new, ratio, dimension = kernel(machine, current, source)
    if new is None or dimension > 0:
        return current, False
    if power != 1:
        gain = minus(new.log_weight, current.log_weight)
        ratio = times(ratio, gain * (int(power) - 1 if power == int(power) else power - 1))
    if dimension == 0 and not accept(ratio, source):
        return current, False
    return new, True


def accept(log_ratio: LogWeight, source: Source) -> bool:
    """True with probability min(1, e^log_ratio)."""
    if isinstance(log_ratio, LogRat):
        chance = min(log_ratio.value, Fraction(1))
        return source.choose([1 - chance, chance]) == 1
    return source.uniform() < weight(log_ratio)


def everywhere(_: Address) -> bool:
    """Every choice."""
    return True


def sites(traced: Traced, block: Block = everywhere) -> list[Address]:
    """The choices that a kernel may change, in the order of the trace."""
    return [address for address in traced.choices if block(address)]


def single_site(block: Block = everywhere) -> Kernel:
    """Draws one choice, picked uniformly, anew from its law; the others stay as far as they are met again."""

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        before = sites(current, block)
        if not before:
            return nowhere(machine)
        return redrawn(before[source.choose([1] * len(before))], block)(machine, current, source)

    return kernel


def redrawn(site: Address, block: Block = everywhere) -> Kernel:
    """Draws this choice anew, which was picked uniformly from those of the block."""

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        new = replay(machine, _without(current, (site,)), source, current.limit)
        if new is None:
            return nowhere(machine)
        return compared(current, new, (site,), picking(machine, current, new, block))

    return kernel


def picking(machine: Machine, current: Traced, new: Traced, block: Block = everywhere) -> LogWeight:
    """The ratio of the chances to pick one choice of the block, from the new trace and from the old one."""
    return ratio(len(sites(current, block)), len(sites(new, block)), exact=machine.exact)


def nowhere(machine: Machine) -> Proposal:
    """The proposal of what has density zero."""
    return Proposal(None, ONE(machine.exact), 0)


def block_of(block: Block = everywhere) -> Kernel:
    """Draws all choices of the block anew from their laws."""

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        before = sites(current, block)
        new = replay(machine, _without(current, before), source, current.limit)
        if new is None:
            return nowhere(machine)
        return compared(current, new, {*before, *sites(new, block)}, ONE(machine.exact))

    return kernel


def compared(current: Traced, new: Traced, free: Container[Address], extra: LogWeight) -> Proposal:
    """A proposal whose choices were drawn from their laws unless they are in both traces and not `free`.

    Those that were drawn cancel against their densities; what remains are the choices that both traces
    share, the weights, and `extra`. What the new trace no longer has must be drawn on the way back: from
    a law without a sampler there is none.
    """
    gone = (choice.law for address, choice in current.choices.items() if address not in new.choices)
    if not all(map(has_sampler, gone)):
        return Proposal(None, extra, 0)
    shared = [address for address in new.choices if address in current.choices and address not in free]
    log_ratio = times(minus(new.log_weight, current.log_weight), extra)
    dimension = new.run.dimension - current.run.dimension
    for address in shared:
        after, more = new.densities[address]
        before, less = current.densities[address]
        log_ratio = times(log_ratio, minus(after, before))
        dimension += more - less
    return Proposal(new, log_ratio, dimension)


def minus(left: LogWeight, right: LogWeight) -> LogWeight:
    """The log of the quotient of two positive numbers; exact if both are."""
    if isinstance(left, LogRat) and isinstance(right, LogRat):
        return left - right
    return float(left) - float(right)


def ratio(above: int, below: int, *, exact: bool) -> LogWeight:
    """The log of a quotient of two counts; the lower one may be zero only if it is never used."""
    return log_weight(Fraction(above, below) if exact else above / below)


def _without(current: Traced, free: Container[Address]) -> dict[Address, Value]:
    return {address: value for address, value in current.values.items() if address not in free}
