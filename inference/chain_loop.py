"""A loop of a program as stretches of rounds with equal edges (`pplc.inference.chain_flow`)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from typing import NamedTuple, cast

import numpy as np

from pplc.inference.chain_flow import Floats, Ints, Stretch
from pplc.inference.chain_rows import Datum, Term, Unfit, Way, step_of, ways
from pplc.inference.progress import Progress
from pplc.inference.rounds import Place, Rounds
from pplc.inference.suspended import Shortened
from pplc.lang.liveness import Needs
from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero
from pplc.semantics.runs import Env
from pplc.semantics.values import MISSING, Address, Fault, Value

MOST_EDGES = 50_000_000
"""Edges of all rounds together."""

LOOK_ROWS = 8
"""States of a round after which it is looked at whether others lead to the same ones."""

LOOK = 8
"""Part of the rounds after which the edges of all of them are guessed, unless their states still grow."""

WIDEST = 8
"""Elements of an array that a state may remember."""


class Sorted(NamedTuple):
    """Columns of the densities, by what they depend on (see `Stretch`)."""

    by_source: tuple[Ints, ...]
    by_target: tuple[Ints, ...]
    by_edge: tuple[Ints, ...]


class Block(NamedTuple):
    """The edges of a round from certain states, with certain data.

    by_target, by_edge: what is recorded, by address in the round of counter 0: the values and, for each
    state after the round or each edge, the place of its value (-1 for none).
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    source: Ints
    target: Ints
    weights: Floats
    terms: Sorted
    by_target: dict[Address, tuple[list[Value], Ints]]
    by_edge: dict[Address, tuple[list[Value], Ints]]


@dataclass(eq=False)
class Loop:
    """A loop with the states in which it is entered.

    stretches, blocks: in the order of the rounds; `items` are the values of the loop's variable.
    starts, ends:      the places of the states before and after it, among those of the first and last
                       block; `left` the variables after it in each end.
    """

    rounds: Rounds
    items: Sequence[int]
    stretches: list[Stretch] = field(default_factory=list[Stretch])
    blocks: list[Block] = field(default_factory=list[Block])
    starts: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    left: list[Env] = field(default_factory=list[Env])


class Tabulator:
    """Finds the edges of a loop's rounds, each once."""

    def __init__(
        self, machine: Machine, rounds: Rounds, entered: Sequence[Env], after: Needs, progress: Progress
    ) -> None:
        self.machine, self.rounds, self.progress = machine, rounds, progress
        self.short = Shortened()
        self.items = self._items(entered)
        self.windows = {name: self._depth(name, lag, entered, after) for name, lag in rounds.windows.items()}
        names = sorted({name for env in entered for name in env} - self.windows.keys() - {rounds.loop.name})
        if any(set(env) != set(entered[0]) for env in entered):
            raise Unfit
        self.carried = tuple(name for name in rounds.carried if name in names)
        still = [name for name in names if name not in self.carried]
        self.fixed = tuple(name for name in still if len({self.short(env[name]) for env in entered}) > 1)
        self.shared: Env = {name: entered[0][name] for name in still if name not in self.fixed}
        self.bases = self._bases(entered, after)
        if any(place.array not in self.shared for place in rounds.data):
            raise Unfit
        self.block = step_of(machine, rounds, self.carried, tuple(self.windows))
        self.states: list[tuple[Value | None, ...]] = []
        self.numbers: dict[Hashable, int] = {}
        self.rows: dict[tuple[int, Hashable], list[tuple[int, Way]]] = {}
        self.columns: dict[Term, int] = {}
        self.entered = entered

    def _items(self, entered: Sequence[Env]) -> range:
        iterable = self.machine.compiler.compiled(self.rounds.loop.iterable)
        try:
            found = {iterable(env) for env in entered}
        except (KeyError, Fault, TypeError):
            raise Unfit from None
        (items, *others) = found
        if others or not isinstance(items, range) or items.step != 1 or len(items) < 2:
            raise Unfit
        return items

    def _depth(self, name: str, lag: int, entered: Sequence[Env], after: Needs) -> int:
        """How many elements a state remembers of an array that the loop defines."""
        depth = lag
        for env in entered:
            base = env.get(name)
            needed = after.elements(name, env)
            if not isinstance(base, Growing) or base.rank != 1 or needed is None:
                raise Unfit
            low = min((max(part.start, self.items.start) for part in needed if part.stop > self.items.start),
                      default=self.items.stop)  # fmt: skip
            if base.length > self.items.start:
                raise Unfit
            depth = max(depth, self.items.stop - low)
        if depth > WIDEST:
            raise Unfit
        return depth

    def _bases(self, entered: Sequence[Env], after: Needs) -> list[dict[str, Growing]]:
        """What is still needed of the arrays as they were before the loop."""
        found: list[dict[str, Growing]] = []
        for env in entered:
            row: dict[str, Growing] = {}
            for name in self.windows:
                base = env[name]
                assert isinstance(base, Growing)
                row[name] = base.forget(after.elements(name, env) or ())
            found.append(row)
        return found

    # ------------------------------------------------------------------ states

    def _first(self, env: Env, base: dict[str, Growing]) -> tuple[Value | None, ...]:
        values: list[Value | None] = [env[name] for name in self.carried]
        for name, depth in self.windows.items():
            array = env[name]
            assert isinstance(array, Growing)
            for back in range(1, depth + 1):
                at = self.items.start - back
                there = at >= 0 and array.is_defined((at,)) and not _gone(array, at)
                values.append(array.get(at) if there else None)
        values += [cast(Value, base[name]) for name in self.windows]
        values += [env[name] for name in self.fixed]
        return tuple(values)

    def _number(self, state: tuple[Value | None, ...]) -> int:
        key = tuple(None if value is None else self.short(value) for value in state)
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.states)
            self.states.append(state)
        return number

    def _env(self, state: tuple[Value | None, ...]) -> Env:
        env = dict(self.shared)
        values = iter(state)
        env.update((name, cast(Value, next(values))) for name in self.carried)
        for name, depth in self.windows.items():
            for back in range(1, depth + 1):
                value = next(values)
                if value is not None:
                    env[Place(name, -back).name] = value
        for _ in self.windows:
            next(values)
        env.update((name, cast(Value, next(values))) for name in self.fixed)
        return env

    def _next(self, state: tuple[Value | None, ...], left: tuple[Value, ...]) -> tuple[Value | None, ...]:
        found: list[Value | None] = list(left[: len(self.carried)])
        at = len(self.carried)
        for defined, depth in zip(left[len(self.carried) :], self.windows.values(), strict=True):
            found += (defined, *state[at : at + depth - 1]) if depth else ()
            at += depth
        return (*found, *state[at:])

    def _left(self, state: tuple[Value | None, ...]) -> Env:
        """The variables after the loop."""
        env = {name: value for name, value in self._env(state).items() if "@" not in name}
        values = state[len(self.carried) :]
        at = sum(self.windows.values())
        for k, name in enumerate(self.windows):
            array = values[at + k]
            assert isinstance(array, Growing)
            env[name] = array
        place = 0
        for name, depth in self.windows.items():
            array = env[name]
            assert isinstance(array, Growing)
            kept: dict[int, Value] = {}
            for back in range(1, depth + 1):
                value = values[place]
                place += 1
                if value is not None and self.items.stop - back >= self.items.start:
                    kept[self.items.stop - back] = value
            env[name] = array.defined_between(self.items.start, self.items.stop, kept)
        return env

    # ------------------------------------------------------------------ edges

    def _inputs(self) -> tuple[list[Hashable], list[Env]]:
        """What distinguishes the rounds but for what is only observed, and its variables."""
        given = [place for place in self.rounds.data if place not in self.rounds.observed]
        keys: list[Hashable] = []
        envs: list[Env] = []
        columns = [self._series(place) for place in given]
        for k, t in enumerate(self.items):
            values = {place.name: column[k] for place, column in zip(given, columns, strict=True)}
            env = {name: value for name, value in values.items() if value is not None}
            counter = t if self.rounds.counting else 0
            env[self.rounds.loop.name] = counter
            keys.append((counter, *(self.short(v) if v is not None else None for v in values.values())))
            envs.append(env)
        return keys, envs

    def _series(self, place: Place) -> list[Value | None]:
        array = self.shared[place.array]
        if isinstance(array, Growing):
            return [
                array.get(t + place.offset) if array.is_defined((t + place.offset,)) else None
                for t in self.items
            ]
        if not isinstance(array, tuple | range):
            raise Unfit
        return [array[t + place.offset] if 0 <= t + place.offset < len(array) else None for t in self.items]

    def loop(self, fewest: int = 0) -> Loop:
        """The whole loop; `Unfit` as soon as it is plain that it will have far fewer edges than `fewest`."""
        loop = Loop(self.rounds, self.items)
        firsts = [
            self._number(self._first(env, base)) for env, base in zip(self.entered, self.bases, strict=True)
        ]
        before = tuple(sorted(set(firsts)))
        loop.starts = np.array([before.index(number) for number in firsts], dtype=np.int64)
        keys, envs = self._inputs()
        known: dict[tuple[tuple[int, ...], Hashable], Block] = {}
        runs: list[tuple[Block, int]] = []
        edges, narrow = 0, 0
        observed = {place.name: cast(Value, Datum(place)) for place in self.rounds.observed}
        look = max(len(keys) // LOOK, 2)
        for k, key in enumerate(keys):
            if k == look and len(before) <= narrow and LOOK * edges < fewest // 2:
                raise Unfit
            if k == look // 2:
                narrow = len(before)
            block = known.get((before, key))
            if block is None:
                env = {**envs[k], **observed}
                block = known[before, key] = self._block(before, key, env, len(keys) - k - 1)
                if self.progress.stopped():
                    raise Unfit
            if runs and runs[-1][0] is block:
                runs[-1] = (block, runs[-1][1] + 1)
            else:
                runs.append((block, 1))
            edges += len(block.weights)
            if edges > MOST_EDGES or len(block.after) > self.machine.bound.budget.states:
                raise Unfit
            before = block.after
        densities = self._densities()
        start = 0
        for block, count in runs:
            loop.blocks.append(block)
            loop.stretches.append(
                Stretch(
                    count,
                    (len(block.before), len(block.after)),
                    block.source,
                    block.target,
                    block.weights,
                    densities[start : start + count],
                    *block.terms,
                )
            )
            start += count
        loop.left = [self._left(self.states[number]) for number in before]
        return loop

    def _block(self, before: tuple[int, ...], key: Hashable, env: Env, more: int) -> Block:
        """The transitions of a round; `Unfit` if the states grow too fast for the `more` rounds to come."""
        every: list[tuple[int, int, Way]] = []
        for place, number in enumerate(before):
            row = self.rows.get((number, key))
            if row is None:
                state = self.states[number]
                found = ways(self.machine, self.block, {**self._env(state), **env})
                row = [(self._number(self._next(state, way.left)), way) for way in found]
                self.rows[number, key] = row
            every.extend((place, target, way) for target, way in row)
            if place + 1 == LOOK_ROWS and len(before) > LOOK_ROWS:
                self._look(every, len(before), more)
        if not every or len({way.dimension for _, _, way in every}) > 1:
            raise Unfit
        after = tuple(sorted({target for _, target, _ in every}))
        at = {number: k for k, number in enumerate(after)}
        columns = [
            [self.columns.setdefault(term, len(self.columns)) for term in way.terms] for *_, way in every
        ]
        widest = max(map(len, columns))
        source = np.array([place for place, _, _ in every], dtype=np.int64)
        target = np.array([at[number] for _, number, _ in every], dtype=np.int64)
        sorts: tuple[list[Ints], ...] = ([], [], [])
        for slot in range(widest):
            column = np.array([row[slot] if slot < len(row) else -1 for row in columns], dtype=np.int64)
            by_source, by_target = _of_ends(column, source, len(before)), _of_ends(column, target, len(after))
            if by_target is not None:
                sorts[1].append(by_target)
            elif by_source is not None:
                sorts[0].append(by_source)
            else:
                sorts[2].append(column)
        recorded: dict[Address, tuple[dict[Value, int], Ints]] = {}
        for k, (_, _, way) in enumerate(every):
            for address, value in way.recorded.items():
                values, codes = recorded.setdefault(address, ({}, np.full(len(every), -1, dtype=np.int64)))
                codes[k] = values.setdefault(value, len(values))
        of_target: dict[Address, tuple[list[Value], Ints]] = {}
        by_edge: dict[Address, tuple[list[Value], Ints]] = {}
        for address, (values, codes) in recorded.items():
            ends = _of_ends(codes, target, len(after))
            if ends is not None:
                of_target[address] = list(values), ends
            else:
                by_edge[address] = list(values), codes
        weights = np.array([way.weight for _, _, way in every])
        terms = Sorted(*(tuple(kept) for kept in sorts))
        return Block(before, after, source, target, weights, terms, of_target, by_edge)

    def _look(self, every: list[tuple[int, int, Way]], states: int, more: int) -> None:
        """Leaves a loop whose first states all lead to others: then each round multiplies their number."""
        reached = {target for _, target, _ in every}
        if len(reached) == len(every) and more:
            growth = len(every) / LOOK_ROWS
            if (
                states * growth**2 > MOST_EDGES / LOOK_ROWS
                or states * growth > self.machine.bound.budget.states
            ):
                raise Unfit

    def _densities(self) -> Floats:
        """The log density of every term in every round; the last column is that of no term."""
        found = np.zeros((len(self.items), len(self.columns) + 1))
        series: dict[Place, tuple[list[Value], Ints]] = {}
        dimensions: dict[tuple[Place, int], int] = {}
        for term, column in self.columns.items():
            if term.place not in series:
                series[term.place] = self._distinct(term.place)
            values, codes = series[term.place]
            smooth = not term.law.discrete and not list(term.law.atoms())
            logs = np.empty(len(values))
            for k, value in enumerate(values):
                logs[k], dimension = _density(term.law, value, smooth=smooth)
                if logs[k] > -inf and dimensions.setdefault((term.place, k), dimension) != dimension:
                    raise Unfit
            found[:, column] = logs[codes]
        if any(dimensions.values()) and not self._alike():
            raise Unfit
        return found

    def _alike(self) -> bool:
        """Whether every way through a round observes the same places."""
        ways_taken = (way for row in self.rows.values() for _, way in row)
        return len({tuple(sorted(term.place.name for term in way.terms)) for way in ways_taken}) <= 1

    def _distinct(self, place: Place) -> tuple[list[Value], Ints]:
        known: dict[Hashable, int] = {}
        values: list[Value] = []
        codes = np.empty(len(self.items), dtype=np.int64)
        for k, value in enumerate(self._series(place)):
            if value is None or value is MISSING:
                raise Unfit
            code = known.setdefault(self.short(value), len(known))
            if code == len(values):
                values.append(value)
            codes[k] = code
        return values, codes


def _of_ends(codes: Ints, ends: Ints, count: int) -> Ints | None:
    """The code of each end, if edges with equal ends have equal codes."""
    found = np.full(count, -1, dtype=np.int64)
    found[ends] = codes
    return found if bool((found[ends] == codes).all()) else None


def _density(law: LawValue, value: Value, *, smooth: bool) -> tuple[float, int]:
    if smooth and isinstance(value, Fraction):
        value = float(value)  # the density is a float in any case, and found faster
    weight, dimension = law.log_density_and_dimension(value)
    if is_zero(weight):
        return -inf, dimension
    if not float(weight) < inf:
        raise Unfit
    return float(weight), dimension


def _gone(array: Growing, at: int) -> bool:
    return any(start <= at < stop for start, stop in array.gone)
