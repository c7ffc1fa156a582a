"""Observations of one statement in the rounds of a loop that is done one by one, weighed together at the end.

A recurrence, such as the variance of a GARCH model, has to be followed round by round; the densities of what
is observed on the way do not. Weighed as one array they cost as many tensor operations as one of them.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from pplc.inference.torch_families import FamilyLaw
from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_values import FLOAT, Batch, combine, untraced
from pplc.lang import core


class Joined:
    """Single observed numbers, by the statement and family of their laws."""

    def __init__(self) -> None:
        self._groups: dict[tuple[int, str, int], list[tuple[FamilyLaw, Batch]]] = {}

    def takes(self, statement: core.Stmt, law: TorchLaw, value: Batch) -> bool:
        """Keeps an observation of one known number by a family with single parameters; else false."""
        if not isinstance(law, FamilyLaw) or law.event_rank:
            return False
        if not value.known or any(part.data.dim() for part in (*law.parameters, value)):
            return False
        key = (id(statement), law.name, law.parametrisation)
        self._groups.setdefault(key, []).append((law, value))
        return True

    def totals(self) -> Iterator[Batch]:
        """The log density of every group."""
        for group in self._groups.values():
            first, _ = group[0]
            columns = zip(*(law.parameters for law, _ in group), strict=True)
            law = FamilyLaw(first.family, first.parametrisation, tuple(_column(each) for each in columns))
            entries = law.entries(_column([value for _, value in group], always=True))
            yield combine(lambda t: t.sum(), [entries], 0)


def _column(parts: Sequence[Batch], *, always: bool = False) -> Batch:
    """Numbers as a vector; one number if all are the same one, and not `always`."""
    if not always and all(part.data is parts[0].data for part in parts):
        return parts[0]
    if all(part.known for part in parts):
        with untraced():
            return Batch(torch.stack([part.data.to(FLOAT) for part in parts]), 1, True)
    return Batch(torch.stack([part.data.to(FLOAT) for part in parts]), 1)
