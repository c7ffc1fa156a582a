"""Weighted: a run draws from a source and carries the product of its weights.

Meaning: the measure f -> E[w f(value)] over the source's randomness, which is the program's own
unnormalised measure. `Sampled` is the same with the weights left out (`Bound.prior`).
"""

from __future__ import annotations

from typing import NamedTuple

from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero
from pplc.semantics.number import LogWeight
from pplc.semantics.representations import sequential
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.runs import Event, Finished
from pplc.semantics.source import Source
from pplc.semantics.values import MISSING, Address, Value


class Weighted(NamedTuple):
    """A finished run with its weight, or one that ended where its weight became zero.

    finished:   its value and what it recorded; of weight zero, what it recorded until then and no value
                (`MISSING`).
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


def run(machine: Machine, source: Source) -> Weighted:
    """One run from the start."""
    return finish(machine, machine.start(), source)


def finish(machine: Machine, event: Event, source: Source) -> Weighted:
    """Runs on from an event until the end.

    It ends earlier where its weight becomes zero, so that nothing is computed from values that the program
    excludes.
    """
    choose = sequential.prior(source, exact=machine.exact)
    run, total = sequential.finish(machine, sequential.start_from(machine, event, choose), choose)
    return weighted(run, total, ONE(machine.exact))


def weighted(run: Suspended, log_weight: LogWeight, one: LogWeight) -> Weighted:
    """A suspended run that has finished, or has weight zero, as a weighted one; `one` is the log of 1."""
    event = run.event
    if not isinstance(event, Finished):
        assert is_zero(log_weight)
        event = Finished(MISSING, event.state.recorded)
    trace = {address: choice.value for address, choice in run.trace().items()}
    return Weighted(event, log_weight, run.dimension, trace, run.likelihood(one))
