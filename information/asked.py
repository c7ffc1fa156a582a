"""What a query for information asks, what it answers, and the options it may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import inf, log
from types import MappingProxyType
from typing import TypeAlias

from pplc.inference.answers import Answer, Exact
from pplc.information.table import Outcome, Probability, Table
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected, Span
from pplc.lang.suggest import did_you_mean

UNITS: Mapping[str, float] = MappingProxyType({"nats": 1.0, "bits": log(2)})
"""Units of information, in nats."""

Parts: TypeAlias = Mapping[str, Answer]


@dataclass(frozen=True)
class Asked:
    """A query and the law it is about.

    names:  of all that is mentioned.
    law:    their joint law, given the events after `|`: what happens and its probability.
    laws:   those that are written in the query, each a table of one variable, by their text.
    groups: the names in the table of what stands between `;`.
    given:  the variables after `|`.
    unit:   of the query's own limits and rates, in nats.
    limits: of a decision, each the most that an information may be; the last name is then of the scores
            that each of so many `choices` earns.
    """

    query: syntax.Query
    names: tuple[str, ...]
    law: Mapping[Outcome, Probability]
    groups: tuple[tuple[str, ...], ...]
    given: tuple[str, ...]
    unit: float
    laws: Mapping[str, Table] = field(default_factory=dict[str, Table])
    limits: tuple[Probability, ...] = ()
    choices: int = 0

    @cached_property
    def table(self) -> Table:
        """The law as a table; `Rejected` E0613 if it has too many cells."""
        return Table.of(self.law, self.names)

    def together(self, name: str = "x") -> Table:
        """The law of all arguments of the first group as one variable, or the law written in their place."""
        (first, *_) = self.groups
        if first[0] in self.laws:
            return self.alone(first[0], name)
        return self.table.grouped({name: first})

    def alone(self, text: str, name: str = "x") -> Table:
        """The law of one argument, which may be written out, as the law of a variable with this name."""
        law = self.laws[text] if text in self.laws else self.table.marginal(text)
        return Table((name,), law.values, law.probabilities)


@dataclass(frozen=True, slots=True)
class Found:
    """What a head answers: one number, or several by name; in nats, or without a unit."""

    answer: Answer | Parts
    informational: bool = True


def number(
    query: syntax.Query, name: str, otherwise: Fraction | None, missing: float | None = None
) -> Fraction | float:
    """A number given as an option; its default, or E0609 if it must be given."""
    for key, value in query.options:
        if key == name:
            found = written_number(value)
            if found is None:
                raise badly(query, f"`{name}` is a number", value.span)
            return found
    if otherwise is None and missing is None:
        raise badly(query, f"`{query.head}` needs the option `{name}`, as in `{name} = 1`")
    return otherwise if otherwise is not None else missing if missing is not None else inf


def written_number(expression: syntax.Expr) -> Fraction | None:
    """The value of a number as it is written, also with a sign or as a quotient; None of anything else."""
    match expression:
        case syntax.Number(found):
            return Fraction(found)
        case syntax.Unary("-" | "+" as sign, operand):
            value = written_number(operand)
            return None if value is None else -value if sign == "-" else value
        case syntax.Binary("/", left, right):
            above, below = written_number(left), written_number(right)
            return above / below if above is not None and below else None
        case _:
            return None


def word(query: syntax.Query, name: str, known: Sequence[str] | None, otherwise: str) -> str:
    """A word given as an option, one of the known ones if these are listed."""
    for key, value in query.options:
        if key == name:
            found = value.name if isinstance(value, syntax.Name) else ""
            if not found or (known is not None and found not in known):
                advice = did_you_mean(found, known or ()) or f"it is one of {', '.join(known or ())}"
                raise badly(query, f"`{name}` is a word, and not this one", value.span, advice)
            return found
    return otherwise


def badly(query: syntax.Query, message: str, span: Span | None = None, help: str = "") -> Rejected:
    """The error of a query that is not written as its head wants."""
    return Rejected(Diagnostic("E0609", message, span or query.span, help=help))


def exactly(value: Probability) -> Exact:
    """A number that may be rational."""
    return Exact(float(value), Fraction(value) if isinstance(value, int | Fraction) else None)


def no_given(asked: Asked) -> None:
    """Refuses variables after `|`, where a head has no conditional version."""
    if asked.given:
        message = f"`{asked.query.head}` conditions on events, such as `y == 1`, not on variables"
        raise badly(asked.query, message, asked.query.given.conditions[0].span)
