"""Parameters of families and combinators: outside their domains they are a `Fault` (LANGUAGE.md 14)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias, cast

from pplc.lang.families import Domain, Family, Parameter
from pplc.semantics.families.checks import check_parameters, inside
from pplc.semantics.faults import RESTRICT, outside_domain
from pplc.semantics.formula import as_rational
from pplc.semantics.symbolic.expression import depends
from pplc.semantics.values import Fault, Number, Value, show

Numbers: TypeAlias = "tuple[Number, ...]"


def checked(family: Family, parameters: tuple[Parameter, ...], values: Sequence[Value]) -> None:
    """A `Fault` that names the first parameter outside its domain, its value and the domain."""
    violation = check_parameters(family, values, parameters)
    if violation is None:
        _check_sizes(family, parameters, values)
        return
    for constraint in family.constraints:
        if violation.expected == constraint.describe:
            named = {p.name: v for p, v in zip(parameters, values, strict=True)}
            if depends(named[constraint.left]) or depends(named[constraint.right]):
                raise Fault(
                    "E0401",
                    f"{constraint.describe} in `{family.name}`, which could not be shown of"
                    f" `{show(named[constraint.left])}` and `{show(named[constraint.right])}`",
                    "perhaps not always so",
                    RESTRICT,
                )
            given = f"{show(named[constraint.left])} and {show(named[constraint.right])}"
            raise Fault(
                "E0401",
                f"{constraint.describe} in `{family.name}`, but they are {given}",
                f"they are {given}",
            )
    raise outside_domain(family.name, violation.parameter, cast(Value, violation.value), violation.expected)


def _check_sizes(family: Family, parameters: tuple[Parameter, ...], values: Sequence[Value]) -> None:
    sizes: dict[str, int] = {}
    for parameter, value in zip(parameters, values, strict=True):
        if parameter.size is not None and isinstance(value, tuple):
            wanted = sizes.setdefault(parameter.size, len(value))
            if wanted != len(value):
                expected = f"of length {wanted}, as the parameters before it are"
                raise outside_domain(family.name, parameter.name, value, expected)


def argument(name: str, parameter: str, value: Value, domain: Domain) -> Value:
    """An argument of a combinator, if it is in its domain."""
    if not inside(domain, value):
        raise outside_domain(name, parameter, value, domain.describe)
    return value


def probabilities(name: str, parameter: str, value: Value) -> Numbers:
    """A vector of probabilities that sum to 1."""
    return normalised(cast(Numbers, argument(name, parameter, value, Domain.SIMPLEX)))


def normalised(shares: Numbers) -> Numbers:
    """Rational probabilities that sum to 1 exactly; floats as they are."""
    if any(isinstance(p, float) for p in shares):
        return shares
    whole = sum((as_rational(p) for p in shares), Fraction(0))
    return shares if whole == 1 else tuple(as_rational(p) / whole for p in shares)
