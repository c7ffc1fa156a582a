"""Queries for the information of finite variables: what each head asks of a joint law.

After `|`, a comparison (or another combination by `not`, `and`, `or`) is an event to condition on, and
anything else a variable to average over: `H(x | y == 1)` is the entropy of x where y is 1, `H(x | y)` the
conditional entropy. All is in nats here; limits and rates that a query states are in the unit asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from pplc.inference.answers import Answer, Bounds, Exact
from pplc.information import divergences
from pplc.information.asked import Asked, Found, badly, exactly, no_given, number, word
from pplc.information.channels import bottleneck, capacity, rate_distortion
from pplc.information.coupling_queries import COUPLINGS
from pplc.information.decision_queries import answer_decision
from pplc.information.decomposition import pid
from pplc.information.directed import directed_information, transfer_entropy
from pplc.information.entropy import (
    SIGNED,
    combined,
    effective_count,
    entropy,
    mutual_information,
    renyi_entropy,
    shannon,
    tsallis_entropy,
)
from pplc.information.fairness import disparity
from pplc.information.table import Outcome, Probability, Table
from pplc.information.transport import wasserstein
from pplc.untyped import as_tuple

# ------------------------------------------------------------------ Shannon's measures


def _shannon(asked: Asked) -> Found:
    if asked.query.head == "H" and asked.query.options:
        return _other_entropy(asked)
    if asked.laws:
        return Found(Exact(entropy(asked.together(), "x")))
    terms = shannon(asked.query.head, asked.groups, asked.given)
    assert terms is not None
    # No table is made: of arrays as values there may be few, and yet too many cells.
    places = {tuple(asked.names.index(name) for name in key): c for key, c in terms.items()}
    value = combined(list(asked.law.items()), places)
    return Found(Exact(value if asked.query.head in SIGNED else max(value, 0.0)))


def _other_entropy(asked: Asked) -> Found:
    head = asked.query.head
    kind = word(asked.query, "kind", ("shannon", "renyi", "tsallis"), "shannon") if head == "H" else head
    if kind == "shannon":
        if number(asked.query, "order", Fraction(1)) != 1:
            raise badly(asked.query, "Shannon's entropy has order 1")
        return Found(Exact(entropy(asked.table, asked.groups[0], asked.given)))
    no_given(asked)
    order = number(asked.query, "order", Fraction(2))
    if order < 0:
        raise badly(asked.query, "the order of an entropy is not negative")
    if kind == "renyi":
        return Found(Exact(renyi_entropy(asked.together(), "x", order)))
    return Found(exactly(tsallis_entropy(asked.together(), "x", order)), informational=False)


def _count(asked: Asked) -> Found:
    no_given(asked)
    return Found(Exact(effective_count(asked.together(), "x")), informational=False)


# ------------------------------------------------------------------ two laws


def _divergence(asked: Asked) -> Found:
    no_given(asked)
    p, q = (asked.alone(text) for text in asked.groups[0])
    kinds = (*divergences.KINDS, *divergences.WITH_ORDER, "w1")
    kind = "kl" if asked.query.head == "KL" else word(asked.query, "kind", kinds, "kl")
    if kind not in divergences.WITH_ORDER and any(name == "order" for name, _ in asked.query.options):
        raise badly(asked.query, f"the divergence `{kind}` has no order")
    if kind == "w1":
        return Found(Exact(wasserstein(p, q)), informational=False)
    order = number(asked.query, "order", Fraction(2))
    found = divergences.divergence(p, q, kind, order)
    return Found(exactly(found), kind in divergences.LOGARITHMIC)


# ------------------------------------------------------------------ channels, codes, time


def _channel(asked: Asked) -> Found:
    no_given(asked)
    both = asked.table.grouped({"x": asked.groups[0], "y": asked.groups[1]}).floats
    happens = both.sum(1) > 0
    found = capacity(both[happens] / both[happens].sum(1, keepdims=True))
    return Found(Bounds(found.lower, found.upper))


def _rate(asked: Asked) -> Found:
    """Rate–distortion for the share of values that are wrong."""
    no_given(asked)
    law = asked.together().floats
    most = number(asked.query, "distortion", None)
    if not 0 <= most <= 1:
        raise badly(asked.query, "the distortion is the share of values that may be wrong, from 0 to 1")
    found = rate_distortion(law, 1 - np.eye(len(law)), float(most))
    return Found(Bounds(found.lower, found.upper))


def _bottleneck(asked: Asked) -> Found:
    no_given(asked)
    both = asked.table.grouped({"x": asked.groups[0], "y": asked.groups[1]})
    beta = number(asked.query, "beta", None)
    if beta <= 0:
        raise badly(asked.query, "`beta`, what a nat about y is worth, is positive")
    (point,) = bottleneck(both.floats, [float(beta)])
    most = min(point.rate, mutual_information(both, "x", "y"))
    relevance = Bounds(min(point.relevance, most), most)
    return Found({"rate": Exact(point.rate), "relevance": relevance})


def _over_time(asked: Asked) -> tuple[Table, list[str], list[str]]:
    """The table of the elements of two arrays, and their names in the order of time."""
    no_given(asked)
    places = [asked.names.index(group[0]) for group in asked.groups]
    law: dict[Outcome, Probability] = {}
    lengths: set[tuple[int, int]] = set()
    for values, p in asked.law.items():
        first, second = (as_tuple(values[place]) for place in places)
        if first is None or second is None:
            raise badly(asked.query, "both processes are arrays over time")
        lengths.add((len(first), len(second)))
        law[*first, *second] = law.get((*first, *second), 0) + p
    if len(lengths) != 1:
        raise badly(asked.query, "the arrays differ in length between runs")
    ((one, two),) = lengths
    x, y = ([f"{name} {t}" for t in range(n)] for name, n in zip("xy", (one, two), strict=True))
    return Table.of(law, (*x, *y)), x, y


def _directed(asked: Asked) -> Found:
    return Found(Exact(directed_information(*_over_time(asked))))


def _transfer(asked: Asked) -> Found:
    lag = number(asked.query, "lag", Fraction(1))
    if lag != int(lag):
        raise badly(asked.query, f"the lag is a number of steps, not {float(lag):g}")
    return Found(Exact(transfer_entropy(*_over_time(asked), int(lag))))


# ------------------------------------------------------------------ decompositions, fairness


def _pid(asked: Asked) -> Found:
    no_given(asked)
    measure = word(asked.query, "measure", None, "broja")
    found = pid(asked.table, asked.groups[0], asked.groups[1], measure)
    if not found.gap:
        return Found({name: Exact(value) for name, value in found.atoms.items()})
    return Found(_within(found.atoms, found.gap))


def _disparity(asked: Asked) -> Found:
    if not asked.given:
        raise badly(asked.query, "a disparity is one between clients: `disparity(z; yhat | s)`")
    found = disparity(asked.table, asked.groups[0], asked.groups[1], asked.given)
    parts = {"unique": found.unique, "redundant": found.redundant, "masked": found.masked}
    if not found.gap:
        return Found({name: Exact(value) for name, value in parts.items()})
    return Found(_within(parts, found.gap))


def _within(values: Mapping[str, float], gap: float) -> dict[str, Answer]:
    """Numbers that are not negative and known up to a gap."""
    return {name: Bounds(max(value - gap, 0.0), max(value, 0.0) + gap) for name, value in values.items()}


ANSWERS: Mapping[str, Callable[[Asked], Found]] = MappingProxyType(
    {
        **dict.fromkeys(("H", "I", "TC", "DTC", "O", "interaction"), _shannon),
        **dict.fromkeys(("renyi", "tsallis"), _other_entropy),
        **dict.fromkeys(("KL", "divergence"), _divergence),
        "count": _count,
        "capacity": _channel,
        "rate": _rate,
        "bottleneck": _bottleneck,
        "directed": _directed,
        "transfer": _transfer,
        "pid": _pid,
        "disparity": _disparity,
        "decide": answer_decision,
        **COUPLINGS,
    }
)
"""How each head is answered from a joint law."""
