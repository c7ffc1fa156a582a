"""From parameters as they were given to a law of a family: defaults, domains, exact or rounded."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pplc.lang.families import FAMILIES, Domain, Parameter
from pplc.semantics.faults import wrong_kind
from pplc.semantics.kernel import exact as exact_twin
from pplc.semantics.laws_base import real
from pplc.semantics.laws_family import FamilyLaw, parameters_of, variant_of
from pplc.semantics.laws_parameters import checked, normalised
from pplc.semantics.number import Inexact
from pplc.semantics.primitives_arithmetic import plain, to_float
from pplc.semantics.symbolic.expression import depends
from pplc.semantics.values import Number, Value


def family_ranks(name: str, parametrisation: int) -> tuple[int, ...]:
    """The axes of each parameter of one law."""
    return tuple(p.rank for p in parameters_of(name, parametrisation))


def with_defaults(name: str, arguments: Sequence[Value | None], parametrisation: int) -> list[Value]:
    """The arguments as arrays and numbers, with defaults for those left out."""
    values: list[Value] = []
    for position, parameter in enumerate(parameters_of(name, parametrisation)):
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
    parameters, family = parameters_of(name, parametrisation), FAMILIES[name]
    checked(family, parameters, values)
    given = tuple(
        normalised(cast("tuple[Number, ...]", v)) if p.domain is Domain.SIMPLEX else v
        for p, v in zip(parameters, values, strict=True)
    )
    if any(map(depends, given)):
        return FamilyLaw(name, given, parametrisation, given, True)
    if exact and not any(map(_has_float, given)):
        arguments = _converted_exactly(name, parametrisation, given)
        if arguments is not None:
            return FamilyLaw(name, given, parametrisation, arguments, True)
    given = tuple(_real_parameter(p, v) for p, v in zip(parameters, given, strict=True))
    arguments = cast("tuple[Value, ...]", variant_of(name, parametrisation).arguments(given))
    return FamilyLaw(name, given, parametrisation, arguments, False)


def _converted_exactly(name: str, parametrisation: int, given: tuple[Value, ...]) -> tuple[Value, ...] | None:
    convert = variant_of(name, parametrisation).convert
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
