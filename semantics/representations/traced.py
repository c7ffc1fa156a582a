"""Traced: a run with its choices and their densities, which can be run again with some choices fixed.

Meaning: the measure of the program over traces, each with the product of the densities of its choices and
of its weights. `marginal` forgets the trace. A trace may end after a given number of weights; it then stands
for the program cut off there, as `Sequential` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero
from pplc.semantics.number import IMPOSSIBLE, LogWeight
from pplc.semantics.representations import sequential
from pplc.semantics.representations.answering import density_of, density_of_kept, draw_from
from pplc.semantics.representations.sequential import Choice, Choose, Suspended
from pplc.semantics.runs import Finished, Sampling
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value


class Traced(NamedTuple):
    """A run of positive density.

    choices:    by address, in the order in which they were made.
    densities:  the log density of each choice under its law, and the dimension of that density.
    limit:      after how many weights it ends at the latest; None if it runs to its end.
    """

    run: Suspended
    choices: Mapping[Address, Choice]
    densities: Mapping[Address, tuple[LogWeight, int]]
    limit: int | None

    @property
    def log_weight(self) -> LogWeight:
        """The log of the product of its weights."""
        return self.run.log_weight

    @property
    def values(self) -> dict[Address, Value]:
        """The values of the choices by address."""
        return {address: choice.value for address, choice in self.choices.items()}


def marginal(traced: Traced) -> Finished:
    """The end of a run, its trace forgotten."""
    assert isinstance(traced.run.event, Finished)
    return traced.run.event


def replay(
    machine: Machine, fixed: Mapping[Address, Value], source: Source, limit: int | None = None
) -> Traced | None:
    """Runs the program anew: choices at the addresses in `fixed` are those, all others are drawn.

    None if the run has density zero. It ends where that is found, so that nothing is computed from values
    that the program excludes.
    """
    densities: dict[Address, tuple[LogWeight, int]] = {}
    choose = _fixing(machine, fixed, source, densities)
    run, factor = sequential.start(machine, choose)
    return None if is_zero(factor) else _traced(machine, run, densities, choose, limit)


def extend(machine: Machine, traced: Traced, source: Source, limit: int | None = None) -> Traced | None:
    """A run taken on to more weights, or to its end; None if its density becomes zero."""
    densities = dict(traced.densities)
    choose = _fixing(machine, {}, source, densities)
    return _traced(machine, traced.run, densities, choose, limit)


def traced(run: Suspended, limit: int | None) -> Traced:
    """A suspended run of positive weight as a trace, which ends after so many weights at the latest."""
    choices = run.trace()
    densities = {
        address: choice.law.log_density_and_dimension(choice.value) for address, choice in choices.items()
    }
    return Traced(run, choices, densities, limit)


def _fixing(
    machine: Machine,
    fixed: Mapping[Address, Value],
    source: Source,
    densities: dict[Address, tuple[LogWeight, int]],
) -> Choose:
    """Answers draws by what is fixed, else from their laws, and writes the densities down."""
    one: LogWeight = ONE(machine.exact)
    zero: LogWeight = IMPOSSIBLE if machine.exact else float("-inf")

    def choose(event: Sampling) -> tuple[Value, LogWeight]:
        known = event.address in fixed
        value = fixed[event.address] if known else draw_from(event, source)
        density = (density_of_kept if known else density_of)(event, value)
        densities[event.address] = density
        return value, zero if known and is_zero(density[0]) else one

    return choose


def _traced(
    machine: Machine,
    run: Suspended,
    densities: Mapping[Address, tuple[LogWeight, int]],
    choose: Choose,
    limit: int | None,
) -> Traced | None:
    while not run.finished and (limit is None or run.weights < limit):
        run, factor = sequential.advance(machine, run, choose)
        if is_zero(factor):
            return None
    return Traced(run, run.trace(), densities, limit)
