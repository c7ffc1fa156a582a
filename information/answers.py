"""Answers of queries, and what queries ask of inference.

The three kinds of number, `Exact | Bounds | Estimate`, come from `pplc.inference.answers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, estimate
from pplc.inference.result import Probability, Result
from pplc.inference.summary import Variable
from pplc.information.expressions import World
from pplc.lang import core
from pplc.semantics.values import Address, Value

__all__ = ["Answer", "Answered", "Bounds", "Estimate", "Exact", "Outcome", "Runs", "estimate"]


@dataclass(frozen=True)
class Answered:
    """A query and its answer.

    answer:    a number, for `P E sd var quantile evidence`; None for `posterior` and `prior`.
    variables: their tables, by the text of the expression.
    unit:      `nats` for the evidence; else empty.
    """

    query: str
    answer: Answer | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict[str, Variable])
    unit: str = ""


class Outcome(NamedTuple):
    """One joint value of the variables asked for, by name, and its probability."""

    values: Mapping[str, Value]
    probability: Probability


class Runs(Protocol):
    """The inference that queries ask for; results are remembered, so that asking twice costs once."""

    program: core.Program

    def result(self, interventions: Mapping[Address, Value], *, prior: bool) -> Result:
        """The draws or exact laws of the program under interventions."""
        ...

    def outcomes(
        self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool
    ) -> list[Outcome]:
        """The exact joint law of what the names mention; for programs whose result is exact."""
        ...

    def world(self, values: Mapping[str, Value], *, exact: bool) -> World:
        """The world of these variables, the parameters added."""
        ...
