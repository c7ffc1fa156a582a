"""How the events of a run are answered: a draw from its law, an observation by its density."""

from __future__ import annotations

import math

from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.evaluate import entry_of, extended, located
from pplc.semantics.laws import LawValue, fitted
from pplc.semantics.number import LogWeight
from pplc.semantics.runs import Observing, Sampling
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Fault, Value


def draw_from(event: Sampling, source: Source) -> Value:
    """A draw for the event."""
    try:
        return event.law.draw(source)
    except Fault as fault:
        raise located(fault, event.span) from None


def density_of(event: Sampling, value: Value) -> tuple[LogWeight, int]:
    """The log density of a draw's law at a value, and the dimension of the measure it is a density of."""
    try:
        return event.law.log_density_and_dimension(value)
    except Fault as fault:
        raise located(fault, event.span) from None


def weight_of(event: Observing) -> tuple[LogWeight, int]:
    """The log density of an observation, and the dimension of the measure it is a density of."""
    try:
        weight, dimension = event.law.log_density_and_dimension(event.value)
    except Fault as fault:
        raise located(fault, event.span) from None
    if isinstance(weight, float) and (math.isnan(weight) or weight == math.inf):
        what = "infinite" if weight == math.inf else "not a number (NaN)"
        message = f"the log density of this observation is {what}, but a weight is finite"
        raise Rejected(Diagnostic("E0404", message, event.span, f"the log density is {what}"))
    return weight, dimension


def pointwise(law: LawValue, value: Value, address: Address) -> dict[Address, LogWeight]:
    """The log densities of the entries of an observation, by address."""
    return {
        extended(address, index) if index else address: entry.log_density(entry_of(value, index))
        for index, entry in fitted(law, value).elements()
    }
