"""What the evidence of populations rests on: a few numbers of each, kept in run files.

A run that goes on adds its populations to those before it, and states what one run of all of them states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from pplc.inference import weights
from pplc.inference.answers import Estimate


@dataclass(frozen=True)
class Met:
    """Populations of equally many particles, as far as their evidence needs them.

    values:      of each the log of its estimate of the evidence; -inf if it died out.
    errors:      of each the relative standard error (`weights.population_error`).
    rough:       whether that is a guess, since its particles descend from few.
    ancestors:   how many particles of their starts have descendants of positive weight, in all of them.
    resamplings: how often they were resampled, all together.
    dimension:   of the runs that count, the lowest of those of positive weight (LANGUAGE.md 11).
    """

    values: Sequence[float] = ()
    errors: Sequence[float] = ()
    rough: Sequence[bool] = ()
    ancestors: int = 0
    resamplings: int = 0
    dimension: int = 0

    @property
    def count(self) -> int:
        """How many populations there are."""
        return len(self.values)

    @property
    def alive(self) -> bool:
        """Whether any particle of any of them has positive weight."""
        return any(value > -inf for value in self.values)

    @property
    def evidence(self) -> Estimate:
        """The log of the mean of their estimates: with the error of their spread, if they are many."""
        if self.count >= weights.FEW:
            return weights.replicated_evidence(self.values)
        parts = [(value, error, 1) for value, error in zip(self.values, self.errors, strict=True)]
        return weights.pooled_evidence(parts, *([weights.ROUGH] if any(self.rough) else []))

    def at(self, dimension: int) -> Met:
        """The same beside runs of this dimension: if it is lower, none of theirs have any mass."""
        if not self.alive or dimension == self.dimension:
            return self
        none = [-inf] * self.count, [inf] * self.count, [False] * self.count
        return Met(*none, 0, self.resamplings, dimension)

    def joined(self, more: Met) -> Met:
        """These and others of the same dimension."""
        return replace(
            more,
            values=[*self.values, *more.values],
            errors=[*self.errors, *more.errors],
            rough=[*self.rough, *more.rough],
            ancestors=self.ancestors + more.ancestors,
            resamplings=self.resamplings + more.resamplings,
        )

    def storable(self) -> dict[str, Any]:
        """As part of the state in a run file."""
        return {
            "values": list(self.values),
            "errors": list(self.errors),
            "rough": list(self.rough),
            "ancestors": self.ancestors,
            "resamplings": self.resamplings,
            "dimension": self.dimension,
        }

    @classmethod
    def stored(cls, state: Mapping[str, Any]) -> Met:
        """That of a state; of none, or one before its first population, no populations."""
        if not state.get("values"):
            return cls()
        return cls(
            [float(value) for value in state["values"]],
            [float(error) for error in state["errors"]],
            [bool(few) for few in state["rough"]],
            int(state["ancestors"]),
            int(state["resamplings"]),
            int(state["dimension"]),
        )
