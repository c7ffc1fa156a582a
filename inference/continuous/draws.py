"""What a continuous draw stands for while a run goes on without its value."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias, cast

from pplc.inference.continuous.piece import Piece, World
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.families import FAMILIES
from pplc.semantics.evaluate import extended, located
from pplc.semantics.laws import Censored, FamilyLaw, LawValue, Lifted, Mixture, Truncated
from pplc.semantics.laws_base import log_of
from pplc.semantics.laws_family import SPREADS
from pplc.semantics.linalg import ldl
from pplc.semantics.measure import times
from pplc.semantics.number import CERTAIN, LogRat, LogWeight
from pplc.semantics.representations.answering import weight_of
from pplc.semantics.representations.enumerated import choices
from pplc.semantics.runs import Observing, Recorded, Sampling, Weighing
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.densities import CONVERSIONS, LOG_DENSITIES
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Undecided, depends, latent
from pplc.semantics.symbolic.supports import bounds
from pplc.semantics.values import Address, Fault, Value

Drawn: TypeAlias = "tuple[Value, LogWeight, Piece]"
"""A value that may depend on new variables, its weight, and the piece with their density."""


def weighed(event: Observing | Weighing, world: World) -> tuple[LogWeight, Piece, int]:
    """The constant part of the weight that a run is given, the world's piece with the rest, the dimension."""
    factor, dimension = weight_of(event) if isinstance(event, Observing) else (event.log_weight, 0)
    if world.parameters and isinstance(event, Observing) and not isinstance(factor, LogRat):
        factor = _written(event.law, event.value)
    weight, piece = world.piece.weighed(factor, world)
    return weight, piece, dimension


def _written(law: LawValue, value: Value) -> LogWeight:
    """The density of a value as a formula, also where it is known: a float has no constants to show."""
    match law:
        case FamilyLaw():
            return law.formula(value)
        case Lifted(_, laws) if isinstance(value, tuple):
            found: LogWeight = CERTAIN
            for inner, item in zip(laws, value, strict=True):
                found = times(found, _written(inner, item))
            return found
        case _:
            return law.log_density(value)


def chosen(event: Sampling, world: World) -> list[Drawn]:
    """Every value of a discrete draw; its mass may depend on continuous variables."""
    return [(value, *world.piece.weighed(mass, world)) for value, mass in choices(event)]


def parted(recorded: Recorded) -> tuple[Recorded, Recorded]:
    """What was recorded: the values that are known, and those that depend on continuous variables."""
    known: Recorded = None
    kept: Recorded = None
    entries: list[tuple[Address, Value]] = []
    while recorded is not None:
        entries.append((recorded[0], recorded[1]))
        recorded = recorded[2]
    for address, value in reversed(entries):
        if latents_in(value):
            kept = (address, value, kept)
        else:
            known = (address, value, known)
    return known, kept


# ------------------------------------------------------------------ draws


def drawings(event: Sampling, world: World) -> list[Drawn]:
    """The draw as new variables; of mixtures one for each of their laws. The piece is the world's."""
    try:
        return list(_drawn(event.law, event.address, world.piece, world))
    except Fault as fault:
        raise located(fault, event.span) from None
    except _Without:
        raise Rejected(
            Diagnostic(
                "E0502",
                f"{event.law.describe()} has infinitely many values, so it cannot be enumerated",
                event.span,
                help="choose another method, such as `--method importance`, or let `--method auto` choose",
            )
        ) from None


class _Without(Exception):
    """No rule for a law."""


def _drawn(law: LawValue, address: Address, piece: Piece, world: World) -> Iterator[Drawn]:
    masses = law.masses()
    if masses is not None:
        for value, mass in masses:
            weight, part = piece.weighed(mass, world)
            yield value, weight, part
        return
    match law:
        case Lifted(_, laws):
            yield from _array(laws, address, piece, world)
        case Mixture(_, weights, laws):
            for chance, inner in zip(weights, laws, strict=True):
                before, part = piece.weighed(log_of(chance, True), world)
                for value, after, last in _drawn(inner, address, part, world):
                    yield value, times(before, after), last
        case FamilyLaw("Dirichlet", (concentration,)) if isinstance(concentration, tuple):
            yield _simplex(law, len(concentration), address, piece, world)
        case FamilyLaw("MvNormal", given, variant):
            yield _vector(given, variant, address, piece, world)
        case FamilyLaw(name) if name in LOG_DENSITIES and not FAMILIES[name].event_rank:
            yield from _scalar(law, *_ends(law), address, piece, world)
        case Truncated(FamilyLaw(name) as base, lower, upper) if name in LOG_DENSITIES:
            below, above = _ends(base)
            yield from _scalar(law, _later(below, lower, 1), _later(above, upper, -1), address, piece, world)
        case Censored(FamilyLaw(name) as base, lower, upper) if name in LOG_DENSITIES:
            for bound in (lower, upper):
                if bound is not None:
                    weight, part = piece.weighed(law.log_density(bound), world)
                    yield bound, weight, part
            below, above = _ends(base)
            yield from _scalar(law, _later(below, lower, 1), _later(above, upper, -1), address, piece, world)
        case _:
            raise _Without


def _ends(law: FamilyLaw) -> tuple[Number | None, Number | None]:
    given = CONVERSIONS[law.name, law.variant](*law.given) if law.variant else law.given
    return bounds(law.name, given)


def _later(own: Number | None, given: Number | None, sign: int) -> Number | None:
    if own is None or given is None:
        return given if own is None else own
    return given if (given - own) * sign > 0 else own


def _scalar(
    law: LawValue, lower: Number | None, upper: Number | None, address: Address, piece: Piece, world: World
) -> Iterator[Drawn]:
    """One variable; where its density depends on a comparison, as `abs(x - location)`, one for each part."""
    address = piece.fresh(address)
    x = latent(address, world)
    piece = piece.with_latent(Latent(address, world))
    for positive in ([] if lower is None else [x - lower]) + ([] if upper is None else [upper - x]):
        narrowed = piece.where(positive)
        assert narrowed is not None
        piece = narrowed
    todo = [piece]
    while todo:
        part = todo.pop()
        try:
            yield _weighed(law, x, part, world)
        except Undecided as undecided:
            if Latent(address, world) not in undecided.number.latents:
                raise
            halves = [part.where(-undecided.number), part.where(undecided.number)]
            todo += [half for half in halves if half is not None]


def _weighed(law: LawValue, value: Value, piece: Piece, world: World) -> Drawn:
    world.piece = piece
    weight, part = piece.weighed(law.log_density(value), world)
    return value, weight, part


def _simplex(law: LawValue, size: int, address: Address, piece: Piece, world: World) -> Drawn:
    """Shares that sum to 1: all but the last are variables."""
    rest: Number = Fraction(1)
    shares: list[Number] = []
    for k in range(size - 1):
        place = piece.fresh(extended(address, (k,)))
        x = latent(place, world)
        piece = piece.with_latent(Latent(place, world))
        for positive in (x, 1 - x, rest - x):
            narrowed = piece.where(positive)
            assert narrowed is not None
            piece = narrowed
        shares.append(x)
        rest = rest - x
    return _weighed(law, (*shares, rest), piece, world)


def _vector(given: tuple[Value, ...], variant: int, address: Address, piece: Piece, world: World) -> Drawn:
    """A normal vector as mean + L z with independent normal z, where the covariance is L D L'."""
    mean, spread = given
    if depends(spread):
        raise _Without
    lower, variances = ldl(cast("tuple[tuple[Number, ...], ...]", spread), SPREADS[variant])
    weight: LogWeight = CERTAIN
    parts: list[Number] = []
    for k, variance in enumerate(variances):
        law = FamilyLaw("Normal", (Fraction(0), variance), 1, (), True)
        ((value, more, piece),) = _scalar(law, None, None, (*address, f"#{k}"), piece, world)
        weight = times(weight, more)
        parts.append(value)
    assert isinstance(mean, tuple)
    entries: list[Number] = []
    for centre, row in zip(mean, lower, strict=True):
        entry: Number = centre
        for factor, z in zip(row, parts, strict=True):
            if factor:
                entry = entry + z * factor
        entries.append(entry)
    return tuple(entries), weight, piece


def _array(laws: tuple[LawValue, ...], address: Address, piece: Piece, world: World) -> Iterator[Drawn]:
    """Independent draws; if several are mixtures, every choice of their laws."""
    found: list[tuple[tuple[Value, ...], LogWeight, Piece]] = [((), CERTAIN, piece)]
    for index, law in enumerate(laws):
        found = [
            ((*values, value), times(weight, more), part)
            for values, weight, before in found
            for value, more, part in _drawn(law, extended(address, (index,)), before, world)
        ]
    yield from found
