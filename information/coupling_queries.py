"""Queries about couplings, compression, what variables have in common, and what labels mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from math import isnan
from types import MappingProxyType

from pplc.inference.answers import Answer, Exact
from pplc.information import divergences
from pplc.information.asked import Asked, Found, badly, exactly, no_given, number, word
from pplc.information.bottleneck_coupling import couple_through
from pplc.information.common import gacs_korner
from pplc.information.common_exact import exact_common, functional_common
from pplc.information.compression import compress
from pplc.information.couplings import couple
from pplc.information.reconstruction import reconstruct
from pplc.information.semantic_labels import told
from pplc.information.table import Table
from pplc.information.transport import wasserstein_dependency
from pplc.information.wyner_information import wyner
from pplc.lang.diagnostics import Diagnostic, Rejected


def _couple(asked: Asked) -> Found:
    """The least entropy of a coupling of the laws, whatever their joint law here is."""
    no_given(asked)
    laws = [asked.alone(text, f"x{k}") for k, text in enumerate(asked.groups[0])]
    return Found(couple(laws).least)


def _compress(asked: Asked) -> Found:
    no_given(asked)
    law = asked.alone(asked.groups[0][0]).floats
    return Found(compress(law.tolist(), _rate_of(asked)).found)


def _mecb(asked: Asked) -> Found:
    no_given(asked)
    x, y = (asked.alone(text).floats.tolist() for text in asked.groups[0])
    return Found(couple_through(x, y, _rate_of(asked)).found)


def _rate_of(asked: Asked) -> float:
    rate = number(asked.query, "rate", None)
    if rate < 0:
        raise badly(asked.query, "a rate is not negative")
    return float(rate) * asked.unit


def _common(asked: Asked) -> Found:
    no_given(asked)
    kind = word(asked.query, "kind", ("gk", "wyner", "exact", "functional"), "gk")
    if kind == "gk":
        return Found(Exact(gacs_korner(asked.table, asked.groups[0])))
    if len(asked.groups[0]) != 2:
        raise badly(asked.query, f"the common information of kind `{kind}` is one of two variables")
    x, y = asked.groups[0]
    if kind == "wyner":
        return Found(wyner(asked.table, x, y))
    if kind == "exact":
        return Found(exact_common(asked.table, x, y))
    return Found(Exact(functional_common(asked.table, x, y)))


def _wyner(asked: Asked) -> Found:
    no_given(asked)
    return Found(wyner(asked.table, *asked.groups[0]))


def _reconstruct(asked: Asked) -> Found:
    """H(x | parts), which is 0 exactly if x can be computed from them."""
    no_given(asked)
    return Found(Exact(reconstruct(asked.table, asked.groups[0], asked.groups[1]).missing))


def _dependence(asked: Asked) -> Found:
    """A divergence of the joint law from the product of its margins; 0 exactly if independent."""
    no_given(asked)
    kind = word(asked.query, "kind", (*divergences.KINDS, "w1"), "w1")
    if kind == "w1":
        found = wasserstein_dependency(asked.table, asked.groups[0], asked.groups[1])
        return Found(Exact(found), informational=False)
    joint = asked.table.grouped({"x": asked.groups[0], "y": asked.groups[1]})
    x, y = (list(joint.marginal(name).items()) for name in joint.names)
    independent = Table.of({(*a, *b): p * q for (a, p), (b, q) in product(x, y)}, joint.names)
    pairs = divergences.aligned(joint, independent)
    return Found(exactly(divergences.KINDS[kind](pairs)), kind in divergences.LOGARITHMIC)


def _semantic(asked: Asked) -> Found:
    """What every label tells of x where it is true, and the point of R(G) with a slope, by default 1."""
    no_given(asked)
    slope = number(asked.query, "slope", Fraction(1))
    if slope < 0:
        raise badly(asked.query, "the slope of R(G) is not negative")
    labels = asked.groups[1]
    found = told(asked.table, asked.groups[0], labels, float(slope))
    parts: dict[str, Answer] = {}
    for label, information in zip(labels, found.information, strict=True):
        if isnan(information):
            message = f"the label `{label}` has probability 0 of being true, so that it tells nothing"
            raise Rejected(Diagnostic("E0604", message, asked.query.span))
        parts[label] = Exact(information)
    if found.point is not None:
        parts |= {"G": Exact(found.point.conveyed), "R": Exact(found.point.rate)}
    return Found(parts)


COUPLINGS: Mapping[str, Callable[[Asked], Found]] = MappingProxyType(
    {
        "couple": _couple,
        "compress": _compress,
        "mecb": _mecb,
        "common": _common,
        "wyner": _wyner,
        "reconstruct": _reconstruct,
        "dependence": _dependence,
        "semantic": _semantic,
    }
)
"""How each of these heads is answered from a joint law."""
