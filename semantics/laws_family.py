"""Laws of the families: parameters that have been checked, and the kernels that know the numerics."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from pplc.lang.families import FAMILIES, Domain, Family, Kind, Parameter
from pplc.semantics.families import variant
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.faults import outside_domain, wrong_kind
from pplc.semantics.formula import as_rational
from pplc.semantics.kernel import exact as exact_twin
from pplc.semantics.laws_base import LawValue, Masses, is_nothing, nothing, number
from pplc.semantics.measure import share, total
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, Inexact, LogRat, LogWeight, weight
from pplc.semantics.primitives_arithmetic import is_number, to_float
from pplc.semantics.symbolic.cumulative import log1mexp, log_interval
from pplc.semantics.symbolic.densities import CONVERSIONS, log_density, mv_normal
from pplc.semantics.symbolic.elementary import exp, log
from pplc.semantics.symbolic.expression import NeedsValue, NoRule, depends
from pplc.semantics.symbolic.supports import outside
from pplc.semantics.values import Fault, Number, Value, show, to_numbers

if TYPE_CHECKING:
    from pplc.semantics.source import Source

SPREADS = ("cov", "chol", "precision")
"""What a normal vector's second parameter is, by the list of parameters."""

LOCATIONS: Mapping[str, int] = MappingProxyType(
    {"Normal": 0, "StudentT": 1, "Cauchy": 0, "Laplace": 0, "Logistic": 0, "Gumbel": 0, "SkewNormal": 0}
)
"""The families that a location only moves, with its place among the parameters."""

MOST_LISTED = 100_000
"""Values of one law that are listed for enumeration; with more of them it would take minutes."""


@functools.cache
def parameters_of(name: str, parametrisation: int) -> tuple[Parameter, ...]:
    """The parameters of a family's main list (0) or of its k-th alternative."""
    family = FAMILIES[name]
    return family.alternatives[parametrisation - 1] if parametrisation else family.parameters


@functools.cache
def variant_of(name: str, parametrisation: int) -> Variant:
    """How the family is computed from those parameters."""
    names = [p.name for p in parameters_of(name, parametrisation)] if parametrisation else ()
    return variant(name, names)


@functools.cache
def _exactly(name: str, parametrisation: int, member: str) -> Callable[..., object] | None:
    kernel = getattr(variant_of(name, parametrisation).numerics, member)
    return None if kernel is None else exact_twin(kernel)


@functools.cache
def _density_of_reals(name: str, parametrisation: int) -> Callable[..., float] | None:
    """The log density of a family of continuous laws of one number."""
    family = FAMILIES[name]
    if family.discrete or family.event_rank:
        return None
    return variant_of(name, parametrisation).numerics.log_density


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
        return variant_of(self.name, self.variant).numerics

    def describe(self) -> str:
        named = zip(parameters_of(self.name, self.variant), self.given, strict=True)
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
        if type(value) is float and not self.exact:
            density = _density_of_reals(self.name, self.variant)
            if density is not None:
                return density(*self.arguments, value), 1
        if depends(value) or (self.exact and any(map(depends, self.given))):
            return self.formula(value), self.dimension
        at = self._valued(value)
        if at is None:
            return nothing(self.exact), 0
        if self.exact:
            found = self._exact("log_density", at)
            if isinstance(found, LogRat):
                return found, self.dimension
        return self.numerics.log_density(*self._floats_at(at)), self.dimension

    def formula(self, value: Value) -> LogWeight:
        """The density as a formula in what parameters and the value depend on."""
        if self.name == "MvNormal" and not depends(self.given[1]) and self._valued(value) is not None:
            kind = SPREADS[self.variant]
            return LogRat(exp(mv_normal(*cast("tuple[Any, Any]", self.given), kind, cast("Any", value))))
        density = log_density(self.name, self.variant)
        if density is None or self._valued(value) is None:
            raise NeedsValue(value) if depends(value) else NoRule(self.describe().strip("`"))
        if outside(self.name, self._main(), value):
            return IMPOSSIBLE
        try:
            return LogRat(exp(density(*self.given, value)))
        except NeedsValue:
            if depends(value):
                raise
            raise NoRule(self.describe().strip("`"), show(value)) from None  # such as a power of 0

    def interval(self, lower: Number | None, upper: Number | None) -> LogWeight | None:
        if not any(map(depends, (*self.given, lower, upper))):
            return None
        if FAMILIES[self.name].discrete:
            return self._interval_of_counts(lower, upper)
        found = log_interval(self.name, self._main(), lower, upper)
        return None if found is None else LogRat(exp(found))

    def _interval_of_counts(self, lower: Number | None, upper: Number | None) -> LogWeight | None:
        """Without an upper bound, what the values below the lower one leave."""
        if upper is not None or depends(lower):
            return None
        if lower is None:
            return CERTAIN
        below = takewhile(lambda x: cast(Number, x) < lower, self.support() or ())
        masses = [self.weigh(x)[0] for x in islice(below, MOST_LISTED)]
        if not masses:
            return CERTAIN
        left = total(masses)
        assert isinstance(left, LogRat)
        return LogRat(exp(log1mexp(log(left.value))))

    def _main(self) -> tuple[Value, ...]:
        """The parameters of the main list, as formulas."""
        if not self.variant:
            return self.given
        return cast("tuple[Value, ...]", CONVERSIONS[self.name, self.variant](*self.given))

    def masses(self) -> Masses | None:
        if not FAMILIES[self.name].finite and not (self.name == "Zipf" and self.given[1] != 0):
            return None
        values = list(islice(self.support() or (), MOST_LISTED + 1))
        if len(values) > MOST_LISTED:
            raise Fault(
                "E0521",
                f"{self.describe()} has more than {MOST_LISTED:,} values, too many to list",
                "too many values",
                "use a method that draws, such as `--method importance`",
            )
        found = [(value, self.weigh(value)[0]) for value in values]
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
        return cast(float, self._number("log_cdf", x, shown="logcdf"))

    def log_ccdf(self, x: Value) -> float:
        return cast(float, self._number("log_ccdf", x, shown="logccdf"))

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

    def _floats_at(self, at: Value) -> tuple[Value, ...]:
        """The parameters and a value for a kernel: rationals by their distance from the location.

        It keeps the digits that they have in common with it.
        """
        place = LOCATIONS.get(self.name)
        location = None if place is None else self.arguments[place]
        if isinstance(at, int | Fraction) and isinstance(location, int | Fraction) and self.exact:
            others = (0.0 if k == place else value for k, value in enumerate(self.arguments))
            return *_as_floats(tuple(others)), to_float(Fraction(at) - location)
        return *self._floats(), _as_float(at)

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
        if depends(at) or any(map(depends, self.given)):
            return self._formula_of(member, at)
        if self.exact and member == "cdf":
            found = self._exact(member, at)
            if isinstance(found, int | Fraction):
                return found
            table = self.masses()
            if table is not None:
                return share(total(w for value, w in table if cast(Number, value) <= at), CERTAIN)
        return cast(float, kernel(*self._floats_at(at)))

    def _formula_of(self, member: str, at: Number) -> Number:
        """`cdf`, `log_cdf` or `log_ccdf` where the law or the number depends on continuous variables."""
        found = self.interval(at, None) if member == "log_ccdf" else self.interval(None, at)
        if FAMILIES[self.name].discrete or not isinstance(found, LogRat):
            raise NeedsValue(at) if depends(at) else NoRule(self.describe().strip("`"))
        return cast(Number, found.value if member == "cdf" else log(found.value))

    def _moment(self, member: str) -> Value:
        kernel = getattr(self.numerics, member)
        if kernel is None:
            self.refuse(member)
        if FAMILIES[self.name].event_rank > 0:
            return self._filled(lambda out: kernel(*self._floats(), out))
        if self.exact:
            found = self._exact(member)
            if isinstance(found, int | Fraction):
                return as_rational(found)
        result = float(kernel(*self._floats()))
        if math.isnan(result):
            self.refuse(member)
        return result

    def _side(self) -> int:
        """The length of a value, or the side of a square one."""
        for parameter, value in zip(parameters_of(self.name, self.variant), self.given, strict=True):
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
