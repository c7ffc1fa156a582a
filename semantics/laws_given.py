"""From parameters as they were given to a law of a family: defaults, domains, exact or rounded."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
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


def quick_law(name: str, values: Sequence[Value | None], parametrisation: int) -> FamilyLaw | None:
    """The law, not exact, of a family with plain real parameters, if all are given and inside their domains.

    What is not found so is looked at more closely by `family_law`.
    """
    intervals = None if parametrisation else _open_intervals(name)
    if intervals is None or len(values) != len(intervals):
        return None
    given: list[float] = []
    for (low, high), value in zip(intervals, values, strict=True):
        number = to_float(value) if type(value) is int else value
        if type(number) is not float or not low < number < high:
            return None
        given.append(number)
    arguments = tuple(given)
    return FamilyLaw(name, arguments, 0, arguments, False)


def family_law(name: str, values: Sequence[Value], parametrisation: int, *, exact: bool) -> FamilyLaw:
    """One law of a family, its parameters checked."""
    quick = None if exact else quick_law(name, values, parametrisation)
    if quick is not None:
        return quick
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
    floats = tuple(_real_parameter(p, v) for p, v in zip(parameters, given, strict=True))
    arguments = cast("tuple[Value, ...]", variant_of(name, parametrisation).arguments(floats))
    if not exact or any(map(_has_float, given)):  # else formulas go on with what was given
        given = floats
    return FamilyLaw(name, given, parametrisation, arguments, False)


def _converted_exactly(name: str, parametrisation: int, given: tuple[Value, ...]) -> tuple[Value, ...] | None:
    convert = variant_of(name, parametrisation).convert
    if convert is None:
        return given
    try:
        return cast("tuple[Value, ...]", exact_twin(convert)(*given))
    except Inexact:
        return None


_OPEN: Mapping[Domain, tuple[float, float]] = {
    Domain.REAL: (-math.inf, math.inf),
    Domain.POSITIVE: (0.0, math.inf),
    Domain.UNIT: (math.nextafter(0.0, -1.0), math.nextafter(1.0, 2.0)),
}
"""Domains whose floats are those strictly between two others."""


@functools.cache
def _open_intervals(name: str) -> tuple[tuple[float, float], ...] | None:
    """The domains of all parameters of a family that has only such parameters."""
    family = FAMILIES[name]
    intervals = tuple(_OPEN.get(parameter.domain) for parameter in family.parameters)
    found = tuple(interval for interval in intervals if interval is not None)
    return found if len(found) == len(intervals) and not family.constraints else None


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
