"""Normal variables, each between bounds of its own given what others are: Φ of those that it depends on.

So are the latent variables of a probit: e ~ Normal(b x, 1) with e > 0 is Φ(b x). A normal block is integrated
with one sum that is bounded, or two; with more, an integral over b is fewer than one over each but two.
"""

from __future__ import annotations

from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.polynomials import shape_in
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.expression import Latent, Unknown, latents_of

IN_BLOCKS = 2
"""Sums of normal variables of which a block knows the probability between bounds."""


def tails(piece: Piece, normal: set[Latent], keep: frozenset[Latent]) -> frozenset[Latent]:
    """The normal variables to integrate one by one, so that fewer variables are left than beside a block.

    normal: the variables of the largest block. keep: variables that are not integrated.
    """
    bounded = {variable for bound in piece.region for variable in bound.latents} & normal - keep
    if len(bounded) <= IN_BLOCKS:
        return frozenset()
    beside = {variable: found for variable in bounded if (found := _beside(piece, variable)) is not None}
    chosen: list[Latent] = []
    for variable in sorted(beside, key=lambda v: (len(beside[v]), piece.latents.index(v))):
        if not any(other in beside[variable] for other in chosen):
            chosen.append(variable)
    others = {other for variable in chosen for other in beside[variable]} - keep
    rest = len(bounded) - len(chosen)
    if len(others) + max(rest - IN_BLOCKS, 0) < len(bounded) - IN_BLOCKS + len(others - normal):
        return frozenset(chosen)
    return frozenset()


def _beside(piece: Piece, variable: Latent) -> frozenset[Latent] | None:
    """The other variables that a variable depends on; None if it has no tail of a known precision."""
    bounds = [bound for bound in piece.region if variable in bound.latents]
    if len(bounds) != 1 or len(bounds[0].latents) > 1 or variable in latents_in(piece.factor):
        return None
    shape = shape_in(piece.exponent, variable)
    if shape is None or set(shape.powers) - {1, 2} or isinstance(shape.powers.get(2), Unknown):
        return None
    terms = piece.exponent.terms if isinstance(piece.exponent, Unknown) else ()
    return frozenset(
        other
        for monomial in terms
        if variable in (found := frozenset(latents_of(monomial)))
        for other in found
        if other != variable and other in piece.latents
    )
