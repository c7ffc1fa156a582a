"""Measures of redundancy: what several sets of sources all say of a target, in nats.

`I_min` Williams & Beer (2010); `MMI` Barrett (2015), eq. 9; `CCS` Ince (2017), eq. 19; `SX` Makkeh, Gutknecht
& Wibral (2021), eq. 9; `PM` Finn & Lizier (2018), eqs. 23–25; `GK` Griffith et al. (2014). Each takes a
`Support` and the sets of an antichain. The logarithms are of ratios of probabilities at single joint values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pplc.information.common import COMMON, with_meet
from pplc.information.entropy import mutual_information
from pplc.information.lattice import Antichain, Members
from pplc.information.maximum_entropy import Labels, maximum_entropy
from pplc.information.table import Floats, Table

ZERO = 1e-9
"""Nats below which a pointwise change of surprisal counts as none: its sign would be rounding."""


@dataclass(frozen=True)
class Support:
    """The joint values that happen, for a target `t` and sources `s0`, `s1`, … (names of the table)."""

    table: Table
    sources: int

    @cached_property
    def p(self) -> Floats:
        """Probabilities of the joint values, shape [m]."""
        return self.table.floats[self.table.probabilities > 0]

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        return np.argwhere(self.table.probabilities > 0)

    def labels(self, members: Members, *, target: bool = False) -> Labels:
        """Numbers, shape [m], equal where these sources (and the target) have equal values."""
        columns = [1 + k for k in sorted(members)] + ([0] if target else [])
        if not columns:
            return np.zeros(len(self.p), dtype=np.int64)
        return np.unique(self._places[:, columns], axis=0, return_inverse=True)[1].reshape(-1)

    def margin(self, members: Members, *, target: bool = False) -> Floats:
        """The probability that these have the values they have, at every joint value, shape [m]."""
        return self.of(self.labels(members, target=target))

    def of(self, labels: Labels) -> Floats:
        """The probability of the part of every joint value."""
        return _summed(labels, self.p)[labels]

    def pointwise(self, members: Members) -> Floats:
        """ln p(t | a) / p(t) at every joint value, shape [m]."""
        both = self.margin(members, target=True)
        result: Floats = np.log(both / (self.margin(members) * self.margin(frozenset(), target=True)))
        return result

    def information(self, members: Members) -> float:
        """I(t; a)."""
        return mutual_information(self.table, "t", [f"s{k}" for k in sorted(members)])


def support(table: Table, target: Sequence[str], sources: Sequence[Sequence[str]]) -> Support:
    """The support of a target and of sources, each one variable or several."""
    groups = {"t": target, **{f"s{k}": names for k, names in enumerate(sources)}}
    return Support(table.grouped(groups), len(sources))


def i_min(law: Support, alpha: Antichain) -> float:
    """Σ_t p(t) min_a Σ_a p(a | t) ln p(t | a)/p(t)."""
    target = law.labels(frozenset(), target=True)
    specific = [np.bincount(target, weights=law.p * law.pointwise(a)) for a in alpha]
    return float(np.minimum.reduce(specific).sum())


def mmi(law: Support, alpha: Antichain) -> float:
    """The least of the informations."""
    return min(law.information(a) for a in alpha)


def ccs(law: Support, alpha: Antichain) -> float:
    """The common changes of surprisal: pointwise co-information where all signs agree.

    Under the law of largest entropy that keeps the joint law of the sets, and of each with the target.
    """
    members = sorted(alpha, key=sorted)
    if len(members) == 1:
        return law.information(members[0])
    values, labels = np.unique(
        np.stack([law.labels(a) for a in members], axis=1), axis=0, return_inverse=True
    )
    target = law.labels(frozenset(), target=True)
    count = int(target.max()) + 1
    cells = _summed(labels.reshape(-1) * count + target, law.p, len(values) * count)
    rows = np.repeat(values, count, axis=0)
    times = np.tile(np.arange(count), len(values))
    pairs = [rows[:, k] * count + times for k in range(len(members))]
    whole = np.repeat(np.arange(len(values)), count)
    keep = np.all([np.bincount(pair, weights=cells)[pair] > 0 for pair in pairs], axis=0)
    rows, times, whole, cells = rows[keep], times[keep], whole[keep], cells[keep]
    pairs = [pair[keep] for pair in pairs]
    margins = [np.unique(labels, return_inverse=True)[1].reshape(-1) for labels in (whole, *pairs)]
    q = maximum_entropy(cells, margins)
    happens = q > 1e-13
    q, rows, times, whole = q[happens], rows[happens], times[happens], whole[happens]
    q = q / q.sum()
    singles = [rows[:, k] for k in range(len(members))]
    changes = [_gain(q, single, times) for single in singles]
    together = _gain(q, whole, times)
    shared = np.zeros(len(q))
    for size_code in range(1, 2 ** (len(members) + 1)):
        columns = [column for k, column in enumerate([*singles, times]) if size_code >> k & 1]
        part = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
        shared += (-1) ** len(columns) * np.log(np.bincount(part, weights=q)[part])
    signs = [np.where(np.abs(change) < ZERO, 0, np.sign(change)) for change in (*changes, together, shared)]
    agree = np.all([sign == signs[-1] for sign in signs], axis=0)
    return float((q * shared)[agree].sum()) + 0.0  # of no terms, 0 and not -0


def _summed(labels: Labels, weights: Floats, count: int = 0) -> Floats:
    """The sum of the weights of every label."""
    return np.bincount(labels, weights=weights, minlength=count).astype(np.float64, copy=False)


def _gain(q: Floats, labels: Labels, target: Labels) -> Floats:
    """ln p(t | a)/p(t) at every cell."""
    both = np.unique(np.stack([labels, target], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    joint, first, second = (np.bincount(part, weights=q)[part] for part in (both, labels, target))
    result: Floats = np.log(joint / (first * second))
    return result


def sx(law: Support, alpha: Antichain) -> float:
    """E ln P(t | some a is as it is) / P(t): the information of the disjunction; may be negative."""
    union = np.zeros((len(law.p), len(law.p)), dtype=np.bool_)
    for a in alpha:
        labels = law.labels(a)
        union |= labels[:, None] == labels[None, :]
    target = law.labels(frozenset(), target=True)
    both = (union & (target[:, None] == target[None, :])) @ law.p
    return float(law.p @ np.log(both / ((union @ law.p) * law.of(target))))


def pm(law: Support, alpha: Antichain) -> float:
    """The least specificity minus the least ambiguity, E[min_a h(a)] - E[min_a h(a | t)]."""
    specificity = np.minimum.reduce([-np.log(law.margin(a)) for a in alpha])
    whole = law.margin(frozenset(), target=True)
    ambiguity = np.minimum.reduce([-np.log(law.margin(a, target=True) / whole) for a in alpha])
    return float(law.p @ (specificity - ambiguity))


def gk(law: Support, alpha: Antichain) -> float:
    """I(t; the common part of the sets)."""
    groups = [[f"s{k}" for k in sorted(a)] for a in alpha]
    if len(groups) == 1:
        return mutual_information(law.table, "t", groups[0])
    return mutual_information(with_meet(law.table, groups), "t", COMMON)


MEASURES: Mapping[str, Callable[[Support, Antichain], float]] = MappingProxyType(
    {"imin": i_min, "mmi": mmi, "ccs": ccs, "sx": sx, "pm": pm, "gk": gk}
)
"""Redundancies that are defined on the whole lattice, by the name that queries use."""
