"""How the events of a run are answered: a draw from its law, an observation by its density."""

from __future__ import annotations

import math

from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.evaluate import entry_of, extended, located
from pplc.semantics.laws import LawValue, Lifted, UserLaw, fitted
from pplc.semantics.number import IMPOSSIBLE, LogWeight
from pplc.semantics.primitives_arithmetic import rank_of
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


def density_of_kept(event: Sampling, value: Value) -> tuple[LogWeight, int]:
    """As `density_of`, for a value not drawn for this event: it may be none that the law can give."""
    zero: LogWeight = IMPOSSIBLE if event.law.exact else -math.inf
    if not _has_shape_of(event.law, value):
        return zero, 0
    try:
        return event.law.log_density_and_dimension(value)
    except Fault as fault:
        if fault.code in WRONG_KIND:
            return zero, 0
        raise located(fault, event.span) from None


WRONG_KIND = ("E0426", "E0429")
"""What densities say of values of another type or shape."""


def _has_shape_of(law: LawValue, value: Value) -> bool:
    """Whether a value is an array as long as a law of arrays, and none if it is not: densities broadcast."""
    if isinstance(law, Lifted):
        return (
            isinstance(value, tuple)
            and len(value) == len(law.laws)
            and all(map(_has_shape_of, law.laws, value))
        )
    return isinstance(law, UserLaw) or law.discrete or rank_of(value) == law.rank


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
    if isinstance(value, float):
        return {address: law.log_density(value)}
    return {
        extended(address, index) if index else address: entry.log_density(entry_of(value, index))
        for index, entry in fitted(law, value).elements()
    }
