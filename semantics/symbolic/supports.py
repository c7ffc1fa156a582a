"""Whether a value is in the support of a law whose parameters are formulas.

The formula of a density holds on the support alone: elsewhere it may be any number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pplc.lang.families import FAMILIES, Kind
from pplc.semantics.values import Number, Value


def outside(name: str, parameters: Sequence[Value], value: Value) -> bool:
    """Whether the mass of a value, of the kind that the law has, is zero because it is not in the support.

    Vectors of reals are not looked at: their laws say so themselves.
    """
    match FAMILIES[name].support.kind:
        case Kind.INTEGER | Kind.REAL:
            lower, upper = bounds(name, parameters)
            x = cast("Any", value)
            return bool((lower is not None and x < lower) or (upper is not None and x > upper))
        case Kind.COUNTS:
            counts = cast("Sequence[Any]", value)
            return any(count < 0 for count in counts) or sum(counts) != cast("Any", parameters[0])
        case _:
            return False


def bounds(name: str, parameters: Sequence[Value]) -> tuple[Number | None, Number | None]:
    """The ends of the support of a scalar family; None where it has none."""
    family = FAMILIES[name]
    named = {p.name: value for p, value in zip(family.parameters, parameters, strict=True)}
    if name == "Categorical":
        return 0, len(cast("Sequence[Value]", parameters[0])) - 1

    def end(bound: float | str | None) -> Number | None:
        return cast("Number", named[bound]) if isinstance(bound, str) else bound

    return end(family.support.lower), end(family.support.upper)
