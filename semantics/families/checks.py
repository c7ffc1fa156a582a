"""Whether parameter values lie in their domains; asked before any kernel is called."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never, cast

from pplc.lang.families import Constraint, Domain, Family, Parameter, Relation
from pplc.semantics.formula import Formula, Open, is_open
from pplc.semantics.signs import assumed_ends, sign
from pplc.semantics.symbolic.expression import Unknown

# How far a sum of probabilities may be from 1, and a matrix from symmetry relative to its entries.
_TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True)
class Violation:
    """A parameter value outside its domain.

    expected: a noun phrase ("a positive number") or, for a condition between parameters, a clause.
    """

    parameter: str
    value: object
    expected: str


def check_parameters(
    family: Family, values: Sequence[object], parameters: tuple[Parameter, ...] | None = None
) -> Violation | None:
    """The first violation among values in the order of `parameters` (by default the family's own list).

    Scalars are numbers or Fractions, vectors sequences of them, matrices sequences of rows.
    """
    own = family.parameters if parameters is None else parameters
    for parameter, value in zip(own, values, strict=True):
        if not inside(parameter.domain, value):
            return Violation(parameter.name, value, parameter.domain.describe)
    named = {parameter.name: value for parameter, value in zip(own, values, strict=True)}
    for constraint in family.constraints:
        if constraint.left in named and constraint.right in named and not _holds(constraint, named):
            return Violation(constraint.left, named[constraint.left], constraint.describe)
    return None


def _holds(constraint: Constraint, values: dict[str, object]) -> bool:
    left = cast("float", values[constraint.left])
    right = values[constraint.right]
    match constraint.relation:
        case Relation.BELOW:
            return _in_order(left, cast("float", right), lambda: left < cast("float", right))
        case Relation.AT_MOST:
            return _in_order(left, cast("float", right), lambda: left <= cast("float", right))
        case Relation.ABOVE_SIZE:
            return left > len(cast("Sequence[object]", right)) - 1
        case Relation.BOUNDED_OR_ABOVE_ONE:
            return left > 1 or cast("int", right) > 0
    assert_never(constraint.relation)


def _in_order(left: float, right: float, compared: Callable[[], bool]) -> bool:
    """Whether two numbers are in order; of formulas this is assumed, if it may be."""
    try:
        return compared()
    except Open:
        difference = right - left
        formula = _formula(difference)
        if not is_open(difference):
            return difference > 0
        if formula is None:
            raise
        return _may_be_inside(Domain.POSITIVE, formula)


def inside(domain: Domain, value: object) -> bool:
    """Whether a value of the domain's rank lies in the domain; a value of another shape does not."""
    if domain.rank == 0:
        return _scalar_inside(domain, value)
    if not isinstance(value, Sequence):
        return False
    entries = cast("Sequence[object]", value)
    if domain.rank == 1:
        return all(_finite(entry) for entry in entries) and _vector_inside(
            domain, cast("Sequence[float]", entries)
        )
    rows = [cast("Sequence[object]", row) for row in entries if isinstance(row, Sequence)]
    if len(rows) < len(entries) or any(len(row) != len(rows) for row in rows):
        return False
    if not all(_finite(entry) for row in rows for entry in row):
        return False
    return _matrix_inside(domain, [[float(cast("float", entry)) for entry in row] for row in rows])


def _finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int | Fraction)


def _scalar_inside(domain: Domain, value: object) -> bool:
    if not _finite(value):
        return False
    # Kernels count in 64 bits.
    if domain.integer and (not isinstance(value, int) or abs(value) >= 1 << 63):
        return False
    if isinstance(value, Formula):
        return _may_be_inside(domain, value)
    x = cast("float", value)
    try:
        return _number_inside(domain, x)
    except Open:
        formula = _formula(value)
        if formula is None:
            raise
        inside = _may_be_inside(domain, formula)
        if inside and formula.element in formula.field.ring.gens:
            raise  # whoever drives the run tries again with what is assumed of the symbol
        return inside


def _number_inside(domain: Domain, x: float) -> bool:
    match domain:
        case Domain.REAL | Domain.INT:
            return True
        case Domain.POSITIVE | Domain.POSITIVE_INT:
            return x > 0
        case Domain.NONNEGATIVE | Domain.NATURAL:
            return x >= 0
        case Domain.UNIT:
            return 0 <= x <= 1
        case Domain.OPEN_UNIT:
            return 0 < x < 1
        case Domain.POSITIVE_UNIT:
            return 0 < x <= 1
        case _:
            raise AssertionError(f"{domain} is no scalar domain")


def _formula(value: object) -> Formula | None:
    """The rational function of parameters left open that a number is; None if it is none."""
    if isinstance(value, Unknown):
        return value.space.formula(value)
    return value if isinstance(value, Formula) else None


def _may_be_inside(domain: Domain, formula: Formula) -> bool:
    """Whether a number whose value is left open may lie in a domain; that it does is assumed."""
    ends = assumed_ends(formula.field)
    positive = domain in (Domain.POSITIVE, Domain.NONNEGATIVE)
    rest = 1 - formula
    unit = domain in (Domain.UNIT, Domain.OPEN_UNIT, Domain.POSITIVE_UNIT)
    if (positive or unit) and sign(formula, ends) < 0:
        return False
    if unit and isinstance(rest, Formula) and sign(rest, ends) < 0:
        return False
    certain = sign(formula, ends) > 0 and (not unit or not isinstance(rest, Formula) or sign(rest, ends) > 0)
    if not certain:
        _assume(domain, formula)
    return True


def _assume(domain: Domain, formula: Formula) -> None:
    """What a domain says of a number whose value is left open, taken for granted."""
    match domain:
        case Domain.POSITIVE | Domain.NONNEGATIVE:
            formula.assume_positive()
        case Domain.UNIT | Domain.OPEN_UNIT | Domain.POSITIVE_UNIT:
            formula.assume_probability()
        case _:
            pass


def _vector_inside(domain: Domain, values: Sequence[float]) -> bool:
    opened = [_formula(x) or x for x in values]
    if any(isinstance(x, Formula) for x in opened) and not any(isinstance(x, Unknown) for x in opened):
        return _open_vector_inside(domain, cast("Sequence[Fraction]", opened))
    match domain:
        case Domain.REAL_VECTOR:
            return True
        case Domain.POSITIVE_VECTOR:
            return len(values) > 0 and all(x > 0 for x in values)
        case Domain.ORDERED:
            return all(values[i] < values[i + 1] for i in range(len(values) - 1))
        case Domain.SIMPLEX:
            return all(x >= 0 for x in values) and abs(sum(values) - 1) <= _TOLERANCE
        case _:
            raise AssertionError(f"{domain} is no domain of vectors")


def _open_vector_inside(domain: Domain, values: Sequence[Fraction]) -> bool:
    """The same for vectors with formulas: a sum of 1 is known or not, signs are taken for granted."""
    formulas = [x for x in values if isinstance(x, Formula)]
    numbers = [x for x in values if not isinstance(x, Formula)]
    match domain:
        case Domain.SIMPLEX:
            for formula in formulas:
                formula.assume_probability()
            return all(x >= 0 for x in numbers) and sum(values, Fraction(0)) == 1
        case Domain.POSITIVE_VECTOR:
            for formula in formulas:
                formula.assume_positive()
            return all(x > 0 for x in numbers)
        case _:
            return domain is Domain.REAL_VECTOR


def _matrix_inside(domain: Domain, rows: list[list[float]]) -> bool:
    match domain:
        case Domain.COV | Domain.PRECISION:
            return _symmetric(rows) and _positive_definite(rows)
        case Domain.CHOL_COV:
            return _lower_triangular(rows)
        case Domain.CHOL_CORR:
            return _lower_triangular(rows) and all(
                abs(math.fsum(x * x for x in row) - 1) <= _TOLERANCE for row in rows
            )
        case _:
            raise AssertionError(f"{domain} is no domain of matrices")


def _lower_triangular(rows: list[list[float]]) -> bool:
    return all(row[i] > 0 and not any(row[i + 1 :]) for i, row in enumerate(rows))


def _symmetric(rows: list[list[float]]) -> bool:
    return all(
        abs(rows[i][j] - rows[j][i]) <= _TOLERANCE * max(abs(rows[i][j]), abs(rows[j][i]))
        for i in range(len(rows))
        for j in range(i)
    )


def _positive_definite(rows: list[list[float]]) -> bool:
    """Whether Cholesky's algorithm goes through."""
    factor: list[list[float]] = []
    for i, row in enumerate(rows):
        new: list[float] = []
        for j in range(i):
            inner = math.fsum(new[k] * factor[j][k] for k in range(j))
            new.append((row[j] - inner) / factor[j][j])
        pivot = row[i] - math.fsum(x * x for x in new)
        if not pivot > 0:
            return False
        factor.append([*new, math.sqrt(pivot)])
    return bool(rows)
