"""Whether a variable can be computed from others, what is missing, and what the metrics say of it.

If x_i = f_i(x) and x = g(x_1, …, x_n), then Σ H(x_i) >= H(x), that is Σ d(x, x_i) <= n - 1 with Rajski's d:
necessary, and easily computed, but not sufficient. Whether it can be done is decided exactly: the common
refinement of the kernels of f_1, …, f_n must be as fine as x. Equality in the condition together with
independence of the x_i is sufficient.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from pplc.information.common import determines
from pplc.information.entropy import Names, entropy, listed
from pplc.information.metrics import rajski_distance
from pplc.information.table import Outcome, Table

COMPLEMENT = "complement"
"""The name of the variable that makes a reconstruction possible."""

ROUNDING = 1e-9
"""How far the distances of a condition that holds with equality may be from it."""


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """What can be said of computing x from several variables.

    possible:   x is a function of them: H(x | parts) = 0, decided on the support.
    rule:       the function, from the values of the parts to the value of x; None if it is impossible.
    missing:    H(x | parts) in nats.
    distances:  Rajski's d(x, part), for every part.
    margin:     n - 1 - Σ distances: if every part is a function of x, a negative one proves that it is
                impossible, and 0 with independent parts that it is possible.
    functions:  whether every part is a function of x, without which `margin` proves nothing.
    complement: for each value of the parts the values of x it leaves open, the likeliest first. Their
                places in these lists are a variable that makes the reconstruction possible, with as few
                values as any such variable has.
    """

    possible: bool
    rule: Mapping[Outcome, Outcome] | None
    missing: float
    distances: tuple[float, ...]
    margin: float
    functions: bool
    complement: Mapping[Outcome, tuple[Outcome, ...]]

    @property
    def refuted(self) -> bool:
        """Whether the condition on the distances alone shows that it is impossible."""
        return self.functions and self.margin < -ROUNDING

    @property
    def extra_values(self) -> int:
        """How many values a variable needs that makes the reconstruction possible; 1: none is needed."""
        return max(map(len, self.complement.values()))


def reconstruct(table: Table, x: Names, parts: Sequence[Names]) -> Reconstruction:
    """Whether x is a function of the parts, each one variable or several together."""
    target = table.axes(listed(x))
    sources = table.axes(tuple(name for part in parts for name in listed(part)))
    open_: dict[Outcome, dict[Outcome, float]] = {}
    for outcome, p in table.items():
        chances = open_.setdefault(tuple(outcome[k] for k in sources), {})
        image = tuple(outcome[k] for k in target)
        chances[image] = chances.get(image, 0.0) + float(p)
    complement = {key: tuple(sorted(law, key=lambda v: -law[v])) for key, law in open_.items()}
    possible = all(len(images) == 1 for images in complement.values())
    distances = tuple(rajski_distance(table, x, part) for part in parts)
    every = tuple(name for part in parts for name in listed(part))
    return Reconstruction(
        possible,
        {key: images[0] for key, images in complement.items()} if possible else None,
        0.0 if possible else entropy(table, x, every),
        distances,
        len(parts) - 1 - fsum(distances),
        all(determines(table, x, part) for part in parts),
        complement,
    )


def with_complement(table: Table, x: Names, parts: Sequence[Names]) -> Table:
    """The table with a variable `complement` from which, together with the parts, x can be computed."""
    found = reconstruct(table, x, parts).complement
    target = table.axes(listed(x))
    sources = table.axes(tuple(name for part in parts for name in listed(part)))

    def place(outcome: Outcome) -> Hashable:
        return found[tuple(outcome[k] for k in sources)].index(tuple(outcome[k] for k in target))

    return Table.of(
        {(*outcome, place(outcome)): p for outcome, p in table.items()}, (*table.names, COMPLEMENT)
    )
