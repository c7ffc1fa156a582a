"""Weighted: a run draws from a source and carries the product of its weights.

Meaning: the measure f -> E[w f(value)] over the source's randomness, which is the program's own
unnormalised measure. `Sampled` is the same with the weights left out (`Bound.prior`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.evaluate import entry_of, extended, located
from pplc.semantics.laws import fitted
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, times
from pplc.semantics.number import LogWeight
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Fault, Value


class Weighted(NamedTuple):
    """A finished run with its weight.

    log_weight: log of the product of the weights.
    dimension:  how many weights were densities with respect to length rather than masses; in
                mixed laws only the runs of lowest dimension count (LANGUAGE.md 11).
    trace:      every draw by address.
    likelihood: the log density of every observed datum, of arrays that of every entry.
    """

    finished: Finished
    log_weight: LogWeight
    dimension: int
    trace: dict[Address, Value]
    likelihood: dict[Address, LogWeight]


def weight_of(event: Observing) -> tuple[LogWeight, int]:
    """The log density of an observation, and the dimension of the measure it is a density of."""
    try:
        weight, dimension = event.law.log_density_and_dimension(event.value)
    except Fault as fault:
        raise located(fault, event.span) from None
    if isinstance(weight, float) and (math.isnan(weight) or weight == math.inf):
        what = "infinite" if weight == math.inf else "not a number (NaN)"
        raise Rejected(Diagnostic("E0404", f"the log density of this observation is {what}", event.span))
    return weight, dimension


def pointwise(event: Observing) -> dict[Address, LogWeight]:
    """The log densities of the entries of an observation, by address."""
    found: dict[Address, LogWeight] = {}
    for index, law in fitted(event.law, event.value).elements():
        address = extended(event.address, index) if index else event.address
        found[address] = law.log_density(entry_of(event.value, index))
    return found


def draw_from(event: Sampling, source: Source) -> Value:
    """A draw for the event."""
    try:
        return event.law.draw(source)
    except Fault as fault:
        raise located(fault, event.span) from None


def run(machine: Machine, source: Source) -> Weighted:
    """One run from the start."""
    return finish(machine, machine.start(), source)


def finish(machine: Machine, event: Event, source: Source) -> Weighted:
    """Runs on from an event until the end."""
    one = ONE(machine.exact)
    total, dimension = one, 0
    trace: dict[Address, Value] = {}
    likelihood: dict[Address, LogWeight] = {}
    while True:
        match event:
            case Sampling(_, address, _, state):
                value = draw_from(event, source)
                trace[address] = value
                event = machine.resume(state, value)
            case Observing(state=state):
                weight, more = weight_of(event)
                for entry, density in pointwise(event).items():  # one datum may be observed repeatedly
                    likelihood[entry] = times(likelihood.get(entry, one), density)
                total, dimension = times(total, weight), dimension + more
                event = machine.resume(state)
            case Weighing(weight, _, state):
                total = times(total, weight)
                event = machine.resume(state)
            case Finished():
                return Weighted(event, total, dimension, trace, likelihood)
