"""`infer(m)`: the law a model denotes after normalisation, found by enumerating it.

Without a method the law is exact, and a model that cannot be enumerated is refused. With
`method = "importance"` it is the weighted sample of `draws` runs, explicitly approximate, from a
source of its own: equal models get equal laws within a run of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zlib import crc32

from pplc.semantics.evaluate import INFER_MARK, nesting
from pplc.semantics.laws import LawValue, finite_law
from pplc.semantics.machine import Machine
from pplc.semantics.measure import Measure, collected, is_zero
from pplc.semantics.representations import enumerated, weighted
from pplc.semantics.runs import Event, Memo
from pplc.semantics.source import Seeded, Source
from pplc.semantics.values import Address, Fault, ModelValue, Value, show

INNER = 1 << 31
"""The task of `Seeded` whose numbers inner inference draws, apart from those of every chain."""


class Nested:
    """Finds the laws of inner models and remembers them; an engine has one per run.

    source:      for approximate inner inference; without one it is refused.
    approximate: whether any answer so far was approximate, which marks everything downstream.
    """

    def __init__(self, source: Source | None = None) -> None:
        self.source = source
        self.approximate = False
        self._known: dict[tuple[Value, tuple[tuple[str, Value], ...], frozenset[object]], LawValue] = {}

    def __call__(
        self, machine: Machine, model: Value, keywords: Mapping[str, Value], memo: Memo, path: Address
    ) -> LawValue:
        """The law of the value of `model` (`Infer` of the machine)."""
        if isinstance(model, LawValue):
            return model
        if not isinstance(model, ModelValue):
            raise TypeError(f"`infer` needs a model, not {show(model)}")
        # What was memoised outside may be read inside, so it belongs to the key.
        key = (model, tuple(keywords.items()), frozenset(memo.items()))
        if key not in self._known:
            self._known[key] = self.law(machine, model, keywords, memo, path)
        return self._known[key]

    def law(
        self, machine: Machine, model: ModelValue, keywords: Mapping[str, Value], memo: Memo, path: Address
    ) -> LawValue:
        """The law of the value of a model, found anew."""
        if machine.bound.prior:  # what an inner model weighs is part of its law, which the prior draws from
            whole = replace(machine.bound, prior=False)
            machine = Machine(whole, exact=machine.exact, infer=machine.infer, record=machine.record)
        inside = (INFER_MARK,) * (nesting(path) + 1)
        method = keywords.get("method")
        if method in (None, "exact"):
            measure = self.measured(machine, machine.start_model(model, memo, inside))
        elif method == "importance":
            measure = self._sampled(machine, model, keywords.get("draws", 1000), memo, inside)
        else:
            raise Fault(
                "E0504",
                f"`infer` has no method {show(method)}",
                "unknown method",
                'the methods are "exact" and "importance"',
            )
        if is_zero(measure.evidence):
            otherwise = keywords.get("otherwise")
            if isinstance(otherwise, LawValue):
                return otherwise
            raise Fault(
                "E0403",
                f"`infer` of `{model.function.function.name}`: its evidence is 0, so it has no posterior",
                "impossible evidence inside",
                "give the law to use then: `infer(m, otherwise = d)`",
            )
        return finite_law(measure.probabilities())

    def measured(self, machine: Machine, start: Event) -> Measure[Value]:
        """The measure of a model's value, exactly: every run is followed to its end."""
        found = enumerated.outcomes(machine, start)
        return collected((o.finished.value, o.log_weight, o.dimension) for o in found)

    def _sampled(
        self, machine: Machine, model: ModelValue, draws: Value, memo: Memo, inside: Address
    ) -> Measure[Value]:
        if self.source is None:
            raise Fault(
                "E0505",
                "approximate `infer` needs a method that draws",
                "this law would be approximate",
                "use `--method importance`",
            )
        if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
            raise Fault(
                "E0506", f"`draws` of `infer` must be a positive int, not {show(draws)}", "too few draws"
            )
        self.approximate = True
        source = self.source
        if isinstance(source, Seeded):
            # By what is asked, not by who asks first: a continued run then finds the same laws.
            source = source.at(task=INNER, generation=crc32(repr((model, draws)).encode()), slot=0)
        runs = [
            weighted.finish(machine, machine.start_model(model, memo, inside), source) for _ in range(draws)
        ]
        return collected((run.finished.value, run.log_weight, run.dimension) for run in runs)
