"""Entropies and what is made of them, of tables, in nats.

Shannon's measures are integer combinations of joint entropies, Σ c_S H(S) = Σ_x p(x) ln Π_S p_S(x)^(-c_S).
The product is formed first: with rational probabilities it is exact, and one logarithm is taken of it, so
that what is 0 comes out as 0. Cover & Thomas (2006), chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import exp, fsum, inf, log
from typing import TypeAlias

from pplc.information.table import Outcome, Probability, Table

Names: TypeAlias = str | Sequence[str]
"""One variable, or several taken together."""

Terms: TypeAlias = Mapping[tuple[str, ...], int]
"""Coefficients of joint entropies, by the variables in them."""


def listed(names: Names) -> tuple[str, ...]:
    """The variables of a group."""
    return (names,) if isinstance(names, str) else tuple(names)


def _sum(*terms: tuple[int, Iterable[str]]) -> Terms:
    """Coefficients by set of variables, equal sets added up."""
    found: dict[tuple[str, ...], int] = {}
    for coefficient, names in terms:
        key = tuple(sorted(set(names)))
        found[key] = found.get(key, 0) + coefficient
    return {key: c for key, c in found.items() if c and key}


def combination(table: Table, terms: Terms) -> float:
    """Σ c_S H(S) over sets S of variables, in nats."""
    return combined(list(table.items()), {table.axes(key): c for key, c in terms.items()})


def combined(law: Sequence[tuple[Outcome, Probability]], terms: Mapping[tuple[int, ...], int]) -> float:
    """The same of joint values with their probabilities, in nats; variables are places in the values."""
    parts: list[tuple[list[Probability], int]] = []
    for places, c in terms.items():
        keys = [tuple(outcome[k] for k in places) for outcome, _ in law]
        margin: dict[Outcome, Probability] = {}
        for key, (_, p) in zip(keys, law, strict=True):
            margin[key] = margin.get(key, 0) + p
        parts.append(([margin[key] for key in keys], c))
    if not all(isinstance(p, Fraction) for _, p in law):
        return fsum(
            -float(p) * fsum(c * log(column[k]) for column, c in parts) for k, (_, p) in enumerate(law)
        )
    values: list[float] = []
    for k, (_, p) in enumerate(law):
        ratio = Fraction(1)
        for column, c in parts:
            ratio *= Fraction(column[k]) ** -c
        values.append(float(p) * log_of(ratio))
    return fsum(values)


def log_of(probability: Probability) -> float:
    """The natural logarithm of a positive number, also of a `Fraction` that no float holds."""
    if isinstance(probability, Fraction) and not 1e-300 < probability < 1e300:
        return log(probability.numerator) - log(probability.denominator)
    return log(probability)


def _positive(value: float) -> float:
    """What cannot be negative; rounding can."""
    return max(0.0, value)  # in this order: of 0.0 and -0.0 the first is taken


# ------------------------------------------------------------------ Shannon's measures as combinations


def entropy_terms(names: Names, given: Names = ()) -> Terms:
    """H(names | given); Cover & Thomas, eqs. 2.1 and 2.10."""
    x, z = listed(names), listed(given)
    return _sum((1, x + z), (-1, z))


def mutual_terms(x: Names, y: Names, given: Names = ()) -> Terms:
    """I(x; y | given); Cover & Thomas, eqs. 2.28 and 2.60."""
    a, b, z = listed(x), listed(y), listed(given)
    return _sum((1, a + z), (1, b + z), (-1, a + b + z), (-1, z))


def co_terms(names: Sequence[str], given: Names = ()) -> Terms:
    """Co-information, Σ over non-empty subsets S of (-1)^(|S|+1) H(S | given)."""
    z = listed(given)
    terms: list[tuple[int, tuple[str, ...]]] = [(-1, z)]  # of all the subsets together
    for size in range(1, len(names) + 1):
        terms += [(-((-1) ** size), (*chosen, *z)) for chosen in combinations(names, size)]
    return _sum(*terms)


def total_terms(names: Sequence[str], given: Names = ()) -> Terms:
    """TC = Σ H(x_i | given) - H(x | given); Watanabe (1960)."""
    z = listed(given)
    return _sum(*[(1, (name, *z)) for name in names], (-1, (*names, *z)), (1 - len(names), z))


def dual_terms(names: Sequence[str], given: Names = ()) -> Terms:
    """DTC = H(x | given) - Σ H(x_i | all others, given); Han (1978)."""
    z, whole = listed(given), tuple(names)
    rests = [(1, (*whole[:k], *whole[k + 1 :], *z)) for k in range(len(whole))]
    return _sum((1 - len(whole), (*whole, *z)), *rests, (-1, z))


def o_terms(names: Sequence[str], given: Names = ()) -> Terms:
    """Ω = TC - DTC; Rosas, Mediano, Gastpar & Jensen (2019), eq. 8."""
    total, dual = total_terms(names, given), dual_terms(names, given)
    return _sum(*[(c, key) for key, c in total.items()], *[(-c, key) for key, c in dual.items()])


def shannon(head: str, groups: Sequence[Names], given: Names = ()) -> Terms | None:
    """What a query with this head asks for, such as `I`; None if that is no combination of entropies."""
    match head:
        case "H":
            return entropy_terms(groups[0], given)
        case "I":
            return mutual_terms(groups[0], groups[1], given)
        case "TC":
            return total_terms(listed(groups[0]), given)
        case "DTC":
            return dual_terms(listed(groups[0]), given)
        case "O":
            return o_terms(listed(groups[0]), given)
        case "interaction":
            return co_terms(listed(groups[0]), given)
        case _:
            return None


SIGNED = frozenset({"O", "interaction"})
"""Combinations that may be negative."""


# ------------------------------------------------------------------ and as numbers, in nats


def entropy(table: Table, names: Names, given: Names = ()) -> float:
    """H(names | given) in nats.

    >>> entropy(Table.of({"0": Fraction(1, 2), "1": Fraction(1, 2)}), "x1") / log(2)
    1.0
    """
    return _positive(combination(table, entropy_terms(names, given)))


def mutual_information(table: Table, x: Names, y: Names, given: Names = ()) -> float:
    """I(x; y | given) in nats."""
    return _positive(combination(table, mutual_terms(x, y, given)))


def co_information(table: Table, names: Sequence[str], given: Names = ()) -> float:
    """The interaction information of single variables, in nats, with the sign of redundancy.

    I(x; y; z) = I(x; y) - I(x; y | z): positive where variables repeat each other (three copies of a
    bit: +1 bit), negative where they complement each other (exclusive or: -1 bit); Bell (2003).
    McGill's (1954) interaction information is this times (-1)^n for n variables.
    """
    return combination(table, co_terms(names, given))


def total_correlation(table: Table, names: Sequence[str], given: Names = ()) -> float:
    """Total correlation in nats."""
    return _positive(combination(table, total_terms(names, given)))


def dual_total_correlation(table: Table, names: Sequence[str], given: Names = ()) -> float:
    """Dual total correlation in nats."""
    return _positive(combination(table, dual_terms(names, given)))


def o_information(table: Table, names: Sequence[str], given: Names = ()) -> float:
    """Ω in nats: positive where redundancy prevails, negative where synergy does."""
    return combination(table, o_terms(names, given))


def effective_count(table: Table, names: Names) -> float:
    """exp H: the number of equally likely values that would have this entropy; Hill (1973)."""
    return exp(entropy(table, names))


# ------------------------------------------------------------------ other entropies


def renyi_entropy(table: Table, names: Names, order: Probability) -> float:
    """Rényi's entropy ln(Σ p^α) / (1 - α) in nats; α = 0, 1 and ∞ are its limits. Rényi (1961)."""
    law = table.marginal(*listed(names))
    cells = law.probabilities[law.probabilities > 0].tolist()
    if order == 1:
        return entropy(table, names)
    if order == inf:
        return _positive(-log_of(max(cells)))
    return _positive(log_of(_power_sum(cells, order)) / (1 - float(order)))


def tsallis_entropy(table: Table, names: Names, order: Probability) -> Probability:
    """Tsallis' entropy (1 - Σ p^q) / (q - 1), which has no unit; q = 1 is Shannon's in nats.

    Rational where the probabilities are and q is an integer other than 1. Tsallis (1988).
    """
    law = table.marginal(*listed(names))
    if order == 1:
        return entropy(table, names)
    cells = law.probabilities[law.probabilities > 0].tolist()
    return (1 - _power_sum(cells, order)) / (order - 1)


def _power_sum(cells: Sequence[Probability], order: Probability) -> Probability:
    """Σ p^α, a `Fraction` where the probabilities are and α is an integer."""
    if order == int(order) and all(isinstance(p, Fraction) for p in cells):
        return sum((p ** int(order) for p in cells), Fraction(0))
    return fsum(float(p) ** float(order) for p in cells)
