"""Laws of the families: parameters that have been checked, and the kernels that know the numerics."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from pplc.lang.families import FAMILIES, Domain, Family, Kind, Parameter
from pplc.semantics.families import variant
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.faults import outside_domain, wrong_kind
from pplc.semantics.kernel import exact as exact_twin
from pplc.semantics.laws_base import LawValue, Masses, is_nothing, nothing, number, real
from pplc.semantics.laws_parameters import checked, normalised
from pplc.semantics.measure import share, total
from pplc.semantics.number import CERTAIN, Inexact, LogRat, LogWeight, weight
from pplc.semantics.primitives_arithmetic import is_number, plain, to_float
from pplc.semantics.values import Number, Value, show, to_numbers

if TYPE_CHECKING:
    from pplc.semantics.source import Source


@functools.cache
def _parameters(name: str, parametrisation: int) -> tuple[Parameter, ...]:
    family = FAMILIES[name]
    return family.alternatives[parametrisation - 1] if parametrisation else family.parameters


@functools.cache
def _variant(name: str, parametrisation: int) -> Variant:
    names = [p.name for p in _parameters(name, parametrisation)] if parametrisation else ()
    return variant(name, names)


@functools.cache
def _exactly(name: str, parametrisation: int, member: str) -> Callable[..., object] | None:
    kernel = getattr(_variant(name, parametrisation).numerics, member)
    return None if kernel is None else exact_twin(kernel)


@dataclass(frozen=True, slots=True)
class FamilyLaw(LawValue):
    """One law of a family.

    given:     the parameters as the user gave them.
    variant:   which list of parameters they are: 0 the main one, k the k-th alternative.
    arguments: what the kernels of that list take; floats (and ints) unless `exact`.
    exact:     all parameters are rational, and so may be what is computed from them.
    """

    name: str
    given: tuple[Value, ...]
    variant: int
    arguments: tuple[Value, ...]
    exact: bool

    @property
    def numerics(self) -> Numerics:
        """The kernels."""
        return _variant(self.name, self.variant).numerics

    def describe(self) -> str:
        named = zip(_parameters(self.name, self.variant), self.given, strict=True)
        shown = [f"{p.name} = {show(v)}" if self.variant else show(v) for p, v in named]
        return "`" + self.name + "(" + ", ".join(shown) + ")`"

    @property
    def discrete(self) -> bool:
        return FAMILIES[self.name].discrete

    @property
    def rank(self) -> int:
        return FAMILIES[self.name].event_rank

    @property
    def dimension(self) -> int:
        """The dimension of the set of values, that is of the measure of the density."""
        family = FAMILIES[self.name]
        if family.discrete:
            return 0
        if family.event_rank == 0:
            return 1
        side = self._side()
        match family.support.kind:
            case Kind.SIMPLEX:
                return side - 1
            case Kind.COV:
                return side * (side + 1) // 2
            case Kind.CORR | Kind.CHOL_CORR:
                return side * (side - 1) // 2
            case _:
                return side

    def draw(self, source: Source) -> Value:
        if self.exact:
            table = self.masses()
            if table is not None:
                # By exact masses, so that a scripted source can replay every outcome.
                found = list(table)
                return found[source.choose([weight(w) for _, w in found])][0]
        family, parameters = FAMILIES[self.name], self._floats()
        draw = self.numerics.draw
        if family.event_rank == 0:
            return _drawn(family, draw(source, *parameters))
        return self._filled(lambda out: draw(source, *parameters, out))

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        at = self._valued(value)
        if at is None:
            return nothing(self.exact), 0
        if self.exact:
            found = self._exact("log_density", at)
            if isinstance(found, LogRat):
                return found, self.dimension
        return self.numerics.log_density(*self._floats(), _as_float(at)), self.dimension

    def masses(self) -> Masses | None:
        if not FAMILIES[self.name].finite and not (self.name == "Zipf" and self.given[1] != 0):
            return None
        found = [(value, self.weigh(value)[0]) for value in self.support() or ()]
        return [(value, mass) for value, mass in found if not is_nothing(mass)]

    def support(self) -> Iterator[Value] | None:
        values = self.numerics.support_values
        if values is None:
            return None
        family = FAMILIES[self.name]
        return (_drawn(family, value) for value in values(*self.arguments))

    def cdf(self, x: Value) -> Number:
        return self._number("cdf", x)

    def log_cdf(self, x: Value) -> float:
        return float(self._number("log_cdf", x, shown="logcdf"))

    def log_ccdf(self, x: Value) -> float:
        return float(self._number("log_ccdf", x, shown="logccdf"))

    def quantile(self, p: Number) -> Value:
        kernel = self.numerics.quantile
        if kernel is None:
            self.refuse("quantile", p)
        if not 0 <= p <= 1:
            raise outside_domain(self.name, "p", p, "a number between 0 and 1")
        return _drawn(FAMILIES[self.name], kernel(*self._floats(), to_float(p)))

    def mean(self) -> Value:
        return self._moment("mean")

    def variance(self) -> Value:
        return self._moment("variance")

    def entropy(self) -> float:
        kernel = self.numerics.entropy
        if kernel is None:
            self.refuse("entropy")
        return kernel(*self._floats())

    # ------------------------------------------------------------------ calling kernels

    def _floats(self) -> tuple[Value, ...]:
        return _as_floats(self.arguments) if self.exact else self.arguments

    def _exact(self, member: str, *values: Value) -> object:
        """What the exact twin of a kernel gives; None where it has no rational answer."""
        twin = _exactly(self.name, self.variant, member)
        if twin is None:
            return None
        try:
            return twin(*self.arguments, *values)
        except Inexact:
            return None

    def _number(self, member: str, x: Value, shown: str = "") -> Number:
        kernel = getattr(self.numerics, member)
        if kernel is None:
            self.refuse(shown or member, x)
        if isinstance(x, bool):
            x = int(x)
        at = number(x, self.describe())
        if FAMILIES[self.name].discrete:
            # Between two integers the cdf is that of the lower one.
            at = math.floor(at) if math.isfinite(at) else at
        if self.exact and member == "cdf":
            found = self._exact(member, at)
            if isinstance(found, int | Fraction):
                return found
            table = self.masses()
            if table is not None:
                return share(total(w for value, w in table if cast(Number, value) <= at), CERTAIN)
        return cast(float, kernel(*self._floats(), at if isinstance(at, int) else to_float(at)))

    def _moment(self, member: str) -> Value:
        kernel = getattr(self.numerics, member)
        if kernel is None:
            self.refuse(member)
        if FAMILIES[self.name].event_rank > 0:
            return self._filled(lambda out: kernel(*self._floats(), out))
        if self.exact:
            found = self._exact(member)
            if isinstance(found, int | Fraction):
                return Fraction(found)
        result = float(kernel(*self._floats()))
        if math.isnan(result):
            self.refuse(member)
        return result

    def _side(self) -> int:
        """The length of a value, or the side of a square one."""
        for parameter, value in zip(_parameters(self.name, self.variant), self.given, strict=True):
            if isinstance(value, tuple):
                return len(value)
            if parameter.domain is Domain.POSITIVE_INT and isinstance(value, int):
                return value
        raise AssertionError(f"{self.name} has no parameter that gives a size")

    def _filled(self, fill: Callable[[list[object]], object]) -> Value:
        side, family = self._side(), FAMILIES[self.name]
        zero = 0 if family.discrete else 0.0
        if family.event_rank == 1:
            out: list[object] = [zero] * side
            fill(out)
            return tuple(cast("list[Value]", out))
        rows: list[object] = [[zero] * side for _ in range(side)]
        fill(rows)
        return tuple(tuple(row) for row in cast("list[list[Value]]", rows))

    def _valued(self, value: Value) -> Value | None:
        """A value of the kind that the kernels take, None if it is between the atoms of a discrete law.

        A `Fault` for a missing one or a wrong kind.
        """
        family = FAMILIES[self.name]
        if family.event_rank == 0:
            if family.support.kind is Kind.BOOLEAN and isinstance(value, bool):
                return value
            if not is_number(value):
                raise wrong_kind(self.describe(), f"a value among {family.support.kind.value}", value)
            return _atom(family, cast(Number, value)) if family.discrete else value
        if not isinstance(value, tuple) or len(value) != self._side():
            raise wrong_kind(self.describe(), f"a value of side {self._side()}", value)
        return value


def _atom(family: Family, value: Number) -> Value | None:
    """The value of a discrete law that a number stands for."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    whole = math.floor(value)
    if whole != value or (family.support.kind is Kind.BOOLEAN and whole not in {0, 1}):
        return None
    return bool(whole) if family.support.kind is Kind.BOOLEAN else whole


def _as_float(value: Value) -> Value:
    """Rationals as floats; ints stay, for what counts."""
    return value if isinstance(value, float | int) else to_numbers(value, exact=False)


def _as_floats(values: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(_as_float(value) for value in values)


def _drawn(family: Family, value: object) -> Value:
    """What a sampler or support gives, in the kind of the support."""
    if family.support.kind is Kind.BOOLEAN:
        return bool(value)
    if isinstance(value, tuple):
        return cast(Value, value)
    found = cast(float, value)
    return int(found) if family.discrete and found != math.inf else found


# ------------------------------------------------------------------ making


def family_ranks(name: str, parametrisation: int) -> tuple[int, ...]:
    """The axes of each parameter of one law."""
    return tuple(p.rank for p in _parameters(name, parametrisation))


def with_defaults(name: str, arguments: Sequence[Value | None], parametrisation: int) -> list[Value]:
    """The arguments as arrays and numbers, with defaults for those left out."""
    values: list[Value] = []
    for position, parameter in enumerate(_parameters(name, parametrisation)):
        given = arguments[position] if position < len(arguments) else None
        if given is None:
            given = parameter.default
        if given is None:
            raise wrong_kind(name, f"`{parameter.name}`", ())
        values.append(given if isinstance(given, float) else plain(given))
    return values


def family_law(name: str, values: Sequence[Value], parametrisation: int, *, exact: bool) -> FamilyLaw:
    """One law of a family, its parameters checked."""
    if not exact and parametrisation == 0:
        tests = _quick_tests(name)
        if tests is not None:
            given = tuple(to_float(value) if type(value) is int else value for value in values)
            if all(test(value) for test, value in zip(tests, given, strict=True)):
                return FamilyLaw(name, given, 0, given, False)
    parameters, family = _parameters(name, parametrisation), FAMILIES[name]
    checked(family, parameters, values)
    given = tuple(
        normalised(cast("tuple[Number, ...]", v)) if p.domain is Domain.SIMPLEX else v
        for p, v in zip(parameters, values, strict=True)
    )
    if exact and not any(map(_has_float, given)):
        arguments = _converted_exactly(name, parametrisation, given)
        if arguments is not None:
            return FamilyLaw(name, given, parametrisation, arguments, True)
    given = tuple(_real_parameter(p, v) for p, v in zip(parameters, given, strict=True))
    arguments = cast("tuple[Value, ...]", _variant(name, parametrisation).arguments(given))
    return FamilyLaw(name, given, parametrisation, arguments, False)


def _converted_exactly(name: str, parametrisation: int, given: tuple[Value, ...]) -> tuple[Value, ...] | None:
    convert = _variant(name, parametrisation).convert
    if convert is None:
        return given
    try:
        return cast("tuple[Value, ...]", exact_twin(convert)(*given))
    except Inexact:
        return None


def _is_float(low: float, high: float, *, closed: bool) -> Callable[[Value], bool]:
    """Whether a value is a float between bounds, which belong to the interval if it is `closed`."""
    if closed:
        return lambda x: type(x) is float and low <= x <= high
    return lambda x: type(x) is float and low < x < high


_QUICK: Mapping[Domain, Callable[[Value], bool]] = {
    Domain.REAL: _is_float(-math.inf, math.inf, closed=False),
    Domain.POSITIVE: _is_float(0.0, math.inf, closed=False),
    Domain.UNIT: _is_float(0.0, 1.0, closed=True),
}
"""Tests that floats pass without a look at the domain; what fails them is looked at more closely."""


@functools.cache
def _quick_tests(name: str) -> tuple[Callable[[Value], bool], ...] | None:
    """The tests of all parameters of a family that has only such parameters."""
    family = FAMILIES[name]
    tests = tuple(_QUICK.get(parameter.domain) for parameter in family.parameters)
    found = tuple(test for test in tests if test is not None)
    return found if len(found) == len(tests) and not family.constraints else None


def _real_parameter(parameter: Parameter, value: Value) -> Value:
    if parameter.domain.integer:
        return value
    if parameter.rank == 0:
        return real(value, parameter.name)
    assert isinstance(value, tuple)
    if parameter.rank == 1:
        return tuple(real(entry, parameter.name) for entry in value)
    return tuple(tuple(real(x, parameter.name) for x in cast("tuple[Value, ...]", row)) for row in value)


def _has_float(value: Value) -> bool:
    return isinstance(value, float) or (isinstance(value, tuple) and any(map(_has_float, value)))
