"""Populations of suspended runs as storable values, from which they can go on bit by bit.

A run is stored by its choices and made again from them. Runs that were copied share their past, and so
do their stored choices: each is written once, with the one before it, as a tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from pplc.inference.particles import Restoring
from pplc.inference.smc import Lineage
from pplc.inference.stored_values import packed, unpacked
from pplc.semantics.representations.population import Population
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value

S = TypeVar("S")

ROOT = -1
"""In the place of the choice before the first."""


def packed_population(population: Population[Suspended]) -> dict[str, Any]:
    """The population as numbers, strings, lists and mappings. Raises `Unstorable`."""
    choices, runs = _packed_runs(population.particles)
    return {
        "choices": choices,
        "runs": runs,
        "log_weights": [float(w) for w in population.log_weights],
        "log_evidence": float(population.log_evidence),
    }


def unpacked_population(engine: Restoring[S], stored: Mapping[str, Any], source: Source) -> Population[S]:
    """The population that `packed_population` made this of; equal runs are one object."""
    choices: list[tuple[int, Address, Value]] = [
        (int(before), cast("Address", unpacked(address)), unpacked(value))
        for before, address, value in stored["choices"]
    ]
    made: dict[tuple[int, int, bool], S] = {}
    runs: list[S] = []
    for last, weights, finished in stored["runs"]:
        key = int(last), int(weights), bool(finished)
        if key not in made:
            made[key] = engine.restore(_line(choices, key[0]), key[1], source, finished=key[2])
        runs.append(made[key])
    return Population(runs, [float(w) for w in stored["log_weights"]], float(stored["log_evidence"]))


def eve(lineage: Lineage) -> int:
    """The slot of the earliest ancestor."""
    while lineage is not None and lineage[1] is not None:
        lineage = lineage[1]
    return 0 if lineage is None else lineage[0]


def packed_lineages(lineages: Sequence[Lineage]) -> list[int]:
    """What results need of lineages: their earliest ancestors."""
    return [eve(line) for line in lineages]


def unpacked_lineages(stored: Sequence[int]) -> list[Lineage]:
    """Lineages with these earliest ancestors."""
    return [(int(slot), None) for slot in stored]


def _packed_runs(runs: Sequence[Suspended]) -> tuple[list[Any], list[Any]]:
    """The choices, each as [place of the one before, address, value], and the runs by their last ones."""
    choices: list[Any] = []
    places: dict[int, int] = {}
    found: list[Any] = []
    for run in runs:
        fresh: list[Any] = []
        cell = run.choices
        while cell is not None and id(cell) not in places:
            fresh.append(cell)
            cell = cell[1]
        last = ROOT if cell is None else places[id(cell)]
        for cell in reversed(fresh):
            choices.append([last, packed(cast("Value", cell[0].address)), packed(cell[0].value)])
            last = places[id(cell)] = len(choices) - 1
        found.append([last, run.weights, run.finished])
    return choices, found


def _line(choices: Sequence[tuple[int, Address, Value]], last: int) -> dict[Address, Value]:
    """The choices up to this one, in the order in which they were made."""
    line: list[tuple[Address, Value]] = []
    while last != ROOT:
        last, address, value = choices[last]
        line.append((address, value))
    return dict(reversed(line))
