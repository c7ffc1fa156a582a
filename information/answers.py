"""Answers of queries, and what queries ask of inference.

The three kinds of number, `Exact | Bounds | Estimate`, come from `pplc.inference.answers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, estimate
from pplc.inference.continuous.piece import NOTHING, Piece
from pplc.inference.result import Array, Draws, Index, Probability, Result
from pplc.inference.summary import Variable
from pplc.information.expressions import World
from pplc.lang import core
from pplc.lang.diagnostics import Diagnostic
from pplc.semantics.values import Address, Value

__all__ = [
    "Answer",
    "Answered",
    "Bounds",
    "Elements",
    "Estimate",
    "Exact",
    "Outcome",
    "Runs",
    "answered",
    "estimate",
]


Unit: TypeAlias = Literal["nats", "bits"]
"""Units of information."""


@dataclass(frozen=True)
class Elements:
    """Moments or quantiles of an array: those of its elements, by index."""

    elements: Mapping[Index, Answer]


@dataclass(frozen=True)
class Answered:
    """A query and its answer.

    answer:    a number, for `P E sd var quantile evidence`; None for `posterior` and `prior`.
    parts:     in place of it, of queries with several numbers, these by name: the atoms of `pid`.
    elements:  in place of it, if moments or quantiles of an array are asked for, those of its elements.
    variables: their tables, by the text of the expression.
    unit:      `nats` or `bits` of information, `nats` of the evidence; else empty.
    errors:    in place of all these, why there is no answer.
    """

    query: str
    answer: Answer | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict[str, Variable])
    unit: str = ""
    elements: Mapping[Index, Answer] | None = None
    parts: Mapping[str, Answer] | None = None
    errors: tuple[Diagnostic, ...] = ()

    @property
    def numbers(self) -> tuple[Answer, ...]:
        """Every number of the answer."""
        if self.elements is not None:
            return tuple(self.elements.values())
        if self.parts is not None:
            return tuple(self.parts.values())
        return () if self.answer is None else (self.answer,)


def answered(text: str, elements: Mapping[Index, Answer]) -> Answered:
    """The answer for a number or for an array of numbers, which has an index for every element."""
    return Answered(text, elements[()]) if () in elements else Answered(text, elements=elements)


class Outcome(NamedTuple):
    """One joint value of the variables asked for, by name, and its probability.

    piece: the density over the continuous variables that the values depend on.
    """

    values: Mapping[str, Value]
    probability: Probability
    piece: Piece = NOTHING


class Left(NamedTuple):
    """Runs of an endless program that were not followed.

    share: an upper bound of their mass, as a share of the mass of the others; 0 if all were followed.
    rest:  what they have made so far, with upper bounds of their masses in place of probabilities;
           rational ones are their masses.
    """

    share: float = 0.0
    rest: Sequence[Outcome] = ()


class Runs(Protocol):
    """The inference that queries ask for; results are remembered, so that asking twice costs once."""

    program: core.Program

    def result(self, interventions: Mapping[Address, Value], *, prior: bool) -> Result:
        """The draws or exact laws of the program under interventions."""
        ...

    def with_evidence(self, result: Result) -> Sequence[str]:
        """The methods that give the evidence where a result of another has none."""
        ...

    def outcomes(
        self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool
    ) -> list[Outcome]:
        """The exact joint law of what the names mention; for programs whose result is exact."""
        ...

    def left(self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool) -> Left:
        """The runs that `outcomes` knows nothing of."""
        ...

    def drawn(self, interventions: Mapping[Address, Value], *, prior: bool) -> Result | None:
        """Draws in place of an exact result, for a query that it has no rule for; None if there are none."""
        ...

    def functions(self, draws: Draws) -> Mapping[str, Array]:
        """The drawn functions behind draws that `result` gave, by name, [chain, draw]."""
        ...

    def world(self, values: Mapping[str, Value], *, exact: bool) -> World:
        """The world of these variables, the parameters added."""
        ...
