"""Whether following runs in the order of the program can end, judged by how their states have grown."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.wording import counted
from pplc.semantics.machine import Machine
from pplc.semantics.representations.enumerated import choices
from pplc.semantics.runs import Event, Observing, Sampling, Weighing

GROWTH = 1.5
"""How many times the states before them the states of a draw must be to count as growing without merging."""

LAYERS = 6
"""Draws in a row at which states must have grown so."""

FIRST_LOOK = 4096
"""States that are followed before their growth is looked at."""

MOST_AHEAD = 10_000
"""Draws that are counted ahead."""


class Outlook:
    """The growth of the states of one program, by the draws that they wait for, in order."""

    def __init__(self, machine: Machine, budget: int) -> None:
        self.machine, self.budget = machine, budget
        self.layers: list[int] = []
        self.order: tuple[int, ...] = ()
        self.next = FIRST_LOOK

    def note(self, order: tuple[int, ...], event: Sampling, done: int) -> None:
        """Takes in one more state; `Rejected` E0503 if there will be more than the budget allows.

        States that have grown so far without merging are taken to stay as many as they are, at least.
        """
        if order != self.order:
            self.order = order
            self.layers.append(0)
            if done >= self.next:
                self.next = 2 * done
                self._look(event)
        self.layers[-1] += 1

    def _look(self, event: Sampling) -> None:
        last = self.layers[-LAYERS - 2 : -1]
        if len(last) <= LAYERS or not _grows(last):
            return
        ahead = self._ahead(event)
        if last[-1] * ahead > self.budget:
            states = counted(self.budget, "state")
            message = f"exact inference would keep more than {states}"
            label = f"{last[-1]:,} states wait here, growing at each draw, and {ahead:,} more draws follow"
            help_ = "raise the bound with `--max-states`, or choose another method"
            raise Rejected(Diagnostic("E0503", message, event.span, label, help_))

    def _ahead(self, event: Event) -> int:
        """How many draws one run still makes, as far as it can be told."""
        drawn = 0
        with suppress(Rejected):
            while drawn < MOST_AHEAD:
                match event:
                    case Sampling():
                        drawn += 1
                        value, _ = next(iter(choices(event)))
                        event = self.machine.resume(event.state, value)
                    case Observing() | Weighing():
                        event = self.machine.resume(event.state)
                    case _:
                        break
        return drawn


def _grows(layers: Sequence[int]) -> bool:
    return all(after >= GROWTH * before for before, after in pairwise(layers))
