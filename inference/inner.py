"""`infer(m)` in exact runs: the inner model's states are merged, like those of the outer one."""

from __future__ import annotations

from pplc.inference.collect import RETURN
from pplc.inference.progress import Silent
from pplc.inference.states import Explorer
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, Measure, collected, is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.runs import Event
from pplc.semantics.values import Fault, Value


class Merging(Nested):
    """`Nested` for exact engines: inner models with many runs but few states have their laws, too."""

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
        return collected(
            (edge.recorded[RETURN], mass, edge.dimension)
            for edge, mass in graph.edges(ONE(machine.exact))
            if edge.target is None and not is_zero(mass)
        )
