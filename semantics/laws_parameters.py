"""Parameters of families: their domains checked (LANGUAGE.md 14)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias, cast

from pplc.lang.families import Constraint, Domain, Family, Parameter, Relation
from pplc.semantics import linalg
from pplc.semantics.faults import outside_domain
from pplc.semantics.primitives_arithmetic import is_number
from pplc.semantics.values import Fault, Number, Value, show

Numbers: TypeAlias = "tuple[Number, ...]"
Rows: TypeAlias = "tuple[Numbers, ...]"

_SIMPLEX_TOLERANCE = 1e-8
"""How far probabilities written as decimals may be from summing to 1, as in Stan."""
_SYMMETRY_TOLERANCE = 1e-8


def _finite(x: Value) -> bool:
    return is_number(x) and (not isinstance(x, float) or math.isfinite(x))


def _is_int(x: Value) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def _vector(x: Value) -> Numbers | None:
    return cast(Numbers, x) if isinstance(x, tuple) and all(_finite(entry) for entry in x) else None


def _square(x: Value) -> Rows | None:
    if not isinstance(x, tuple) or not x:
        return None
    rows = [_vector(row) for row in x]
    return cast(Rows, x) if all(row is not None and len(row) == len(x) for row in rows) else None


def _ordered(x: Value) -> bool:
    vector = _vector(x)
    return vector is not None and all(a < b for a, b in pairwise(vector))


def _simplex(x: Value) -> bool:
    vector = _vector(x)
    return bool(vector) and min(vector) >= 0 and abs(sum(vector) - 1) <= _SIMPLEX_TOLERANCE


def _positive_vector(x: Value) -> bool:
    vector = _vector(x)
    return bool(vector) and min(vector) > 0


def _definite(x: Value) -> bool:
    rows = _square(x)
    if rows is None:
        return False
    size = range(len(rows))
    scale = max(abs(rows[i][i]) for i in size) * _SYMMETRY_TOLERANCE
    if any(abs(rows[i][j] - rows[j][i]) > scale for i in size for j in range(i)):
        return False
    try:
        linalg.cholesky(linalg.floats(rows))
    except Fault:
        return False
    return True


def _factor(x: Value) -> bool:
    rows = _square(x)
    if rows is None:
        return False
    size = range(len(rows))
    return all(rows[i][i] > 0 and not any(rows[i][i + 1 :]) for i in size)


def _unit_factor(x: Value) -> bool:
    rows = _square(x)
    return (
        rows is not None
        and _factor(x)
        and all(abs(sum(entry * entry for entry in row) - 1) <= _SIMPLEX_TOLERANCE for row in rows)
    )


IN_DOMAIN: Mapping[Domain, Callable[[Value], bool]] = {
    Domain.REAL: _finite,
    Domain.POSITIVE: lambda x: _finite(x) and cast(Number, x) > 0,
    Domain.NONNEGATIVE: lambda x: _finite(x) and cast(Number, x) >= 0,
    Domain.UNIT: lambda x: _finite(x) and 0 <= cast(Number, x) <= 1,
    Domain.OPEN_UNIT: lambda x: _finite(x) and 0 < cast(Number, x) < 1,
    Domain.POSITIVE_UNIT: lambda x: _finite(x) and 0 < cast(Number, x) <= 1,
    Domain.INT: _is_int,
    Domain.NATURAL: lambda x: _is_int(x) and cast(int, x) >= 0,
    Domain.POSITIVE_INT: lambda x: _is_int(x) and cast(int, x) > 0,
    Domain.REAL_VECTOR: lambda x: _vector(x) is not None,
    Domain.POSITIVE_VECTOR: _positive_vector,
    Domain.ORDERED: _ordered,
    Domain.SIMPLEX: _simplex,
    Domain.COV: _definite,
    Domain.PRECISION: _definite,
    Domain.CHOL_COV: _factor,
    Domain.CHOL_CORR: _unit_factor,
}


def check_parameters(family: Family, parameters: Sequence[Parameter], values: Sequence[Value]) -> None:
    """A `Fault` that names the first parameter outside its domain, its value and the domain."""
    for parameter, value in zip(parameters, values, strict=True):
        if not IN_DOMAIN[parameter.domain](value):
            raise outside_domain(family.name, parameter.name, value, parameter.domain.describe)
    sizes: dict[str, int] = {}
    for parameter, value in zip(parameters, values, strict=True):
        if parameter.size is not None and isinstance(value, tuple):
            if sizes.setdefault(parameter.size, len(value)) != len(value):
                wanted = f"of length {sizes[parameter.size]}, as the parameters before it are"
                raise outside_domain(family.name, parameter.name, value, wanted)
    if family.constraints:
        named = {p.name: v for p, v in zip(parameters, values, strict=True)}
        for constraint in family.constraints:
            if not _holds(constraint, named[constraint.left], named[constraint.right]):
                given = f"{show(named[constraint.left])} and {show(named[constraint.right])}"
                raise Fault(
                    "E0401",
                    f"{constraint.describe} in `{family.name}`, but they are {given}",
                    f"they are {given}",
                )


def _holds(constraint: Constraint, left: Value, right: Value) -> bool:
    match constraint.relation:
        case Relation.BELOW:
            return cast(Number, left) < cast(Number, right)
        case Relation.AT_MOST:
            return cast(Number, left) <= cast(Number, right)
        case Relation.ABOVE_SIZE:
            return cast(Number, left) > len(cast(Rows, right)) - 1
        case Relation.BOUNDED_OR_ABOVE_ONE:
            return cast(Number, left) > 1 or cast(Number, right) > 0


def normalised(probabilities: Numbers) -> Numbers:
    """Rational probabilities that sum to 1 exactly; floats as they are."""
    if any(isinstance(p, float) for p in probabilities):
        return probabilities
    whole = sum(map(Fraction, probabilities), Fraction(0))
    return probabilities if whole == 1 else tuple(p / whole for p in probabilities)
