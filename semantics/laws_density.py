"""Densities without a sampler: `Flat`, and the densities that users define."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pplc.lang.core import UserDensity
from pplc.lang.families import Domain
from pplc.lang.typesys import Array, Matrix, Real, Tuple, Type, Vector
from pplc.lang.typesys import Record as RecordType
from pplc.semantics.families.checks import inside
from pplc.semantics.faults import wrong_kind
from pplc.semantics.laws_base import Call, LawValue, log_of, nothing, number
from pplc.semantics.number import LogWeight
from pplc.semantics.primitives_arithmetic import is_number, to_float
from pplc.semantics.values import Fault, FunctionValue, Number, Record, Value, show

if TYPE_CHECKING:
    from pplc.semantics.source import Source


@dataclass(frozen=True, slots=True)
class Flat(LawValue):
    """Density 1 between the bounds; None is unbounded. Its mass may be infinite."""

    lower: Number | None
    upper: Number | None
    exact: bool

    def describe(self) -> str:
        bounds = [
            f"{n} = {show(b)}" for n, b in (("lower", self.lower), ("upper", self.upper)) if b is not None
        ]
        return f"`Flat({', '.join(bounds)})`"

    def draw(self, source: Source) -> Value:
        raise _no_sampler(self)

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        x = number(value, self.describe())
        inside = (self.lower is None or x >= self.lower) and (self.upper is None or x <= self.upper)
        return (log_of(1, self.exact) if inside else nothing(self.exact)), 1


def flat(lower: Value | None, upper: Value | None, *, exact: bool) -> LawValue:
    """`Flat(lower = …, upper = …)`."""
    low = None if lower is None or lower == -math.inf else number(lower, "Flat")
    high = None if upper is None or upper == math.inf else number(upper, "Flat")
    if low is not None and high is not None and not low < high:
        raise Fault(
            "E0401", f"`lower` must be less than `upper` in `Flat`, but they are {show(low)} and {show(high)}"
        )
    return Flat(low, high, exact)


@dataclass(frozen=True, slots=True)
class UserLaw(LawValue):
    """A density the program defines.

    log_density_at: the function of a point that is the log density.
    """

    name: str
    arguments: tuple[Value, ...]
    log_density_at: FunctionValue
    support_type: Type
    call: Call = field(compare=False, repr=False)
    exact: bool = False

    def describe(self) -> str:
        return f"`{self.name}({', '.join(map(show, self.arguments))})`"

    @property
    def discrete(self) -> bool:
        return dimension_of(self.support_type, None) == 0

    @property
    def rank(self) -> int:
        return _rank(self.support_type)

    def draw(self, source: Source) -> Value:
        raise _no_sampler(self)

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        dimension = dimension_of(self.support_type, value)
        if not belongs(value, self.support_type):
            return -math.inf, dimension
        found = number(self.call(self.log_density_at, (value,)), self.describe())
        return to_float(found), dimension


def make_user_law(
    density: UserDensity, maker: FunctionValue, values: Sequence[Value | None], call: Call
) -> LawValue:
    """The law of a user's `density` with these arguments."""
    arguments = tuple(() if value is None else value for value in values)
    closure = call(maker, arguments)
    if not isinstance(closure, FunctionValue):
        raise wrong_kind(density.name, "a function that gives the log density", closure)
    return UserLaw(density.name, arguments, closure, density.support, call)


def _no_sampler(law: LawValue) -> Fault:
    return Fault(
        "E0522",
        f"{law.describe()} has a density but no sampler, so it cannot be drawn from",
        "no sampler",
        "methods that use gradients need none: `--method nuts`",
    )


# ------------------------------------------------------------------ supports

_VECTORS = {"simplex": Domain.SIMPLEX, "ordered": Domain.ORDERED, "unit_vector": Domain.REAL_VECTOR}
_MATRICES = {"corr": Domain.COV, "cov": Domain.COV, "chol": Domain.CHOL_COV}
_UNIT_TOLERANCE = 1e-8


def belongs(value: Value, support: Type) -> bool:
    """Whether a value is in the set of values of a type."""
    match support:
        case Real("positive"):
            return inside(Domain.POSITIVE, value)
        case Real("unit"):
            return inside(Domain.UNIT, value)
        case Real():
            return is_number(value) and value not in (math.inf, -math.inf)
        case Vector(kind):
            within = inside(_VECTORS[kind], value)
            return within and (kind != "unit_vector" or _has_length_one(value))
        case Matrix(kind):
            within = inside(_MATRICES[kind], value)
            return within and (kind != "corr" or _has_unit_diagonal(value))
        case Array(element, (_, *rest)):
            inner = Array(element, tuple(rest)) if rest else element
            return isinstance(value, tuple) and all(belongs(entry, inner) for entry in value)
        case Tuple(items):
            return isinstance(value, tuple) and all(map(belongs, value, items))
        case RecordType(fields):
            return isinstance(value, Record) and all(belongs(value[name], type_) for name, type_ in fields)
        case _:
            return True


def _has_length_one(value: Value) -> bool:
    assert isinstance(value, tuple)
    return abs(math.fsum(to_float(number(x, "unit_vector")) ** 2 for x in value) - 1) <= _UNIT_TOLERANCE


def _has_unit_diagonal(value: Value) -> bool:
    assert isinstance(value, tuple)
    rows = [row for row in value if isinstance(row, tuple)]
    diagonal = [to_float(number(row[i], "corr")) for i, row in enumerate(rows)]
    return all(abs(entry - 1) <= _UNIT_TOLERANCE for entry in diagonal)


def dimension_of(support: Type, value: Value | None) -> int:
    """The real dimension of the values of a type; `value` tells the lengths, which are 1 if it is None."""
    size = len(value) if isinstance(value, tuple) else 2
    match support:
        case Real():
            return 1
        case Vector("ordered"):
            return size
        case Vector():
            return size - 1
        case Matrix("corr"):
            return size * (size - 1) // 2
        case Matrix():
            return size * (size + 1) // 2
        case Array(element, (_, *rest)):
            inner = Array(element, tuple(rest)) if rest else element
            return sum(dimension_of(inner, entry) for entry in _parts(value, 1))
        case Tuple(items):
            return sum(map(dimension_of, items, _parts(value, len(items))))
        case RecordType(fields):
            return sum(dimension_of(t, value[n] if isinstance(value, Record) else None) for n, t in fields)
        case _:
            return 0


def _parts(value: Value | None, count: int) -> tuple[Value | None, ...]:
    return value if isinstance(value, tuple) else (None,) * count


def _rank(support: Type) -> int:
    match support:
        case Vector():
            return 1
        case Matrix():
            return 2
        case Array(element, sizes):
            return len(sizes) + _rank(element)
        case Tuple((first, *_)):
            return 1 + _rank(first)
        case _:
            return 0
