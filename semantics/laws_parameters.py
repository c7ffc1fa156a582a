"""Parameters of families: their domains checked (LANGUAGE.md 14), alternatives made the main ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias, cast

from pplc.lang.families import Constraint, Domain, Family, Parameter, Relation
from pplc.semantics import linalg
from pplc.semantics.faults import outside_domain
from pplc.semantics.primitives_arithmetic import div, is_number, mul, power, sub, to_float
from pplc.semantics.primitives_functions import sigmoid, sqrt
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


# ------------------------------------------------------------------ alternatives

Convert: TypeAlias = Callable[..., "tuple[Value, ...]"]


def _reciprocal(exact: bool, x: Number) -> tuple[Value, ...]:
    return (div(exact, 1, x),)


def _of_logits(exact: bool, logits: Numbers) -> tuple[Value, ...]:  # noqa: ARG001
    top = max(map(to_float, logits))
    weights = [math.exp(to_float(x) - top) for x in logits]
    whole = math.fsum(weights)
    return (tuple(w / whole for w in weights),)


def _of_mean_and_dispersion(exact: bool, mean: Number, dispersion: Number) -> tuple[Value, ...]:
    return dispersion, div(exact, dispersion, mean + dispersion)


def _of_mean_and_sd(exact: bool, mean: Number, sd: Number) -> tuple[Value, ...]:
    variance = mul(exact, sd, sd)
    return div(exact, mul(exact, mean, mean), variance), div(exact, mean, variance)


def _of_mean_and_concentration(exact: bool, mean: Number, concentration: Number) -> tuple[Value, ...]:
    return mul(exact, mean, concentration), mul(exact, sub(exact, 1, mean), concentration)


def _of_factor(exact: bool, *given: Value) -> tuple[Value, ...]:  # noqa: ARG001
    factor = cast(Rows, given[-1])
    return *given[:-1], linalg.matmul(factor, linalg.transpose(factor))


def _of_precision(exact: bool, *given: Value) -> tuple[Value, ...]:  # noqa: ARG001
    return *given[:-1], linalg.symmetric(linalg.inverse(cast(Rows, given[-1])))


ALTERNATIVES: Mapping[tuple[str, int], Convert] = {
    ("Bernoulli", 1): lambda exact, logit: (sigmoid(exact, logit),),
    ("Binomial", 1): lambda exact, n, logit: (n, sigmoid(exact, logit)),
    ("Categorical", 1): _of_logits,
    ("NegativeBinomial", 1): _of_mean_and_dispersion,
    ("Normal", 1): lambda exact, mean, variance: (mean, sqrt(exact, variance)),
    ("Normal", 2): lambda exact, mean, precision: (mean, div(exact, 1, sqrt(exact, precision))),
    ("Exponential", 1): _reciprocal,
    ("Exponential", 2): _reciprocal,
    ("Gamma", 1): lambda exact, shape, scale: (shape, div(exact, 1, scale)),
    ("Gamma", 2): lambda exact, shape, mean: (shape, div(exact, shape, mean)),
    ("Gamma", 3): _of_mean_and_sd,
    ("Beta", 1): _of_mean_and_concentration,
    ("MvNormal", 1): _of_factor,
    ("MvNormal", 2): _of_precision,
    ("MvStudentT", 1): _of_factor,
    ("MvStudentT", 2): _of_precision,
}
"""For (family, number of the alternative): from its parameters to those of the main list."""


def main_parameters(
    family: Family, parametrisation: int, values: Sequence[Value], *, exact: bool
) -> tuple[Value, ...]:
    """The main parameters that stand for those of an alternative, themselves checked before and after.

    An alternative that is in its own domain can still round to the edge of the main one.
    """
    if parametrisation == 0:
        return tuple(values)
    return ALTERNATIVES[family.name, parametrisation](exact, *values)


def normalised(probabilities: Numbers) -> Numbers:
    """Rational probabilities that sum to 1 exactly; floats as they are."""
    if any(isinstance(p, float) for p in probabilities):
        return probabilities
    whole = sum(map(Fraction, probabilities), Fraction(0))
    return probabilities if whole == 1 else tuple(power(True, whole, -1) * p for p in probabilities)
