"""From runs of the machine to arrays: the recorded values of many runs, by variable, as numpy.

A variable is the elements of one name: `("theta", (3,))` is element 3 of `theta`. Elements whose
indices fill a box from 0 make an array; others (a missing datum `y[3]`, a triangle) stay variables of
their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import nan
from typing import TypeAlias

import numpy as np

from pplc.inference.result import Array, Index
from pplc.semantics.values import (
    MISSING,
    Address,
    FunctionValue,
    MemoFunction,
    Missing,
    Number,
    Record,
    Tagged,
    Value,
    shape_of,
    show_address,
)

RETURN: Address = ("return",)
"""The address under which a model's value is reported."""

Run: TypeAlias = Mapping[Address, Value]
"""What one run recorded, with its value under `RETURN`."""


def split(address: Address) -> tuple[str, Index]:
    """The variable an address belongs to, and its index in it.

    >>> split(("f", "z", (0, 3)))
    ('f.z', (0, 3))
    >>> split(("eyes", ("bob",)))
    ('eyes["bob"]', ())
    """
    last = address[-1]
    if len(address) > 1 and isinstance(last, tuple):
        index = tuple(i for i in last if type(i) is int and i >= 0)
        if len(index) == len(last):
            return show_address(address[:-1]), index
    return show_address(address), ()


def variables(addresses: Iterable[Address]) -> dict[str, dict[Index, Address]]:
    """The variables that these addresses make up: name -> index -> address.

    >>> variables([("z", (0,)), ("z", (1,)), ("y", (3,))])
    {'z': {(0,): ('z', (0,)), (1,): ('z', (1,))}, 'y[3]': {(): ('y', (3,))}}
    """
    found: dict[str, dict[Index, Address]] = {}
    for address in addresses:
        name, index = split(address)
        found.setdefault(name, {})[index] = address
    whole: dict[str, dict[Index, Address]] = {}
    for name, elements in found.items():
        if is_box(elements):
            whole[name] = dict(sorted(elements.items()))
        else:
            whole.update({show_address(address): {(): address} for address in elements.values()})
    return whole


def is_box(indices: Iterable[Index]) -> bool:
    """Whether the indices have one rank and are all those below some extents."""
    have = set(indices)
    if len({len(index) for index in have}) != 1:
        return False
    count = 1
    for extent in extents(have):
        count *= extent
    return count == len(have)


def extents(indices: Iterable[Index]) -> Index:
    """One more than the largest index along each axis."""
    return tuple(max(axis) + 1 for axis in zip(*indices, strict=True))


def arrays(chains: Sequence[Sequence[Run]]) -> dict[str, Array]:
    """Every variable of the runs, [chain, draw, *shape]; the chains are equally long.

    Functions, models and laws are not data and are left out. Records and tuples of unlike things are
    taken apart: `return.slope`, `return[1]`. Where a run does not reach a variable stands NaN, or None
    in an array of dtype object if the variable is not real.
    """
    runs = [dict(_parts(run)) for chain in chains for run in chain]
    order: dict[Address, None] = {}
    for run in runs:
        order.update(dict.fromkeys(run))
    if any(address[:1] == RETURN and len(address) > 1 for address in order) and all(
        run.get(RETURN, MISSING) is MISSING for run in runs
    ):
        order.pop(RETURN, None)  # runs that ended early, among others whose value is taken apart
    count = (len(chains), len(chains[0]) if chains else 0)
    result: dict[str, Array] = {}
    for name, elements in variables(order).items():
        packed = [_pack([run.get(address, MISSING) for run in runs]) for address in elements.values()]
        joined = _join(packed)
        if joined is None:
            for address, column in zip(elements.values(), packed, strict=True):
                result[show_address(address)] = column.reshape(*count, *column.shape[1:])
        else:
            result[name] = joined.reshape(*count, *extents(elements), *joined.shape[2:])
    return result


def functions(chains: Sequence[Sequence[Run]]) -> dict[str, Array]:
    """The functions that runs drew, by name, [chain, draw] of dtype object; None where there is none."""
    found: dict[str, Array] = {}
    for chain, runs in enumerate(chains):
        for draw, run in enumerate(runs):
            for address, value in run.items():
                if isinstance(value, FunctionValue | MemoFunction):
                    blank = np.full((len(chains), len(runs)), None, dtype=object)
                    found.setdefault(show_address(address), blank)[chain, draw] = value
    return found


def _parts(run: Run) -> Iterator[tuple[Address, Value]]:
    """The entries of a run, with records and tuples of unlike things taken apart."""
    for address, value in run.items():
        match value:
            case Record(names, values):
                yield from _parts({(*address, n): v for n, v in zip(names, values, strict=True)})
            case tuple() if value and not _alike(value):
                yield from _parts({(*address, (k,)): v for k, v in enumerate(value)})
            case bool() | int() | float() | str() | range() | tuple() | Tagged() | Missing():
                yield address, value
            case _ if isinstance(value, Number):
                yield address, value
            case _:
                pass


def _kind(value: Value) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case Tagged():
            return "sum"
        case Missing():
            return "missing"
        case _ if isinstance(value, Number):
            return "number"
        case _:
            return "other"


def _alike(values: tuple[Value, ...]) -> bool:
    """Whether all leaves are of one kind that numpy or a table can hold."""
    kinds: set[str] = set()
    todo: list[Value] = list(values)
    while todo:
        value = todo.pop()
        if isinstance(value, tuple):
            todo.extend(value)
        else:
            kinds.add(_kind(value))
    return len(kinds - {"missing"}) <= 1 and "other" not in kinds


def _pack(values: Sequence[Value]) -> Array:
    """One element over all runs, [run, *shape]."""
    there = [value for value in values if value is not MISSING]
    shapes = {shape_of(value) for value in there}
    if len(shapes) == 1:
        (shape,) = shapes
        types = {type(leaf) for value in there for leaf in _leaves(value, len(shape))}
        holes = len(there) < len(values)
        if types == {bool} and not holes:
            return np.array(there, dtype=np.bool_)
        if types == {int} and not holes and _fits(there, len(shape)):
            return np.array(there, dtype=np.int64)
        if bool not in types and all(issubclass(t, Number) for t in types) and types != {int}:
            blank = np.full(shape, nan)
            rows = [blank if value is MISSING else np.array(value, dtype=np.float64) for value in values]
            return np.array(rows, dtype=np.float64).reshape(len(values), *shape)
        if shape and types in ({bool}, {int}):
            whole = np.full((len(values), *shape), None, dtype=object)
            for k, value in enumerate(values):
                if value is not MISSING:
                    whole[k] = np.array(value, dtype=object)
            return whole
    column = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        column[k] = None if value is MISSING else value
    return column


def _leaves(value: Value, depth: int) -> Iterator[Value]:
    if depth and isinstance(value, tuple | range):
        for item in value:
            yield from _leaves(item, depth - 1)
    else:
        yield value


def _fits(values: Sequence[Value], depth: int) -> bool:
    leaves = (leaf for value in values for leaf in _leaves(value, depth))
    return all(isinstance(leaf, int) and -(2**63) <= leaf < 2**63 for leaf in leaves)


def _join(columns: Sequence[Array]) -> Array | None:
    """The elements side by side, [run, element, *shape]; None if they are of different kinds."""
    if len({column.shape for column in columns}) != 1:
        return None
    kinds = {column.dtype.kind for column in columns}
    if "O" in kinds and {"bool", "number"} <= {_kind(v) for c in columns for v in c.ravel().tolist()}:
        return None
    if len(kinds) == 1 or kinds == {"i", "f"}:
        return np.stack(columns, axis=1)
    if kinds <= {"i", "O"} or kinds <= {"b", "O"}:
        return np.stack([column.astype(object) for column in columns], axis=1)
    return None
