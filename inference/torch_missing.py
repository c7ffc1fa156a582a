"""Arrays of data with missing entries: those that are there are observed, the others drawn."""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pplc.inference.torch_combinators import Censored, Iid, Truncated
from pplc.inference.torch_families import FamilyLaw
from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_values import Batch, Content, Refused, lift, pad, stack, tensor
from pplc.semantics.values import MISSING

Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class There:
    """The entries that are there, as one vector, and their law."""

    law: TorchLaw
    values: Batch


def split_missing(
    law: TorchLaw, value: Content
) -> tuple[There | None, list[tuple[Place, TorchLaw]], Callable[[Sequence[Content]], Content]]:
    """The entries there; the places and laws of the missing ones; how to put drawn entries in place."""
    entries = list(_entries(value, law.rank - law.event_rank, ()))
    there = [place for place, entry in entries if entry is not MISSING]
    missing = [place for place, entry in entries if entry is MISSING]
    observed: There | None = None
    if there:
        stacked = stack([entry for _, entry in entries if entry is not MISSING])
        if stacked is None:
            raise Refused("E0533", "an entry of the data that is missing in part")
        observed = There(part_of(law, there), stacked)

    def filled(drawn: Sequence[Content]) -> Content:
        new = dict(zip(missing, drawn, strict=True))

        def build(item: Content, place: Place, depth: int) -> Content:
            if depth == 0:
                return new.get(place, item)
            return tuple(build(inner, (*place, k), depth - 1) for k, inner in enumerate(item))

        return build(value, (), law.rank - law.event_rank)

    return observed, [(place, part_of(law, [place], single=True)) for place in missing], filled


def _entries(value: Content, depth: int, place: Place) -> Iterator[tuple[Place, Content]]:
    if depth <= 0:
        yield place, value
        return
    for k, item in enumerate(value):
        yield from _entries(item, depth - 1, (*place, k))


def part_of(law: TorchLaw, places: Sequence[Place], *, single: bool = False) -> TorchLaw:
    """The law of some of the entries, as a vector of them (or the only one)."""
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
            lower, upper = (
                None if bound is None else _chosen(bound, 0, free, places, single)
                for bound in (law.lower, law.upper)
            )
            base = law.base if law.base.rank == 0 else part_of(law.base, places, single=single)
            return type(law)(base, lower, upper)
        case _:
            raise Refused("E0533", f"missing entries under `{law.name}`")


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
        for index, extent in zip(place, free, strict=True):
            position = position * extent + index
        flat.append(position)
    axis = len(batch)
    if single:
        return Batch(data.select(axis, flat[0]), own, part.known, part.owners)
    return Batch(data.index_select(axis, tensor(flat)), own + 1, part.known, part.owners)


__all__ = ["There", "lift", "part_of", "split_missing"]
