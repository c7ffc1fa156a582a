"""Queries for the information of finite variables: what each head asks of a joint law.

After `|`, a comparison (or another combination by `not`, `and`, `or`) is an event to condition on, and
anything else a variable to average over: `H(x | y == 1)` is the entropy of x where y is 1, `H(x | y)` the
conditional entropy. All is in nats here; limits and rates that a query states are in the unit asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, log
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from pplc.inference.answers import Answer, Bounds, Exact
from pplc.information import divergences
from pplc.information.bottleneck_coupling import couple_through
from pplc.information.channels import bottleneck, capacity, rate_distortion
from pplc.information.common import gacs_korner
from pplc.information.compression import compress
from pplc.information.couplings import couple
from pplc.information.directed import directed_information, transfer_entropy
from pplc.information.entropy import (
    Terms,
    co_terms,
    combination,
    dual_terms,
    effective_count,
    entropy,
    entropy_terms,
    mutual_information,
    mutual_terms,
    o_terms,
    renyi_entropy,
    total_terms,
    tsallis_entropy,
)
from pplc.information.fairness import decide, disparity
from pplc.information.pid import pid
from pplc.information.reconstruct import reconstruct
from pplc.information.table import Outcome, Probability, Table
from pplc.information.wasserstein import wasserstein
from pplc.information.wyner import wyner
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected, Span
from pplc.lang.suggest import did_you_mean
from pplc.untyped import as_tuple

UNITS: Mapping[str, float] = MappingProxyType({"nats": 1.0, "bits": log(2)})
"""Units of information, in nats."""

Parts: TypeAlias = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the law it is about.

    table:  the joint law of all that is mentioned, given the events after `|`.
    groups: the names in the table of what stands between `;`.
    given:  the variables after `|`.
    unit:   of the query's own limits and rates, in nats.
    """

    query: syntax.Query
    table: Table
    groups: tuple[tuple[str, ...], ...]
    given: tuple[str, ...]
    unit: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a head answers: one number, or several by name; in nats, or without a unit."""

    answer: Answer | Parts
    informational: bool = True


def is_event(condition: syntax.Expr) -> bool:
    """Whether what stands after `|` is an event, not a variable."""
    match condition:
        case syntax.Compare() | syntax.Unary("not", _) | syntax.Binary("and" | "or", _, _):
            return True
        case _:
            return False


# ------------------------------------------------------------------ Shannon's measures


def shannon(head: str, groups: Sequence[Sequence[str]], given: Sequence[str]) -> Terms | None:
    """A head as a combination of entropies; None for those that are none."""
    match head:
        case "H":
            return entropy_terms(groups[0], given)
        case "I":
            return mutual_terms(groups[0], groups[1], given)
        case "TC":
            return total_terms(groups[0], given)
        case "DTC":
            return dual_terms(groups[0], given)
        case "O":
            return o_terms(groups[0], given)
        case "interaction":
            return co_terms(groups[0], given)
        case _:
            return None


SIGNED = frozenset({"O", "interaction"})
"""Combinations that may be negative."""


def _shannon(asked: Asked) -> Found:
    if asked.query.head == "H" and asked.query.options:
        return _other_entropy(asked)
    terms = shannon(asked.query.head, asked.groups, asked.given)
    assert terms is not None
    value = combination(asked.table, terms)
    return Found(Exact(value if asked.query.head in SIGNED else max(value, 0.0)))


def _other_entropy(asked: Asked) -> Found:
    head = asked.query.head
    kind = word(asked.query, "kind", ("shannon", "renyi", "tsallis"), "shannon") if head == "H" else head
    names = asked.groups[0]
    if kind == "shannon":
        if number(asked.query, "order", Fraction(1)) != 1:
            raise badly(asked.query, "Shannon's entropy has order 1")
        return Found(Exact(entropy(asked.table, names, asked.given)))
    _no_given(asked)
    order = number(asked.query, "order", Fraction(2))
    if order < 0:
        raise badly(asked.query, "the order of an entropy is not negative")
    if kind == "renyi":
        return Found(Exact(renyi_entropy(asked.table, names, order)))
    return Found(exactly(tsallis_entropy(asked.table, names, order)), informational=False)


def _count(asked: Asked) -> Found:
    _no_given(asked)
    return Found(Exact(effective_count(asked.table, asked.groups[0])), informational=False)


# ------------------------------------------------------------------ two laws


def _laws(asked: Asked) -> tuple[Table, Table]:
    """The laws of the two variables asked about, as laws of one."""
    _no_given(asked)
    first, second = (asked.table.marginal(name) for name in asked.groups[0])
    return first, Table(first.names, second.values, second.probabilities)


def _divergence(asked: Asked) -> Found:
    p, q = _laws(asked)
    kinds = (*divergences.KINDS, "renyi", "tsallis", "w1")
    kind = "kl" if asked.query.head == "KL" else word(asked.query, "kind", kinds, "kl")
    if kind == "w1":
        return Found(Exact(wasserstein(p, q)), informational=False)
    pairs = divergences.aligned(p, q)
    if kind in divergences.KINDS:
        return Found(exactly(divergences.KINDS[kind](pairs)), kind in divergences.LOGARITHMIC)
    order = number(asked.query, "order", Fraction(2))
    if order <= 0:
        raise badly(asked.query, "the order of a divergence is positive")
    if kind == "renyi":
        return Found(Exact(divergences.renyi(pairs, order)))
    return Found(Exact(divergences.tsallis(pairs, order)), informational=False)


def _couple(asked: Asked) -> Found:
    _no_given(asked)
    laws = [asked.table.marginal(name) for name in asked.groups[0]]
    return Found(couple(laws).least)


# ------------------------------------------------------------------ channels, codes, time


def _channel(asked: Asked) -> Found:
    _no_given(asked)
    both = asked.table.grouped({"x": asked.groups[0], "y": asked.groups[1]}).floats
    happens = both.sum(1) > 0
    found = capacity(both[happens] / both[happens].sum(1, keepdims=True))
    return Found(Bounds(found.lower, found.upper))


def _rate(asked: Asked) -> Found:
    """Rate–distortion for the share of values that are wrong."""
    _no_given(asked)
    law = asked.table.grouped({"x": asked.groups[0]}).floats
    most = number(asked.query, "distortion", None)
    if not 0 <= most <= 1:
        raise badly(asked.query, "the distortion is the share of values that may be wrong, from 0 to 1")
    found = rate_distortion(law, 1 - np.eye(len(law)), float(most))
    return Found(Bounds(found.lower, found.upper))


def _bottleneck(asked: Asked) -> Found:
    _no_given(asked)
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
    _no_given(asked)
    columns = [asked.groups[0][0], asked.groups[1][0]]
    law: dict[Outcome, Probability] = {}
    lengths: set[tuple[int, int]] = set()
    for values, p in asked.table.marginal(*columns).items():
        first, second = (as_tuple(value) for value in values)
        if first is None or second is None:
            raise badly(asked.query, "both processes are arrays over time")
        lengths.add((len(first), len(second)))
        law[*first, *second] = p
    if len(lengths) != 1:
        raise badly(asked.query, "the arrays differ in length between runs")
    ((one, two),) = lengths
    x, y = ([f"{name} {t}" for t in range(n)] for name, n in zip("xy", (one, two), strict=True))
    return Table.of(law, (*x, *y)), x, y


def _directed(asked: Asked) -> Found:
    return Found(Exact(directed_information(*_over_time(asked))))


def _transfer(asked: Asked) -> Found:
    lag = number(asked.query, "lag", Fraction(1))
    return Found(Exact(transfer_entropy(*_over_time(asked), int(lag))))


def _compress(asked: Asked) -> Found:
    _no_given(asked)
    law = asked.table.marginal(asked.groups[0][0]).floats
    return Found(compress(law.tolist(), _rate_of(asked)).found)


def _mecb(asked: Asked) -> Found:
    _no_given(asked)
    x, y = (asked.table.marginal(name).floats.tolist() for name in asked.groups[0])
    return Found(couple_through(x, y, _rate_of(asked)).found)


def _rate_of(asked: Asked) -> float:
    rate = number(asked.query, "rate", None)
    if rate < 0:
        raise badly(asked.query, "a rate is not negative")
    return float(rate) * asked.unit


# ------------------------------------------------------------------ decompositions, fairness, common parts


def _pid(asked: Asked) -> Found:
    _no_given(asked)
    measure = word(asked.query, "measure", None, "broja")
    found = pid(asked.table, asked.groups[0], asked.groups[1], measure)
    if not found.gap:
        return Found({name: Exact(value) for name, value in found.atoms.items()})
    return Found({name: Bounds(value - found.gap, value + found.gap) for name, value in found.atoms.items()})


def _disparity(asked: Asked) -> Found:
    if not asked.given:
        raise badly(asked.query, "a disparity is one between clients: `disparity(z; yhat | s)`")
    found = disparity(asked.table, asked.groups[0], asked.groups[1], asked.given)
    parts = {"unique": found.unique, "redundant": found.redundant, "masked": found.masked}
    if not found.gap:
        return Found({name: Exact(value) for name, value in parts.items()})
    return Found({name: Bounds(value - found.gap, value + found.gap) for name, value in parts.items()})


def _decide(asked: Asked) -> Found:
    if len(asked.given) != 1:
        raise badly(asked.query, "a decision is one for clients: `decide(y; z | s)`")
    limits = [number(asked.query, name, None, inf) for name in ("across", "within")]
    (y,), (z,), (s,) = asked.groups[0], asked.groups[1], asked.given
    found = decide(asked.table, y, z, s, float(limits[0]) * asked.unit, float(limits[1]) * asked.unit)
    return Found(Bounds(found.lower, found.upper), informational=False)


def _common(asked: Asked) -> Found:
    _no_given(asked)
    return Found(Exact(gacs_korner(asked.table, asked.groups[0])))


def _wyner(asked: Asked) -> Found:
    _no_given(asked)
    return Found(wyner(asked.table, *asked.groups[0]))


def _reconstruct(asked: Asked) -> Found:
    """H(x | parts), which is 0 exactly if x can be computed from them."""
    _no_given(asked)
    return Found(Exact(reconstruct(asked.table, asked.groups[0], asked.groups[1]).missing))


ANSWERS: Mapping[str, Callable[[Asked], Found]] = MappingProxyType(
    {
        **dict.fromkeys(("H", "I", "TC", "DTC", "O", "interaction"), _shannon),
        **dict.fromkeys(("renyi", "tsallis"), _other_entropy),
        **dict.fromkeys(("KL", "divergence"), _divergence),
        "count": _count,
        "couple": _couple,
        "capacity": _channel,
        "rate": _rate,
        "bottleneck": _bottleneck,
        "directed": _directed,
        "transfer": _transfer,
        "compress": _compress,
        "mecb": _mecb,
        "pid": _pid,
        "disparity": _disparity,
        "decide": _decide,
        "common": _common,
        "wyner": _wyner,
        "reconstruct": _reconstruct,
    }
)
"""How each head is answered from a joint law."""


# ------------------------------------------------------------------ options


def number(
    query: syntax.Query, name: str, otherwise: Fraction | None, missing: float | None = None
) -> Fraction | float:
    """A number given as an option; its default, or E0609 if it must be given."""
    for key, value in query.options:
        if key == name:
            if isinstance(value, syntax.Number):
                return Fraction(value.value)
            raise badly(query, f"`{name}` is a number", value.span)
    if otherwise is None and missing is None:
        raise badly(query, f"`{query.head}` needs the option `{name}`, as in `{name} = 1`")
    return otherwise if otherwise is not None else missing if missing is not None else inf


def word(query: syntax.Query, name: str, known: Sequence[str] | None, otherwise: str) -> str:
    """A word given as an option, one of the known ones if these are listed."""
    for key, value in query.options:
        if key == name:
            found = value.name if isinstance(value, syntax.Name) else ""
            if not found or (known is not None and found not in known):
                advice = did_you_mean(found, known or ()) or f"it is one of {', '.join(known or ())}"
                raise badly(query, f"`{name}` is a word, and not this one", value.span, advice)
            return found
    return otherwise


def badly(query: syntax.Query, message: str, span: Span | None = None, help: str = "") -> Rejected:
    """The error of a query that is not written as its head wants."""
    return Rejected(Diagnostic("E0609", message, span or query.span, help=help))


def exactly(value: Probability) -> Exact:
    """A number that may be rational."""
    return Exact(float(value), Fraction(value) if isinstance(value, int | Fraction) else None)


def _no_given(asked: Asked) -> None:
    if asked.given:
        message = f"`{asked.query.head}` conditions on events, such as `y == 1`, not on variables"
        raise badly(asked.query, message, asked.query.given.conditions[0].span)
