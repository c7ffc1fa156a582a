"""`infer(m)` in exact runs: the inner model's states are merged, like those of the outer one."""

from __future__ import annotations

from collections.abc import Mapping

from pplc.inference.collect import RETURN
from pplc.inference.progress import Silent
from pplc.inference.states import Explorer
from pplc.semantics.laws import LawValue
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, Measure, collected, is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.runs import Event, Memo
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.values import Address, Fault, ModelValue, Value


class Merging(Nested):
    """`Nested` for exact engines: inner models with many runs but few states have their laws, too."""

    def __call__(
        self, machine: Machine, model: Value, keywords: Mapping[str, Value], memo: Memo, path: Address
    ) -> LawValue:
        """The law of the value of `model`. One that depends on continuous variables is found anew each time.

        What is assumed of them decides comparisons inside, and differs from run to run.
        """
        if isinstance(model, ModelValue) and latents_in((model, dict(memo))):
            return self.law(machine, model, keywords, memo, path)
        return super().__call__(machine, model, keywords, memo, path)

    def measured(self, machine: Machine, start: Event) -> Measure[Value]:
        """The measure of a model's value; a `Fault` if the model has no end."""
        graph = Explorer(machine, Silent(), forgetful=True).explore(start)
        if graph.rest:
            raise Fault(
                "E0503",
                "the model that `infer` is asked for has no end, so that its law is known only in bounds",
                "an inner law must be exact",
                'give its recursion or loop an end, or use `infer(m, method = "importance")`',
            )
        every = [(edge, mass) for edge, mass in graph.edges(ONE(machine.exact)) if edge.target is None]
        if any(not latents_in(edge.recorded[RETURN]).isdisjoint(edge.piece.latents) for edge, _ in every):
            raise Fault(
                "E0525",
                "the model that `infer` is asked for has a continuous value, whose law is no finite table",
                "an inner law must be exact",
                'let it return something discrete, or use `infer(m, method = "importance")`',
            )
        return collected(
            (edge.recorded[RETURN], mass, edge.dimension) for edge, mass in every if not is_zero(mass)
        )
