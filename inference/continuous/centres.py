"""Variables by their distances from where their mass lies, so that nothing large cancels in an exponent.

Measured far from 0, with a = 10⁶ say and the scale 1, the terms of -(x - a)² / 2 multiplied out are as large
as a², and as floats they lose what they differ by. With x = c + u and a rational c near a, the terms of u are
small, and what is large is one rational constant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor, inf, isfinite, log2, sqrt

import numpy as np

from pplc.inference.continuous.evaluation import Floats
from pplc.inference.continuous.piece import ZERO, Piece, World
from pplc.inference.continuous.polynomials import substituted
from pplc.semantics.number import CERTAIN, LogWeight
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Applied,
    Base,
    Latent,
    Monomial,
    NeedsValue,
    Undecided,
    Unknown,
    expanded,
    latent,
    terms_of,
)

FAR = 64
"""Distance of a centre from 0, in units of the width there, from which on variables are changed."""

FLAT = 1e-9
"""How far below 0 an eigenvalue of a form in units of its variables may be by rounding."""

KEPT = 64
"""Changes of variables that are remembered: every number under a piece asks for the same."""


@dataclass(frozen=True)
class Centred:
    """A piece in which some variables stand for their distances from centres; their names are the same.

    weight: log of a factor of the piece. centres: of those variables.
    """

    piece: Piece
    weight: LogWeight = CERTAIN
    centres: Mapping[Latent, Fraction] = field(default_factory=dict[Latent, Fraction])


def _moved(number: Number, centres: Mapping[Latent, Fraction]) -> Number:
    for variable, centre in centres.items():
        number = substituted(number, variable, latent(variable.address, variable.space) + centre)
    return number


def centred(piece: Piece) -> Centred:
    """The piece with variables whose mass lies far from 0 by their distances from there."""
    if not piece.latents:
        return _whole(piece)
    world = piece.latents[0].space
    assert isinstance(world, World)
    known = world.centred
    found = known.get(piece)
    if found is None:
        if len(known) >= KEPT:
            del known[next(iter(known))]
        found = known[piece] = at_centres(piece, _centres(piece))
    assert isinstance(found, Centred)
    return found


def centred_with(number: Number, piece: Piece) -> tuple[Number, Centred]:
    """The same, with a number that depends on its variables by their distances."""
    moved = centred(piece)
    if not moved.centres:
        return number, moved
    world = piece.latents[0].space
    assert isinstance(world, World)
    before, world.piece = world.piece, moved.piece
    try:
        return _moved(number, moved.centres), moved
    except (Undecided, NeedsValue):
        return number, _whole(piece)
    finally:
        world.piece = before


def at_centres(piece: Piece, centres: Mapping[Latent, Fraction]) -> Centred:
    """The piece by distances from these centres; as it is if they are none, or a sign would be unknown."""
    if not centres:
        return _whole(piece)
    world = piece.latents[0].space
    assert isinstance(world, World)
    before = world.piece
    made: Piece | None = Piece(latents=piece.latents)
    try:
        for bound in sorted(piece.region, key=lambda bound: len(bound.terms)):
            made = None if made is None else made.where(_moved(bound, centres))
        if made is None:
            return _whole(piece)
        world.piece = made  # the signs of what stands under logarithms and powers follow from the bounds
        factor = _moved(piece.factor, centres)
        weight, found = replace(made, factor=factor).raised(_moved(piece.exponent, centres))
    except (Undecided, NeedsValue):
        return _whole(piece)
    finally:
        world.piece = before
    return Centred(found, weight, centres)


def _whole(piece: Piece) -> Centred:
    """A piece as it is, but for the constant part of its exponent, which changes of variables leave there."""
    world = piece.latents[0].space if piece.latents else None
    assert world is None or isinstance(world, World)
    weight, found = replace(piece, exponent=ZERO).raised(piece.exponent, world)
    return Centred(found, weight)


def _centres(piece: Piece) -> dict[Latent, Fraction]:
    exponent = expanded(piece.exponent)
    if not isinstance(exponent, Unknown):
        return {}
    free = set(piece.latents) - set(_by_itself(exponent)) - set(_by_itself(piece.factor))
    places = {variable: k for k, variable in enumerate(v for v in piece.latents if v in free)}
    found: dict[Latent, Fraction] = {}
    for variable, (at, width) in _tops([exponent, *_inside_logs(exponent)], places).items():
        # To the width, so that centres are short numbers.
        step = Fraction(2) ** floor(log2(width))
        low, high = piece.reach(variable)
        at = min(max(at, low), high)  # the mass within bounds lies at the one that is nearest to the top
        if abs(at) > FAR * width:
            found[variable] = round(Fraction(at) / step) * step
    return found


def _by_itself(number: Number) -> Iterator[Latent]:
    """The variables of which a logarithm or power is taken that a change would make one of a sum."""
    for monomial in terms_of(number):
        for atom, exponent in monomial:
            match atom:
                case Latent():
                    if not (type(exponent) is int and exponent > 0):
                        yield atom
                case Applied(name, Unknown() as argument):
                    if name != "log" or len(argument.terms) == 1:
                        yield from argument.latents
                case _:
                    pass


def _inside_logs(exponent: Unknown) -> Iterator[Unknown]:
    """What stands under logarithms, with the sign of their multiples turned: it is least where these are."""
    for monomial, coefficient in exponent.terms.items():
        for atom, power in monomial:
            if isinstance(atom, Applied) and atom.name == "log" and power == 1 and coefficient < 0:
                argument = expanded(atom.argument)
                if isinstance(argument, Unknown):
                    yield -argument


def _tops(forms: Iterable[Unknown], places: Mapping[Latent, int]) -> dict[Latent, tuple[float, float]]:
    """Where quadratic forms are largest together, and how wide that is, if other factors in them were 1."""
    size = len(places)
    curved, slopes = np.zeros((size, size)), np.zeros(size)
    for form in forms:
        own, rising = _form(form, places)
        if _has_top(own):
            curved, slopes = curved + own, slopes + rising
    if not size or not (np.isfinite(curved).all() and np.isfinite(slopes).all()):
        return {}
    tops = np.linalg.lstsq(curved, slopes, rcond=None)[0]
    return {
        variable: (float(tops[k]), 1 / sqrt(curved[k, k]))
        for variable, k in places.items()
        if 0 < curved[k, k] < inf and isfinite(tops[k])
    }


def _form(form: Unknown, places: Mapping[Latent, int]) -> tuple[Floats, Floats]:
    """The second derivatives of the quadratic part of a number, with their sign turned, and the first."""
    size = len(places)
    curved, slopes = np.zeros((size, size)), np.zeros(size)
    for monomial, coefficient in form.terms.items():
        at = _places(monomial, places)
        if at is None or not isfinite(coefficient):
            continue
        match at:
            case [i]:
                slopes[i] += float(coefficient)
            case [i, j]:
                curved[i, j] -= float(coefficient)
                curved[j, i] -= float(coefficient)
            case _:
                pass
    return curved, slopes


def _has_top(curved: Floats) -> bool:
    """Whether a quadratic form with these second derivatives, their sign turned, grows in no direction."""
    scales = np.sqrt(np.abs(np.diag(curved)))
    flat = scales == 0
    if (np.diag(curved) < 0).any() or curved[flat].any():
        return False
    scales = np.where(flat, 1.0, scales)
    return not len(curved) or bool(np.linalg.eigvalsh(curved / np.outer(scales, scales)).min() > -FLAT)


def _places(monomial: Monomial, places: Mapping[Latent, int]) -> list[int] | None:
    """The places of the variables of which a monomial is a product; None if it depends on them otherwise."""
    found: list[int] = []
    for atom, exponent in monomial:
        match atom:
            case Latent():
                if atom in places:
                    found += [places[atom]] * int(exponent)
            case Applied(_, Unknown() as argument) | Base(argument):
                if not places.keys().isdisjoint(argument.latents):
                    return None
            case _:
                pass
    return found if len(found) <= 2 else None
