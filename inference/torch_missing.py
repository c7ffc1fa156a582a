"""Arrays taken apart: entries of the data that are missing, and entries that `do` sets one by one.

Of an array observed as a whole, the entries that are there are observed, the others drawn or set; of one
drawn as a whole, the entries that are not set are drawn.
"""

# pyright: basic

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from pplc.inference.torch_combinators import Censored, Iid, Truncated
from pplc.inference.torch_families import FamilyLaw
from pplc.inference.torch_index import index
from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_plan import Path, Places
from pplc.inference.torch_primitives import elements
from pplc.inference.torch_values import Batch, Content, Refused, from_value, pad, stack, tensor
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import extended
from pplc.semantics.faults import part_of_one_draw
from pplc.semantics.values import MISSING

Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class There:
    """The entries that are there, as one vector, and their law."""

    law: TorchLaw
    values: Batch


def fixed_entries(bound: Bound, address: Path, law: TorchLaw) -> dict[Place, Content]:
    """The entries of an array at an address that `do` sets one by one, by their places."""
    if not any(bound.elements(address)):
        return {}
    extents = law.shape[: law.rank - law.event_rank]
    return {
        place: from_value(bound.intervention(entry))
        for place in itertools.product(*map(range, extents))
        if bound.intervened(entry := extended(address, place))
    }


@dataclass(frozen=True, slots=True)
class Parts:
    """An observed array taken apart.

    there:   the entries that are observed, if any.
    missing: the places of the entries to draw, and their laws.
    fixed:   the entries that `do` sets, by their places.
    filled:  puts drawn entries, in the order of `missing`, and those that are set in place.
    """

    there: There | None
    missing: list[tuple[Place, TorchLaw]]
    fixed: Mapping[Place, Content]
    filled: Callable[[Sequence[Content]], Content]


def taken_apart(bound: Bound, address: Path, law: TorchLaw, value: Content) -> Parts:
    """The entries of an array observed at an address: observed, missing, or set by `do`."""
    free = law.rank - law.event_rank
    fixed = fixed_entries(bound, address, law)
    entries = [(place, entry) for place, entry in _entries(value, free, ()) if place not in fixed]
    if bound.interventions and any(any(bound.elements(extended(address, place))) for place, _ in entries):
        raise part_of_one_draw()
    present = [place for place, entry in entries if entry is not MISSING]
    missing = [place for place, entry in entries if entry is MISSING]
    there: There | None = None
    if present:
        stacked = stack([entry for _, entry in entries if entry is not MISSING])
        if stacked is None:
            raise Refused("E0533", "an entry of the data that is missing in part")
        there = There(_required(law, present), stacked)

    def filled(drawn: Sequence[Content]) -> Content:
        new = {**fixed, **dict(zip(missing, drawn, strict=True))}

        def build(item: Content, place: Place, depth: int) -> Content:
            if depth == 0:
                return new.get(place, item)
            return tuple(build(inner, (*place, k), depth - 1) for k, inner in enumerate(elements(item)))

        return build(value, (), free)

    laws = [(place, _required(law, [place], single=True)) for place in missing]
    return Parts(there, laws, fixed, filled)


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left to draw of an array of independent entries, some of which are set.

    law:    of the entries that are left, as a vector; None if none are.
    places: of these entries in the array.
    whole:  puts their values, and those that are set, into an array of the given extents.
    """

    law: TorchLaw | None
    places: tuple[Place, ...]
    extents: Place
    fixed: Mapping[Place, Content]

    def whole(self, drawn: Content) -> Content:
        """The array of what was drawn and what is set."""
        new = dict(self.fixed)
        new.update({place: index(drawn, (k,)) for k, place in enumerate(self.places)})

        def build(place: Place) -> Content:
            if len(place) == len(self.extents):
                return new[place]
            return tuple(build((*place, k)) for k in range(self.extents[len(place)]))

        array = build(())
        stacked = stack(array)
        return array if stacked is None else stacked


def remaining(bound: Bound, address: Path, law: TorchLaw) -> Remaining | None:
    """What is left to draw where `do` sets entries of an array of independent ones; None if it sets none.

    A law of dependent entries is drawn as a whole; what is set replaces its entries afterwards.
    """
    fixed = fixed_entries(bound, address, law)
    if not fixed:
        return None
    extents = law.shape[: law.rank - law.event_rank]
    places = [place for place in itertools.product(*map(range, extents)) if place not in fixed]
    part = part_of(law, places) if places else None
    if places and part is None:
        return None
    return Remaining(part, tuple(places), extents, fixed)


def entries_at(array: Tensor, places: Places) -> Tensor:
    """The entries of an array at these places, as a vector of them."""
    return array[tuple(tensor(list(column)) for column in zip(*places, strict=True))]


def _entries(value: Content, depth: int, place: Place) -> Iterator[tuple[Place, Content]]:
    if depth <= 0:
        yield place, value
        return
    for k, item in enumerate(elements(value)):
        yield from _entries(item, depth - 1, (*place, k))


def _required(law: TorchLaw, places: Sequence[Place], *, single: bool = False) -> TorchLaw:
    part = part_of(law, places, single=single)
    if part is None:
        raise Refused("E0533", f"missing entries, or entries set by `do`, under `{law.name}`")
    return part


def part_of(law: TorchLaw, places: Sequence[Place], *, single: bool = False) -> TorchLaw | None:
    """The law of some of the entries, as a vector of them (or the only one); None if there is none here."""
    match law:
        case FamilyLaw():
            free = law.shape[: law.lifted]
            parts = [
                _chosen(part, s.rank, free, places, single)
                for part, s in zip(law.parameters, law.signature, strict=True)
            ]
            return FamilyLaw(law.family, law.parametrisation, tuple(parts))
        case Iid() if law.base.rank == law.base.event_rank:
            return law.base if single else Iid(law.base, len(places))
        case Iid():
            inner = [place[1:] for place in places]
            return part_of(law.base, inner, single=single)
        case Truncated() | Censored():
            free = law.shape
            if law.base.rank and law.base.shape != free:
                return None
            lower, upper = (
                None if bound is None else _chosen(bound, 0, free, places, single)
                for bound in (law.lower, law.upper)
            )
            base = law.base if law.base.rank == 0 else part_of(law.base, places, single=single)
            return None if base is None else type(law)(base, lower, upper)
        case _:
            return None


def _chosen(part: Batch, own: int, free: Place, places: Sequence[Place], single: bool) -> Batch:
    """The entries of a parameter at some places of its law's free axes."""
    if part.rank == own:
        return part
    data = pad(part.data, part.rank, len(free) + own)
    batch = data.shape[: max(data.dim() - len(free) - own, 0)]
    shape = data.shape[data.dim() - own :]
    data = data.expand(*batch, *free, *shape).reshape(*batch, -1, *shape)
    flat: list[int] = []
    for place in places:
        position = 0
        for k, extent in zip(place, free, strict=True):
            position = position * extent + k
        flat.append(position)
    axis = len(batch)
    if single:
        return Batch(data.select(axis, flat[0]), own, part.known, part.owners)
    return Batch(data.index_select(axis, tensor(flat)), own + 1, part.known, part.owners)


__all__ = ["Parts", "Remaining", "There", "entries_at", "remaining", "taken_apart"]
