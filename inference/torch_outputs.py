"""What a program reports at given unconstrained draws: variables, `let`s, the value, pointwise densities.

The program runs once for all draws of a block (vectorised), or once per draw where that fails.
Discrete draws that were summed out are drawn from their law given the rest, by Pyro's `infer_discrete`.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyro
import torch
from pyro import poutine, validation_enabled
from pyro.infer import config_enumerate, infer_discrete
from torch import Tensor
from torch.func import vmap

from pplc.inference.collect import extents, is_box, variables
from pplc.inference.pyro_model import Density, Fixed
from pplc.inference.pyro_recovery import recovered
from pplc.inference.pyro_sites import Kept, PyroSites
from pplc.inference.result import Array
from pplc.inference.torch_growing import addresses, rows
from pplc.inference.torch_values import (
    Batch,
    CannotVectorise,
    Content,
    is_numeric,
    lift,
    stack,
)
from pplc.semantics.evaluate import named
from pplc.semantics.values import Address, Record, Tagged, show_address

BLOCK = 1000
"""Draws that are run together; also the unit in which discrete draws get their random numbers."""


@dataclass(slots=True)
class Reported:
    """The addresses of one or several values, one per round of the loops around, and the values.

    constant: the value itself, if it is no tensor and the same in every run.
    """

    addresses: list[Address]
    constant: Any = None
    is_constant: bool = False


@dataclass(slots=True)
class Outputs:
    """Arrays [draw, *shape] by variable, and pointwise log densities by observed site."""

    values: dict[str, Array] = field(default_factory=dict[str, Array])
    log_likelihood: dict[str, Array] = field(default_factory=dict[str, Array])


def outputs(
    density: Density, positions: Array, seeds: Sequence[tuple[int, int]], *, pointwise: bool = True
) -> Outputs:
    """The outputs at positions [S, D].

    seeds: for every draw a stream and its number in it; equal ones give equal discrete draws.
    """
    blocks = list(_blocks(seeds)) if density.discrete else _even(len(positions))
    kept: list[tuple[list[Reported], list[Array]]] = []
    lik: list[tuple[list[Reported], list[Array]]] = []
    order: list[int] = []
    for seed, members, slots in blocks:
        chosen = positions[members]
        if slots is not None:
            padded = np.repeat(chosen[:1], BLOCK, axis=0)
            padded[slots] = chosen
            chosen = padded
        values, densities = _run(density, torch.from_numpy(np.ascontiguousarray(chosen)), seed, pointwise)
        if slots is not None:
            values = (values[0], [a[slots] for a in values[1]])
            densities = (densities[0], [a[slots] for a in densities[1]])
        kept.append(values)
        lik.append(densities)
        order.extend(members)
    back = np.argsort(np.array(order, dtype=np.int64))
    found = _assemble(kept, back, len(positions))
    if density.enumerations is not None:
        found = {name: density.enumerations.named(name, array) for name, array in found.items()}
    return Outputs(found, _assemble(lik, back, len(positions)))


def _even(count: int) -> list[tuple[int, list[int], list[int] | None]]:
    size = BLOCK
    return [(0, list(range(k, min(k + size, count))), None) for k in range(0, count, size)]


def _blocks(seeds: Sequence[tuple[int, int]]) -> Iterator[tuple[int, list[int], list[int] | None]]:
    """Draws that share a block of a stream, with their places in it."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for position, (stream, number) in enumerate(seeds):
        found.setdefault((stream, (number - 1) // BLOCK), []).append((position, (number - 1) % BLOCK))
    for (stream, block), members in found.items():
        yield (
            (stream * 1_000_003 + block) % 2**62,
            [position for position, _ in members],
            [slot for _, slot in members],
        )


Run = tuple[list[Reported], list[Array]]


def _run(density: Density, points: Tensor, seed: int, pointwise: bool) -> tuple[Run, Run]:
    with torch.random.fork_rng(devices=[]), validation_enabled(False), torch.no_grad():
        torch.manual_seed(seed)
        # Where which statements run depends on the draws, no two draws need run the same ones.
        if density.model.plan.branches or density.model.plan.alone:
            return _one_by_one(density, points, pointwise)
        return _at_once(density, points, pointwise)


def _sites(density: Density, u: Tensor, given: Mapping[Address, Tensor] | None = None) -> PyroSites:
    """A run at a position [D], with discrete draws from their conditional law, or as `given`."""

    def run() -> PyroSites:
        with Fixed(u, density.slots, _refuse, given=given):
            return density.model(record=True, given=given is not None)[1]

    return _with_discrete(density, run, 0) if density.enumerated else run()


def _plated(density: Density, points: Tensor) -> PyroSites:
    """A run at positions [S, D], which are the rounds of a plate around everything."""
    dim = -1 - density.model.plan.nesting
    given = recovered(density, points) if density.summed is not None else None

    def run() -> PyroSites:
        plate: Any = pyro.plate
        fixed = Fixed(points, density.slots, _refuse, given=given)
        with fixed, plate("draws#", len(points), dim=dim):
            return density.model(record=True, given=given is not None)[1]

    return _with_discrete(density, run, 1) if density.enumerated else run()


def _with_discrete(density: Density, run: Callable[[], PyroSites], above: int) -> PyroSites:
    sampled = infer_discrete(
        config_enumerate(run, default="parallel"),
        first_available_dim=-1 - density.model.plan.nesting - above,
        temperature=1,
    )
    with poutine.block():
        found: PyroSites = sampled()
    return found


def _refuse(size: int) -> Tensor:
    raise AssertionError(f"{size} numbers for a site without a slot")


def _at_once(density: Density, points: Tensor, pointwise: bool) -> tuple[Run, Run]:
    if density.discrete:
        sites = _plated(density, points)
        return (
            _unplated(density, _leaves(sites.kept), len(points)),
            _unplated(density, _leaves(sites.densities if pointwise else []), len(points)),
        )
    shapes: list[list[Reported]] = []

    def one(u: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        sites = _sites(density, u)
        shapes.clear()
        kept, values = _leaves(sites.kept)
        lik, densities = _leaves(sites.densities) if pointwise else ([], [])
        shapes.extend((kept, lik))
        return [v for v, _ in values], [v for v, _ in densities]

    vectorised: Any = vmap(one)
    values, densities = vectorised(points)
    kept, lik = shapes
    return (kept, [v.numpy() for v in values]), (lik, [d.numpy() for d in densities])


def _unplated(density: Density, found: tuple[list[Reported], list[Leaf]], count: int) -> Run:
    """The draws of the outermost plate as the first axis."""
    arrays: list[Array] = []
    for data, rank in found[1]:
        front = data.dim() - rank
        # With its axes for all inner plates (now of length 1), the first axis is that of the draws.
        first = data.shape[0] if front == density.model.plan.nesting + 1 else 1
        shaped = data.reshape(first, *data.shape[front:])
        arrays.append(shaped.expand(count, *shaped.shape[1:]).numpy())
    return found[0], arrays


def _one_by_one(density: Density, points: Tensor, pointwise: bool) -> tuple[Run, Run]:
    given = recovered(density, points) if density.summed is not None else None
    runs: list[PyroSites] = []
    for k, u in enumerate(points):
        here = None if given is None else {address: values[k : k + 1] for address, values in given.items()}
        runs.append(_sites(density, u, here))
    kept = [_run_of(_leaves(sites.kept)) for sites in runs]
    densities = [_run_of(_leaves(sites.densities if pointwise else [])) for sites in runs]
    return _stacked(kept), _stacked(densities)


def _run_of(found: tuple[list[Reported], list[Leaf]]) -> Run:
    """One run as a block of one draw."""
    return found[0], [value.numpy()[None] for value, _ in found[1]]


def _stacked(runs: Sequence[Run]) -> Run:
    """Runs one after the other; where one has no value, as in a branch that it did not take, stands NaN."""
    aligned = _aligned(runs)
    shapes = aligned[0][0]
    return shapes, [np.concatenate(rows) for rows in zip(*(arrays for _, arrays in aligned), strict=True)]


def _aligned(runs: Sequence[Run]) -> Sequence[Run]:
    """Runs with the same values in the same order."""
    first = runs[0][0]
    if all(shapes == first for shapes, _ in runs):
        return runs
    columns = [_columns(run) for run in runs]
    every: dict[Address, tuple[Reported, Array | None]] = {}
    for found in columns:
        for address, (reported, array) in found.items():
            every.setdefault(address, (reported, array))
    result: list[Run] = []
    for (_, arrays), found in zip(runs, columns, strict=True):
        count = len(arrays[0]) if arrays else 1
        row: list[Array] = []
        for address, (_, like) in every.items():
            array = found[address][1] if address in found else None
            if like is not None:
                row.append(np.full((count, *like.shape[1:]), np.nan) if array is None else array)
        result.append(([reported for reported, _ in every.values()], row))
    return result


def _columns(run: Run) -> dict[Address, tuple[Reported, Array | None]]:
    """The values of a run one by one: None for constants that are no numbers."""
    found: dict[Address, tuple[Reported, Array | None]] = {}
    arrays = iter(run[1])
    for reported in run[0]:
        if reported.is_constant:
            found[reported.addresses[0]] = (reported, None)
            continue
        array = next(arrays)
        for row, address in enumerate(reported.addresses):
            found[address] = (
                Reported([address]),
                _column(array, row if len(reported.addresses) > 1 else None),
            )
    return found


Leaf = tuple[Tensor, int]
"""A tensor and the number of its last axes that belong to the value."""


def _leaves(kept: Sequence[Kept]) -> tuple[list[Reported], list[Leaf]]:
    """Every numeric value with its addresses; constants that are no numbers stand on their own."""
    shapes: list[Reported] = []
    values: list[Leaf] = []
    for item in kept:
        if not named(tuple(p for p in item.address if not isinstance(p, tuple))):
            continue
        for address, value in _parts(item.address, item.value):
            if not is_numeric(value) and not isinstance(value, tuple | range):
                shapes.append(Reported([address], value, True))
                continue
            part = lift(value)
            sizes = tuple(plate.size for plate in item.plates)
            if not sizes:
                data = part.data
                while data.dim() > part.rank and data.shape[0] == 1:
                    data = data.squeeze(0)
                shapes.append(Reported([address]))
                values.append((data, part.rank))
                continue
            spread = rows(part, 0, sizes)
            places = addresses(address, sizes)
            data = spread.data
            rank = spread.rank
            if len(set(places)) == 1:
                places, data, rank = places[-1:], data.select(data.dim() - rank, -1), rank - 1
            shapes.append(Reported(places))
            values.append((data, rank))
    return shapes, values


def _parts(address: tuple[Content, ...], value: Content) -> Iterator[tuple[Any, Content]]:
    """Records and tuples of unlike things taken apart; functions and laws left out."""
    match value:
        case Record(names, values):
            for name, item in zip(names, values, strict=True):
                yield from _parts((*address, name), item)
        case tuple() if value:
            try:
                whole = stack(value)
            except CannotVectorise:
                whole = None
            if whole is not None:
                yield address, whole
            elif all(isinstance(v, str | Tagged) for v in value):
                yield address, value
            else:
                for k, item in enumerate(value):
                    yield from _parts((*address, (k,)), item)
        case Batch() | bool() | int() | float() | range():
            yield address, value
        case str() | Tagged():
            yield address, value
        case _:
            pass


def _column(array: Array, row: int | None) -> Array:
    return array if row is None else array[:, row]


def _assemble(runs: Sequence[Run], back: Array, count: int) -> dict[str, Array]:
    """Variables of all blocks, in the order of the draws."""
    if not runs:
        return {}
    runs = _aligned(runs)
    shapes = runs[0][0]
    columns: dict[Address, tuple[Array, int | None]] = {}
    whole: dict[tuple[Address, ...], Array] = {}
    position = 0
    for reported in shapes:
        if reported.is_constant:
            constant = np.empty(count, dtype=object)
            for k in range(count):
                constant[k] = reported.constant
            columns[reported.addresses[0]] = (constant, None)
            continue
        array = np.concatenate([arrays[position] for _, arrays in runs])[back]
        position += 1
        if len(reported.addresses) == 1:
            columns[reported.addresses[0]] = (array, None)
            continue
        whole[tuple(reported.addresses)] = array
        for r, address in enumerate(reported.addresses):
            columns[address] = (array, r)
    result: dict[str, Array] = {}
    for name, elements in variables(columns).items():
        addresses = tuple(elements.values())
        if addresses in whole:
            joined = whole[addresses]
        else:
            parts = [_column(*columns[address]) for address in addresses]
            if len({part.shape for part in parts}) != 1:
                result.update({show_address(a): part for a, part in zip(addresses, parts, strict=True)})
                continue
            joined = np.stack(parts, axis=1)
        box = extents(elements) if is_box(elements) else ()
        result[name] = joined.reshape(count, *box, *joined.shape[2:])
    return result


__all__ = ["Outputs", "outputs"]
