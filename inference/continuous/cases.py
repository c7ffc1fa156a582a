"""A step of a run, for every part of the region of its variables on which it goes differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeVar

from pplc.inference.continuous.masses import log_mass
from pplc.inference.continuous.piece import Piece, World
from pplc.semantics.measure import is_zero, share, total
from pplc.semantics.number import LogWeight
from pplc.semantics.symbolic.expression import Undecided

T = TypeVar("T")


def under(world: World, piece: Piece, run: Callable[[], T]) -> Iterator[tuple[T, Piece]]:
    """What a step gives, and where. Until the next is asked for, the world's piece is that part.

    A comparison that depends on the variables is tried both ways. One of variables of the program outside
    `infer` alone is passed on.
    """
    if not piece.latents:
        world.piece = piece
        yield run(), piece
        return
    todo = [piece]
    while todo:
        piece = todo.pop()
        world.piece = piece
        try:
            found = run()
        except Undecided as undecided:
            if undecided.number.latents.isdisjoint(piece.latents):
                raise
            parts = [piece.where(-undecided.number), piece.where(undecided.number)]
            todo += [part for part in parts if part is not None]
            continue
        yield found, piece


def shared(piece: Piece, run: Callable[[], T]) -> Iterator[tuple[T, Piece, Fraction | float]]:
    """The same for a run that has finished, with the share of the mass of each part."""
    if not piece.latents:
        yield run(), piece, Fraction(1)
        return
    world = piece.latents[0].space
    assert isinstance(world, World)
    parts: list[tuple[T, Piece, LogWeight]] = []
    for found, part in under(world, piece, run):
        if part is piece:
            yield found, part, Fraction(1)
            return
        mass = log_mass(part)
        if not is_zero(mass):
            parts.append((found, part, mass))
    # Of their sum, and not of the whole as integrated by itself: the shares add up to 1, and small ones of
    # them are known as well as large ones.
    whole = total([mass for _, _, mass in parts])
    for found, part, mass in parts:
        world.piece = part
        yield found, part, share(mass, whole)
