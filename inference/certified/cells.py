"""The region of two variables between bounds, in charts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from pplc.inference.certified.charts import Chart, product_of
from pplc.inference.certified.integrand import Integrand
from pplc.inference.certified.terms import Term
from pplc.semantics.symbolic.expression import Latent


def charts_of(latents: Sequence[Latent], term: Term) -> list[Chart] | None:
    """Charts whose union is the region of a term; None if a bound is not linear."""
    lines = [Integrand(variable, [term]) for variable in latents]
    cuts = sum(len(term.piece.region) - len(line.curved(term)) for line in lines)
    if cuts < len(term.piece.region):
        return None
    return [product_of(u, w) for u, w in product(*(line.halves() for line in lines))]
