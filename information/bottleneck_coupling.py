"""Minimum-entropy coupling with a bottleneck: x -> t -> y, both margins given, H(t) <= R.

The most that y, whose law is prescribed, can tell about x through a message t of entropy at most R.
Ebrahimi, Chen & Khisti (2024), "Minimum entropy coupling with bottleneck". An encoder x -> t
(`pplc.information.compression`) and a decoder t -> y (a coupling of least entropy) are found one after the
other; with a function as encoder, y depends on x through t alone, so that I(x; y) = I(t; y).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose, log

import numpy as np

from pplc.inference.answers import Bounds, Exact
from pplc.information.compression import MOST_ATOMS, Partition, block_entropy, greedy_partition, partitions
from pplc.information.couplings import NEGLIGIBLE
from pplc.information.pair import entropy_of, information_of
from pplc.information.table import Floats
from pplc.semantics.couplings import Coupling, greedy_coupling, least_coupling, meet

MOST_DECODERS = 40
"""Encoders for which the coupling of least entropy is looked for, the most promising first."""


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """An encoder and a decoder within a rate; information in nats.

    encoder: t = f(x) as a partition of the places of x.
    decoder: the joint law [t, y].
    joint:   the law [x, y] that they make; its margins are the given laws.
    greedy:  I(x; y) of the greedy encoder with the greedy decoder.
    found:   between I(x; y) of `joint`, the best over functions as encoders, and a bound that no pair
             exceeds; exact where these agree.
    """

    encoder: Partition
    decoder: Floats
    joint: Floats
    greedy: float
    found: Exact | Bounds


def couple_through(x: Sequence[float], y: Sequence[float], rate: float) -> Bottleneck:
    """The most informative coupling of two laws through a message of at most R nats.

    Functions are searched through up to `MOST_ATOMS` values of x, otherwise only the greedy one is used.
    """
    p, q = (np.asarray(law, dtype=np.float64) for law in (x, y))
    first = greedy_partition(x, rate)
    masses = _masses(p, first)
    start = _matrix(greedy_coupling([masses, list(y)]), len(masses), len(y))
    greedy = best = information_of(start)
    encoder, decoder = first, start
    for bound, blocks in sorted(_encoders(p, q, rate), key=lambda pair: -pair[0])[:MOST_DECODERS]:
        if bound <= best + NEGLIGIBLE:
            break
        masses = _masses(p, blocks)
        joint = _matrix(least_coupling(masses, list(y))[0], len(masses), len(y))
        if information_of(joint) > best + NEGLIGIBLE:
            best, encoder, decoder = information_of(joint), blocks, joint
    upper = min(rate, _most(p.tolist(), q.tolist()))
    known = isclose(best, upper, rel_tol=0, abs_tol=NEGLIGIBLE)
    found = Exact(best) if known else Bounds(best, max(upper, best))
    return Bottleneck(encoder, decoder, _composed(p, encoder, decoder), greedy, found)


def _encoders(p: Floats, q: Floats, rate: float) -> Iterator[tuple[float, Partition]]:
    """Partitions within the rate, one for each set of masses, with bounds of what y can tell of them."""
    seen: set[tuple[float, ...]] = set()
    if len(p) > MOST_ATOMS:
        return
    for blocks in partitions(len(p)):
        if block_entropy(p, blocks) <= rate + NEGLIGIBLE:
            masses = _masses(p, blocks)
            key = tuple(sorted(round(mass, 12) for mass in masses))
            if key not in seen:
                seen.add(key)
                yield _most(masses, q.tolist()), blocks


def _most(p: list[float], q: list[float]) -> float:
    """What no coupling exceeds in information: H(p) + H(q) - H(meet)."""
    least = -sum(float(mass) * log(mass) for mass in meet([p, q]) if mass > 0)
    return entropy_of(np.array(p)) + entropy_of(np.array(q)) - least


def _masses(p: Floats, blocks: Partition) -> list[float]:
    return [float(p[list(block)].sum()) for block in blocks]


def _matrix(coupling: Coupling, rows: int, columns: int) -> Floats:
    joint = np.zeros((rows, columns))
    for place, mass in coupling.items():
        joint[place] = float(mass)
    return joint


def _composed(p: Floats, blocks: Partition, decoder: Floats) -> Floats:
    """p(x) p(y | t = f(x))."""
    joint = np.zeros((len(p), decoder.shape[1]))
    for row, block in zip(decoder, blocks, strict=True):
        total = row.sum()
        for i in block:
            joint[i] = p[i] * row / total if total > 0 else 0.0
    return joint
