"""What the future of a reference weighs after another past: for ancestor sampling, each state once.

A run that makes the choices that the reference has still to make comes, sooner or later, to a state that
another run came to before: of a Markov model after its next choice, for nothing else of the past is read
again. From there on it weighs the same. So every state is followed once, and a sweep takes about as many
steps as it has particles and weights, not as many for each of its weights.

Lindsten, Jordan & Schon, *Particle Gibbs with ancestor sampling* (JMLR 2014), section 4: of a Markov model
only the next transition is evaluated.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import inf

from pplc.inference.particles import Interpreted
from pplc.inference.suspended import Suspended as Keys
from pplc.semantics.measure import ONE, is_zero, times
from pplc.semantics.number import IMPOSSIBLE, LogWeight
from pplc.semantics.representations import sequential
from pplc.semantics.representations.answering import density_of_kept
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.runs import Finished, Sampling
from pplc.semantics.values import Address, Value


class Future:
    """The choices of a reference, and what they weigh from every state that was met.

    choices: those that are not parameters, in the order of the reference. A set of them is a number, whose
             bits say which; what is left of them names a state together with where a run stands.
    keys:    tell runs apart, of the same program.
    """

    def __init__(self, engine: Interpreted, choices: Mapping[Address, Value], keys: Keys) -> None:
        self.choices = choices
        self._engine = engine
        self._keys = keys
        self._bits = {address: 1 << place for place, address in enumerate(choices)}
        self._known: dict[Hashable, LogWeight] = {}
        self._zero: LogWeight = IMPOSSIBLE if engine.exact else -inf

    @property
    def whole(self) -> int:
        """All choices."""
        return (1 << len(self.choices)) - 1

    def without(self, left: int, run: Suspended) -> int:
        """What is left when a run has made its choices."""
        for choice in sequential.listed(run.choices):
            left &= ~self._bits.get(choice.address, 0)
        return left

    def weigh(self, run: Suspended, left: int) -> LogWeight:
        """The log density of a run going on with what is left, weights included; of 0 if it cannot."""
        passed: list[tuple[Hashable, LogWeight]] = []
        factor = ONE(self._engine.exact)
        rest = self._zero
        while not is_zero(factor):
            if isinstance(run.event, Finished):
                rest = self._zero if left else ONE(self._engine.exact)
                break
            here: Hashable = left, self._keys.standing(run.event.state)
            if here in self._known:
                rest = self._known[here]
                break
            passed.append((here, factor))
            run, factor, left = self._step(run, left)
        for name, before in reversed(passed):
            rest = rest if is_zero(rest) else times(factor, rest)
            self._known[name] = rest
            factor = before
        return rest

    def _step(self, run: Suspended, left: int) -> tuple[Suspended, LogWeight, int]:
        """The run at its next weight, the weight on the way, and what is left then."""
        given = self._engine.given

        def choose(event: Sampling) -> tuple[Value, LogWeight]:
            nonlocal left
            if event.address in given:
                value = given[event.address]
            elif self._bits.get(event.address, 0) & left:
                left &= ~self._bits[event.address]
                value = self.choices[event.address]
            else:
                return (), self._zero
            return value, density_of_kept(event, value)[0]

        after, factor = sequential.advance(self._engine.machine, run, choose)
        return after, factor, left
