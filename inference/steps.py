"""Symmetric steps of one value: what a random walk tries, and the Jacobian by which it must be weighed.

Whether a law can be walked on depends on the law alone, never on the value, so that a step and its reverse
are chosen with the same probability.

Real numbers take a normal step as they are; what the law excludes has density zero. Numbers between bounds,
simplexes, correlation and covariance matrices and their factors take it on their unconstrained coordinates
(Stan Reference Manual, "Constraint Transforms"). Integers go up or down by at most the scale. Of an array of
independent laws one entry is changed, which may also be drawn anew.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias, cast

from pplc.lang.families import FAMILIES, Bound, Kind
from pplc.lang.typesys import Matrix, Vector
from pplc.semantics.laws import FamilyLaw, Flat, LawValue, Lifted, UserLaw
from pplc.semantics.measure import ONE, times
from pplc.semantics.number import LogWeight
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.transforms import TRANSFORMS, constrain, log_jacobian, unconstrain
from pplc.semantics.values import Value

_FAMILIES = {Kind.SIMPLEX: "simplex", Kind.CORR: "corr", Kind.CHOL_CORR: "chol_corr", Kind.COV: "cov"}
_SUPPORTS = {"simplex": "simplex", "corr": "corr", "cov": "cov", "chol": "chol"}


class Step(NamedTuple):
    """A value to try.

    log_ratio: log of (the chance to come back, and the volume there) over (that to go, and the volume here).
    """

    value: Value
    log_ratio: LogWeight


def has_sampler(law: LawValue) -> bool:
    """Whether a value can be drawn from the law itself."""
    if isinstance(law, Lifted):
        return all(map(has_sampler, law.laws))
    return not isinstance(law, Flat | UserLaw)


def can_walk(law: LawValue) -> bool:
    """Whether `step` may lead somewhere."""
    if isinstance(law, Lifted):
        return len(law.laws) > 0
    return not law.discrete or isinstance(law, UserLaw) or _is_integer(law)


def _is_integer(law: LawValue) -> bool:
    return isinstance(law, FamilyLaw) and FAMILIES[law.name].support.kind is Kind.INTEGER


Geometry: TypeAlias = "tuple[object, ...]"


def geometry(law: LawValue) -> Geometry:
    """All of a law that its steps depend on; between laws of equal geometry steps are symmetric."""
    if isinstance(law, Lifted):
        return ("array", *map(geometry, law.laws))
    transform = _transform_name(law)
    return (can_walk(law), law.discrete, transform, *(() if transform else bounds(law)))


def size_of(value: Value) -> int:
    """How many numbers a value consists of, at least 1."""
    return max(1, sum(map(size_of, value))) if isinstance(value, tuple) else 1


def step(law: LawValue, value: Value, scale: float, source: Source, *, exact: bool) -> Step | None:
    """A value near `value`; None if there is none to try.

    scale: the standard deviation of a step, and the longest step of an integer.
    """
    one = ONE(exact)
    if isinstance(law, Lifted):
        return _entry(law, value, scale, source, exact=exact)
    match value:
        case bool():
            return Step(not value, one) if law.discrete else None
        case int() if law.discrete:
            longest = max(1, round(scale))
            # Up by 1 to `longest`, or down by as much.
            place = source.choose([1] * (2 * longest))
            return Step(value + (place + 1 if place < longest else longest - place - 1), one)
        case int() | float():
            # At an atom of a mixed law the density has dimension 0: a step would leave it for good.
            if law.discrete or law.log_density_and_dimension(value)[1] != 1:
                return None
            return _number(law, float(value), scale, source)
        case tuple() if not law.discrete:
            return _joint(law, value, scale, source)
        case _:
            return None


def step_all(law: LawValue, value: Value, scale: float, source: Source, *, exact: bool) -> Step:
    """As `step`, but of all entries of an array of independent laws at once; what cannot walk stays."""
    one = ONE(exact)
    if not isinstance(law, Lifted):
        found = step(law, value, scale, source, exact=exact) if can_walk(law) else None
        return Step(value, one) if found is None else found
    assert isinstance(value, tuple)
    laws = law.laws * len(value) if len(law.laws) == 1 else law.laws
    entries = [step_all(e, v, scale, source, exact=exact) for e, v in zip(laws, value, strict=True)]
    total = one
    for entry in entries:
        total = times(total, entry.log_ratio)
    return Step(tuple(entry.value for entry in entries), total)


def _entry(law: Lifted, value: Value, scale: float, source: Source, *, exact: bool) -> Step | None:
    assert isinstance(value, tuple)
    laws = law.laws * len(value) if len(law.laws) == 1 else law.laws
    if not value:
        return None
    place = source.choose([1] * len(value))
    entry, before = laws[place], value[place]
    ways = [has_sampler(entry), can_walk(entry)]
    if source.choose([int(way) for way in ways]) == 1:
        found = step(entry, before, scale, source, exact=exact)
    else:
        after = entry.draw(source)
        back, there = entry.log_density(before), entry.log_density(after)
        found = Step(after, times(back, -there))
    if found is None:
        return None
    return Step((*value[:place], found.value, *value[place + 1 :]), found.log_ratio)


def _number(law: LawValue, value: float, scale: float, source: Source) -> Step | None:
    lower, upper = bounds(law)
    if not lower < value < upper:
        return None
    here = unconstrain(lower, upper, value)
    there = here + scale * _normal(source)
    found = constrain(lower, upper, there)
    if not lower < found < upper:  # rounded to a bound, where the density may be infinite
        return None
    return Step(found, log_jacobian(lower, upper, there) - log_jacobian(lower, upper, here))


def bounds(law: LawValue) -> tuple[float, float]:
    """Where the numbers of a law lie; all of the line if its family does not say."""
    if not isinstance(law, FamilyLaw) or law.variant or FAMILIES[law.name].support.kind is not Kind.REAL:
        return -math.inf, math.inf
    given = {p.name: v for p, v in zip(FAMILIES[law.name].parameters, law.given, strict=True)}
    support = FAMILIES[law.name].support

    def bound(at: Bound, otherwise: float) -> float:
        found = given[at] if isinstance(at, str) else at
        return otherwise if found is None else float(cast("float", found))

    return bound(support.lower, -math.inf), bound(support.upper, math.inf)


def _joint(law: LawValue, value: tuple[Value, ...], scale: float, source: Source) -> Step | None:
    """All numbers of a vector or matrix at once."""
    name = _transform_name(law)
    if not name:
        dimension = law.log_density_and_dimension(value)[1]
        return Step(_moved(value, scale, source), 0.0) if dimension == size_of(value) else None
    transform = TRANSFORMS[name]
    free = transform.free(len(value))
    here = [0.0] * free
    try:
        transform.unconstrain(value, here)
    except ValueError:  # the logarithm of an entry that is zero
        return None
    if not all(map(math.isfinite, here)):
        return None
    there = [x + scale * _normal(source) for x in here]
    before = transform.constrain(here, _blank(value))
    out = _blank(value)
    after = transform.constrain(there, out)
    return Step(_frozen(out), after - before)


def _transform_name(law: LawValue) -> str:
    match law:
        case FamilyLaw(name=family):
            return _FAMILIES.get(FAMILIES[family].support.kind, "")
        case UserLaw(support_type=Vector(kind) | Matrix(kind)):
            return _SUPPORTS.get(kind, "")
        case _:
            return ""


def _moved(value: tuple[Value, ...], scale: float, source: Source) -> Value:
    return tuple(
        _moved(entry, scale, source)
        if isinstance(entry, tuple)
        else cast("float", entry) + scale * _normal(source)
        for entry in value
    )


def _normal(source: Source) -> float:
    return ndtri(source.uniform())


def _blank(value: Value) -> list[object]:
    assert isinstance(value, tuple)
    return [_blank(entry) if isinstance(entry, tuple) else 0.0 for entry in value]


def _frozen(entries: list[object]) -> tuple[Value, ...]:
    return tuple(
        _frozen(cast("list[object]", entry)) if isinstance(entry, list) else cast("float", entry)
        for entry in entries
    )
