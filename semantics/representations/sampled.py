"""Sampled: a run given a source of randomness, of a program without weights.

Meaning: the law of the value over the source's randomness.
"""

from __future__ import annotations

from pplc.semantics.machine import Machine
from pplc.semantics.representations.answering import draw_from
from pplc.semantics.runs import Finished, Observing, Sampling, Weighing
from pplc.semantics.source import Source


def run(machine: Machine, source: Source) -> Finished:
    """One draw of a program that has no weights, or whose weights are left out (`Bound.prior`)."""
    event = machine.start()
    while True:
        match event:
            case Sampling(_, _, _, state):
                event = machine.resume(state, draw_from(event, source))
            case Observing() | Weighing():
                raise TypeError("a program with weights cannot simply be sampled")
            case Finished():
                return event
