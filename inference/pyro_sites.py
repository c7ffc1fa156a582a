"""Draws, observations and weights of the evaluator as statements of Pyro."""

# pyright: basic

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import pyro
import torch

from pplc.inference.pyro_joined import Joined
from pplc.inference.torch_distribution import LawDistribution
from pplc.inference.torch_elementwise import where
from pplc.inference.torch_families import inspect, require_derivatives
from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_plan import Path, Places, Plan, Plate
from pplc.inference.torch_values import Batch, Content, Refused, combine
from pplc.lang import core
from pplc.lang.diagnostics import Span
from pplc.semantics.values import Fault, show_address


@dataclass(frozen=True, slots=True)
class Kept:
    """A value to report, one per round of the plates that were open."""

    address: Path
    value: Content
    plates: tuple[Plate, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A site of the trace in the user's words, and where in the program it stands.

    factor: what it weighs by, "density" or "weight".

    >>> Place.of("theta[:]", core.Draw("theta", (), core.Site("theta"), core.Literal(0))).words
    '`theta`'
    """

    words: str
    span: Span
    factor: str = "density"

    @staticmethod
    def of(name: str, statement: core.Stmt) -> Place:
        """The place of a site: names that the program does not have, such as `observe#1`, are not told."""
        match statement:
            case core.Weight(kind):
                return Place(f"`{kind}`", statement.span, "weight")
            case core.Observe() if "#" in name:
                words = "this observation"
            case _ if "#" in name:
                words = "this draw"
            case _:
                words = f"`{name.replace('[:]', '')}`"
        return Place(words, statement.span)


class Outside(Exception):
    """A parameter is outside its domain at the point that is looked at."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


class PyroSites:
    """The `Sites` of one run of a Pyro model.

    record:  keep what is to be reported, pointwise densities included.
    inspect: raise `Outside` where a parameter is outside its domain by more than rounding can explain.
    join:    weigh the observations of a loop done round by round together, at the end (`finish`).
    given:   discrete draws have their values, so that they can be read anywhere.
    """

    def __init__(
        self, *, record: bool = False, inspect: bool = False, join: bool = False, given: bool = False
    ) -> None:
        self.given = given
        self.joined = Joined() if join else None
        self.record = record
        self.inspect = inspect
        self.kept: list[Kept] = []
        self.densities: list[Kept] = []
        self.places: dict[str, Place] = {}
        self.plates: dict[str, tuple[Plate, ...]] = {}
        self._names: dict[str, int] = {}
        self._loops: list[list[Any]] = []
        self._born: dict[str, tuple[tuple[object, int], ...]] = {}
        self._loop_ids = itertools.count()

    # ------------------------------------------------------------------ loops

    def plate(self, plate: Plate, level: int) -> AbstractContextManager[object]:
        context: AbstractContextManager[object] = pyro.plate(plate.name, plate.size, dim=-level - 1)
        return context

    def rounds(self, count: int, plan: Plan, independent: bool) -> Iterator[int]:
        if not plan.enumerate:
            yield from range(count)
            return
        history = 0 if independent else plan.history
        if history is None:
            yield from range(count)
            return
        here = [next(self._loop_ids), 0, history]
        self._loops.append(here)
        try:
            for k in pyro.markov(range(count), history=history):
                here[1] = k
                yield k
        finally:
            self._loops.pop()

    def _alive(self, owners: frozenset[str], plates: Sequence[Plate]) -> None:
        """A variable that is summed out can be read inside its plates and loops only."""
        open_loops = {loop: (at, history) for loop, at, history in self._loops}
        names = {plate.name for plate in plates}
        for owner in sorted(owners):
            for loop, at in self._born[owner]:
                now, history = open_loops.get(loop, (at + 10**9, 0))
                if now - at > history:
                    raise Refused(
                        "E0544",
                        f"{self.places[owner].words} is read too long after it was drawn to be summed out",
                        "use `--method importance`, or sum it out by hand with `log_sum_exp`",
                    )
            if any(plate.name not in names for plate in self.plates[owner]):
                raise Refused(
                    "E0544",
                    f"{self.places[owner].words} is read outside its loop, so that it cannot be summed out",
                    "use `--method importance`, or sum it out by hand with `log_sum_exp`",
                )

    # ------------------------------------------------------------------ sites

    def name(self, address: Path, statement: core.Stmt) -> str:
        """A name for a site: its address, `:` for an index that differs between rounds; notes its place."""
        text = show_address(tuple(_shown(part) for part in address)).replace('":"', ":")
        count = self._names[text] = self._names.get(text, 0) + 1
        name = text if count == 1 else f"{text}'{count}"
        self.places[name] = Place.of(text, statement)
        return name

    def check(self, law: TorchLaw, name: str) -> None:
        """Refuses a law without derivatives; notices parameters outside their domains, if asked."""
        require_derivatives(law)
        if self.inspect:
            try:
                inspect(law)
            except Fault as fault:
                raise Outside(self.places[name], fault.message) from None

    def draw(
        self,
        address: Path,
        law: TorchLaw,
        plates: Sequence[Plate],
        statement: core.Stmt,
        places: Places | None = None,
    ) -> Content:
        name = self.name(address, statement)
        self.check(law, name)
        self._alive(law.owners, plates)
        self.plates[name] = tuple(plates)
        self._born[name] = tuple((loop, at) for loop, at, _ in self._loops)
        value = pyro.sample(
            name,
            LawDistribution(law, inside=True),
            infer=cast(
                "Any", {"statement": statement, "places": places, "address": address, "plates": tuple(plates)}
            ),
        )
        owners = frozenset({name}) if law.discrete and not self.given else frozenset[str]()
        return Batch(value, law.rank, False, owners)

    def observe(
        self,
        address: Path,
        law: TorchLaw,
        value: Batch,
        plates: Sequence[Plate],
        guard: Batch | None,
        statement: core.Stmt,
    ) -> None:
        if value.data.numel() == 0 and value.known:
            return
        if self.joined is not None and guard is None and not plates:
            if self.joined.takes(statement, law, value):
                return
        name = self.name(address, statement)
        self.check(law, name)
        self._alive(law.owners | value.owners, plates)
        if self.record:
            each = law.entries(value)
            if guard is not None:
                each = where(guard, each, 0.0)
            self.densities.append(Kept(address, each, tuple(plates)))
        if guard is None and value.known and value.rank == law.rank:
            pyro.sample(name, LawDistribution(law, inside=False), obs=value.data)
            return
        total = law.entries(value)
        if total.rank:
            axes = list(range(-total.rank, 0))
            total = combine(lambda t: t.sum(axes), [total], 0)
        if guard is not None:
            total = where(guard, total, 0.0)
        self._factor(name, total)

    def finish(self) -> None:
        """Weighs what was kept to be weighed together."""
        for k, total in enumerate(self.joined.totals() if self.joined is not None else ()):
            self._factor(f"joined#{k}", total)

    def weigh(self, log_weight: Batch, plates: Sequence[Plate], statement: core.Stmt) -> None:
        self._alive(log_weight.owners, plates)
        if log_weight.rank:
            axes = list(range(-log_weight.rank, 0))
            log_weight = combine(lambda t: t.sum(axes), [log_weight], 0)
        self._factor(self.name(("weight#",), statement), log_weight)

    def _factor(self, name: str, log_weight: Batch) -> None:
        pyro.factor(name, log_weight.data.to(torch.float64))

    def keep(self, address: Path, value: Content, plates: Sequence[Plate]) -> None:
        if self.record:
            self.kept.append(Kept(address, value, tuple(plates)))


def _shown(part: Content) -> Content:
    if isinstance(part, tuple):
        return tuple(":" if isinstance(i, Batch) else i for i in part)
    return part
