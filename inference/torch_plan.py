"""How a run of the evaluator is planned, and where its draws and weights go."""

# pyright: basic

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_values import (
    Batch,
    Content,
)
from pplc.lang import core

Path: TypeAlias = tuple[Content, ...]
"""An address whose indices may be batches: one address per round."""
Places: TypeAlias = tuple[tuple[int, ...], ...]
"""Places of entries in an array."""


class Replan(Exception):
    """A loop turned out not to be a plate; the run must start again."""


@dataclass(slots=True)
class Plan:
    """How the loops of a program are run; found by trying.

    sequential: ids of loops whose rounds are done one by one.
    enumerate:  finite discrete draws are summed out.
    history:    how many rounds back a draw of a loop may depend on; None for any number.
    nesting:    the most plates that were open at once.
    branches:   which statements run depends on draws.
    alone:      runs ask for the values of draws, as `ode` does for its steps, so that each runs by itself.
    at_once:    which functions given from Python take all rounds of a loop at once.
    """

    sequential: set[int] = field(default_factory=set[int])
    enumerate: bool = False
    history: int | None = 1
    nesting: int = 0
    branches: bool = False
    alone: bool = False
    at_once: dict[tuple[Any, ...], bool] = field(default_factory=dict[tuple[Any, ...], bool])


@dataclass(frozen=True, slots=True)
class Plate:
    """An open loop of independent rounds."""

    size: int
    name: str


class Sites(Protocol):
    """Where draws come from and weights go."""

    def plate(self, plate: Plate, level: int) -> AbstractContextManager[object]:
        """Opens a plate."""
        ...

    def rounds(self, count: int, plan: Plan, independent: bool) -> Iterator[int]:
        """The rounds of a loop done one by one."""
        ...

    def draw(
        self,
        address: Path,
        law: TorchLaw,
        plates: Sequence[Plate],
        statement: core.Stmt,
        places: Places | None = None,
    ) -> Content:
        """A value of the law at a site; `places` are those drawn of an array whose others `do` sets."""
        ...

    def observe(
        self,
        address: Path,
        law: TorchLaw,
        value: Batch,
        plates: Sequence[Plate],
        guard: Batch | None,
        statement: core.Stmt,
    ) -> None:
        """Weighs by the density at a value."""
        ...

    def weigh(self, log_weight: Batch, plates: Sequence[Plate], statement: core.Stmt) -> None:
        """Weighs by e^log_weight."""
        ...

    def keep(self, address: Path, value: Content, plates: Sequence[Plate]) -> None:
        """A value to report."""
        ...
