"""What queries ask of inference, for one bound program: results and joint laws, each found once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import fsum
from typing import Any

from pplc.inference.auto import Asking, Outcome, infer, unanswered
from pplc.inference.collect import RETURN
from pplc.inference.exact import joint
from pplc.inference.forward import Joint as JointLaw
from pplc.inference.joint import ELEMENT, by_name, wanted
from pplc.inference.options import Options
from pplc.inference.predict import before_data, prior_draws, replayed
from pplc.inference.progress import Progress
from pplc.inference.registry import METHODS
from pplc.inference.result import Array, Draws, Probability, Result
from pplc.information.answers import Left
from pplc.information.answers import Outcome as Joint
from pplc.information.expressions import World
from pplc.lang import core
from pplc.lang.diagnostics import Rejected
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.values import Address, FunctionValue, Value, to_numbers

PRIOR_DRAWS = 4000
"""Draws from the prior for queries about it, unless `draws` and `chains` say otherwise."""


class Session:
    """Runs of one program with its data by one method, as `pplc.information.answers.Runs`."""

    def __init__(self, bound: Bound, method: str, given: Mapping[str, Any], progress: Progress) -> None:
        self.bound = bound
        self.program: core.Program = bound.program
        self.method = method
        self.given = given
        self.progress = progress
        self._known: dict[tuple[frozenset[tuple[Address, Value]], bool], Outcome] = {}
        self._joints: dict[tuple[frozenset[tuple[Address, Value]], frozenset[str], bool], JointLaw] = {}
        self._drawn: dict[tuple[frozenset[tuple[Address, Value]], bool], Result | None] = {}
        self._calls: dict[bool, Machine] = {}
        self._parameters: dict[bool, dict[str, Value]] = {}
        self._functions: dict[tuple[frozenset[tuple[Address, Value]], bool], dict[str, Array]] = {}

    def main(self, asking: Asking | None = None, *, table: bool = True) -> Outcome:
        """The outcome for the program itself; it may be empty, of a run that was stopped early.

        asking: the queries. table: whether the laws of all variables are wanted, too.
        """
        outcome = infer(self.bound, self.method, self.given, self.progress, asking, table=table)
        self.know(outcome)
        return outcome

    def know(self, outcome: Outcome) -> None:
        """Takes an outcome for the program itself as found."""
        self._known[frozenset[tuple[Address, Value]](), False] = outcome

    def outcome(self, interventions: Mapping[Address, Value], *, prior: bool) -> Outcome:
        """What ran and what came out, for the program under interventions, or for its prior."""
        key = frozenset(interventions.items()), prior
        if key not in self._known:
            bound = self._changed(interventions, prior=prior)
            found = self._prior(bound) if prior else infer(bound, self.method, self.given, self.progress)
            if found.result.stopped and found.result.empty:
                raise Rejected(unanswered(found.method, found.result, "give it more time, or another method"))
            self._known[key] = found
        return self._known[key]

    def result(self, interventions: Mapping[Address, Value], *, prior: bool) -> Result:
        """The result alone."""
        return self.outcome(interventions, prior=prior).result

    def with_evidence(self, result: Result) -> list[str]:
        """The methods that give the evidence where a result of another has none."""
        without = {result.method, *result.tried}
        found = [name for name, method in METHODS.items() if method.evidence and name not in without]
        return [name for name in found if not METHODS[name].refuses(self.bound)]

    def drawn(self, interventions: Mapping[Address, Value], *, prior: bool) -> Result | None:
        """Independent draws from an exact result that `auto` chose; None if it did not, or has none."""
        key = frozenset(interventions.items()), prior
        outcome = self.outcome(interventions, prior=prior)
        if self.method != "auto" or outcome.result.laws is None:
            return None
        if key not in self._drawn:
            from pplc.inference.exact_draws import drawing

            bound, options = self._changed(interventions, prior=prior), outcome.options
            try:
                draws = drawing(bound, options.draws, options.seed, self.progress).draws()
            except Rejected:  # what is without a rule for a law may be without one for draws
                self._drawn[key] = None
            else:
                self._drawn[key] = Result("exact", draws=draws)
        return self._drawn[key]

    def outcomes(
        self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool
    ) -> list[Joint]:
        """The exact joint law of what the names mention."""
        alone = self._alone(interventions, names, prior=prior)
        if alone is not None:
            return alone
        measure = self._joint(interventions, names, prior=prior).measure
        probabilities = measure.probabilities() if measure.masses else {}
        return [Joint(by_name(dict(key.recorded)), p, key.piece) for key, p in probabilities.items()]

    def left(self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool) -> Left:
        """The runs that `outcomes` knows nothing of."""
        if self._alone(interventions, names, prior=prior) is not None:
            bases = {re.split(r"[.\[]", name)[0] for name in names}
            lefts = self.result(interventions, prior=prior).left
            share = max(lefts.get(base, 0.0) for base in bases)
            return Left(share, [Joint({}, share)] if share else [])
        found = self._joint(interventions, names, prior=prior)
        return Left(found.left, [Joint(by_name(recorded), mass) for recorded, mass in found.rest])

    def _alone(
        self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool
    ) -> list[Joint] | None:
        """The law of one variable or element that every run has, if all of it is known."""
        result = self.result(interventions, prior=prior)
        if len(names) != 1 or result.laws is None:
            return None
        (name,) = names
        element = re.fullmatch(r"(.+)\[([\d, ]+)\]", name)
        base, index = (name, ()) if element is None else (element[1], tuple(map(int, element[2].split(","))))
        law = result.laws.get(base, {}).get(index)
        # Of the value nothing is known where runs were not followed; of other variables something may be.
        partly = base in result.left and result.laws.get(base) is not result.laws.get("return")
        if not law or partly or not _whole(law.values()):
            return None
        return [Joint({name: value}, p) for value, p in law.items()]

    def _joint(
        self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool
    ) -> JointLaw:
        key = frozenset(interventions.items()), names, prior
        if key not in self._joints:
            bases = frozenset(re.split(r"[.\[]", name)[0] for name in names)
            nested = any("." in name for name in names)
            self._joints[key] = joint(
                self._changed(interventions, prior=prior),
                wanted(names),
                lambda recorded: frozenset(
                    item for item in recorded.items() if item[0] != RETURN or "return" in bases
                ),
                self.progress,
                None if nested else bases,
            )
        return self._joints[key]

    def functions(self, draws: Draws) -> Mapping[str, Array]:
        """The drawn functions behind draws: those that the method kept, or found by running again, once."""
        if draws.functions:
            return draws.functions
        for key, outcome in self._known.items():
            if outcome.result.draws is not None and outcome.result.draws.values is draws.values:
                if key not in self._functions:
                    bound = self._changed(dict(key[0]), prior=key[1])
                    self._functions[key] = replayed(bound, draws, self.progress)
                return self._functions[key]
        return {}

    def world(self, values: Mapping[str, Value], *, exact: bool) -> World:
        """The variables, and the model's parameters where no variable has their name."""
        if exact not in self._parameters:
            self._parameters[exact] = {
                name: to_numbers(value, exact=exact) for name, value in self.bound.arguments.items()
            }

        def call(function: FunctionValue, arguments: tuple[Value, ...]) -> Value:
            if exact not in self._calls:
                self._calls[exact] = Machine(self.bound, exact=exact, infer=Nested())
            return self._calls[exact].call(function, arguments)

        parameters = dict(self._parameters[exact])
        for name, value in values.items():  # drawn entries of data: missing ones, and those of the prior
            found = ELEMENT.fullmatch(name)
            if found is not None and found[1] in parameters and found[1] not in values:
                places = [int(place) for place in found[2].split(", ")]
                parameters[found[1]] = _with_entry(parameters[found[1]], places, value)
        return World(self.program, {**parameters, **values}, call, exact)

    def _changed(self, interventions: Mapping[Address, Value], *, prior: bool) -> Bound:
        bound = replace(self.bound, interventions={**self.bound.interventions, **interventions})
        return before_data(bound) if prior else bound

    def _prior(self, bound: Bound) -> Outcome:
        """The prior: exact if the method is or may be, otherwise independent draws."""
        if self.method in ("auto", "exact"):
            exact = {key: value for key, value in self.given.items() if key in METHODS["exact"].options}
            if self.method == "exact" or not METHODS["exact"].refuses(bound):
                return infer(bound, self.method, exact, self.progress)
        options = Options()
        count = PRIOR_DRAWS
        if "draws" in self.given:
            count = int(self.given["draws"]) * int(self.given.get("chains", 1))
        seed = int(self.given.get("seed", options.seed))
        draws = prior_draws(bound, count, seed, self.progress)
        return Outcome(
            METHODS["importance"], replace(options, seed=seed), "the prior", Result("prior", draws=draws)
        )


def _whole(probabilities: Collection[Probability]) -> bool:
    """Whether every run has the variable: probabilities, rational or formulas, that add up to 1."""
    if any(isinstance(p, float) for p in probabilities):
        return abs(fsum(map(float, probabilities)) - 1) <= 1e-9
    return sum(probabilities, Fraction(0)) == 1


def _with_entry(array: Value, places: Sequence[int], value: Value) -> Value:
    """An array with one entry replaced."""
    if not places:
        return value
    assert isinstance(array, tuple)
    first, *rest = places
    return (*array[:first], _with_entry(array[first], rest, value), *array[first + 1 :])
