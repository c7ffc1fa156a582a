"""Divergences between two finite laws of the same variables.

Logarithmic ones are in nats. Total variation, χ² and the Euclidean one have no unit and are rational
where the laws are. Definitions: Liese & Vajda (2006); Lin (1991) for Jensen–Shannon; van Erven & Harremoës
(2014) for Rényi; Jenssen et al. (2006) for Cauchy–Schwarz.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import fsum, inf, sqrt
from types import MappingProxyType
from typing import TypeAlias

from pplc.information.entropy import log_of
from pplc.information.table import Outcome, Probability, Table, no_law
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean

Pairs: TypeAlias = list[tuple[Probability, Probability]]
"""The two probabilities of every joint value that has one."""


def aligned(p: Table, q: Table) -> Pairs:
    """The probabilities of the joint values of two tables over the same variables, side by side.

    Values are matched by their label; a value that one table does not know has probability 0 there.
    """
    if set(p.names) != set(q.names):
        raise no_law(f"the two laws are of different variables: {list(p.names)} and {list(q.names)}")
    first: dict[Outcome, Probability] = dict(p.items())
    second: dict[Outcome, Probability] = dict(q.marginal(*p.names).items())
    zero: Probability = Fraction(0)
    return [(first.get(key, zero), second.get(key, zero)) for key in dict.fromkeys([*first, *second])]


def kl(pairs: Pairs) -> float:
    """Kullback & Leibler's Σ p ln(p/q), in nats; infinite where q = 0 < p."""
    if any(p > 0 and q == 0 for p, q in pairs):
        return inf
    return max(fsum(float(p) * log_of(p / q) for p, q in pairs if p > 0), 0.0)


def jensen_shannon(pairs: Pairs) -> float:
    """The mean divergence from the midpoint, in nats: between 0 and ln 2."""
    middle = [(p, q, (p + q) / 2) for p, q in pairs]
    return (kl([(p, m) for p, _, m in middle]) + kl([(q, m) for _, q, m in middle])) / 2


def total_variation(pairs: Pairs) -> Probability:
    """½ Σ |p - q|, the largest difference in the probability of an event."""
    return _total([p - q if p > q else q - p for p, q in pairs]) / 2


def hellinger(pairs: Pairs) -> float:
    """The squared Hellinger distance ½ Σ (√p - √q)² = 1 - Σ √(pq), between 0 and 1."""
    return fsum((sqrt(p) - sqrt(q)) ** 2 for p, q in pairs) / 2


def chi_squared(pairs: Pairs) -> Probability:
    """Pearson's Σ (p - q)² / q; infinite where q = 0 < p."""
    if any(p > 0 and q == 0 for p, q in pairs):
        return inf
    return _total([(p - q) ** 2 / q for p, q in pairs if q > 0])


def cauchy_schwarz(pairs: Pairs) -> float:
    """ln(Σp² Σq² / (Σpq)²), in nats; infinite where the supports are disjoint."""
    across = _total([p * q for p, q in pairs])
    if across == 0:
        return inf
    within = _total([p * p for p, _ in pairs]) * _total([q * q for _, q in pairs])
    return max(log_of(within / across**2), 0.0)


def euclidean(pairs: Pairs) -> Probability:
    """Σ (p - q)²."""
    return _total([(p - q) ** 2 for p, q in pairs])


def renyi(pairs: Pairs, order: Probability) -> float:
    """Rényi's ln(Σ p^α q^(1-α)) / (α - 1), in nats; α = 1 is `kl`, α = ∞ the largest log ratio."""
    if order == 1:
        return kl(pairs)
    if order > 1 and any(p > 0 and q == 0 for p, q in pairs):
        return inf
    both = [(p, q) for p, q in pairs if p > 0 and q > 0]
    if not both:
        return inf
    if order == inf:
        return max(log_of(p / q) for p, q in both)
    return max(0.0, log_of(_affinity(both, order)) / (float(order) - 1))


def tsallis(pairs: Pairs, order: Probability) -> float:
    """Tsallis' (Σ p^α q^(1-α) - 1) / (α - 1), which has no unit; α = 1 is `kl`."""
    if order == 1:
        return kl(pairs)
    if order > 1 and any(p > 0 and q == 0 for p, q in pairs):
        return inf
    both = [(p, q) for p, q in pairs if p > 0 and q > 0]
    return (_affinity(both, order) - 1) / (float(order) - 1)


def _affinity(pairs: Pairs, order: Probability) -> float:
    """Σ p^α q^(1-α)."""
    return fsum(float(p) ** float(order) * float(q) ** (1 - float(order)) for p, q in pairs)


def _total(terms: list[Probability]) -> Probability:
    return sum(terms, Fraction(0)) if all(isinstance(t, int | Fraction) for t in terms) else fsum(terms)


KINDS: Mapping[str, Callable[[Pairs], Probability]] = MappingProxyType(
    {
        "kl": kl,
        "js": jensen_shannon,
        "tv": total_variation,
        "hellinger": hellinger,
        "chi2": chi_squared,
        "cs": cauchy_schwarz,
        "ed": euclidean,
    }
)
"""The divergences without a parameter, by the name that queries use."""

WITH_ORDER: Mapping[str, Callable[[Pairs, Probability], float]] = MappingProxyType(
    {"renyi": renyi, "tsallis": tsallis}
)
"""Those of an order α > 0."""

LOGARITHMIC = frozenset({"kl", "js", "cs", "renyi"})
"""Those with a unit: nats here."""


def divergence(p: Table, q: Table, kind: str = "kl", order: Probability = 2) -> Probability:
    """A divergence between two laws of the same variables, by its name in `KINDS` or `WITH_ORDER`.

    In nats if it is `LOGARITHMIC`. `Rejected` E0609 for other names, and for an order that is not positive.
    """
    pairs = aligned(p, q)
    if kind in KINDS:
        return KINDS[kind](pairs)
    if kind not in WITH_ORDER:
        known = [*KINDS, *WITH_ORDER]
        advice = did_you_mean(kind, known) or f"the kinds are {', '.join(known)}"
        raise Rejected(Diagnostic("E0609", f"there is no divergence `{kind}`", NOWHERE, help=advice))
    if order <= 0:
        raise Rejected(Diagnostic("E0609", "the order of a divergence is positive", NOWHERE))
    return WITH_ORDER[kind](pairs, order)
