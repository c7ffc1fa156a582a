"""Where a model stands that another one draws from: its path of calls, shortened where models recur.

A path is made of the sites on the way: `("f", "slope")`. When a function that is active on the way is
entered again in the same way as before, its path counts the rounds instead of growing:
`("n", "geometric#1")`, `("n", "geometric#1", 2)`, `("n", "geometric#1", 3)`. A way of several components
counts with its length: `("n", "odd#1", "even#1")`, `("n", "odd#1", "even#1", 2, 2)`.

Sites that only happen to have one name are never counted. And no two calls of a run share a path: an
odd number of counts after a name begins with the rounds of that name alone, the others are pairs, so
that what was shortened can be written out again.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from pplc.semantics.values import Address


class Active(NamedTuple):
    """A function on the way: the length of its path, and its name."""

    length: int
    function: str


Calls: TypeAlias = tuple[Active, ...]
"""The functions on the way to a place, outermost first, apart from those of the rounds counted."""


def entered(address: Address, function: str, calls: Calls) -> tuple[Address, Calls]:
    """The path of a function entered by a draw at `address`, and what is active inside it.

    calls: what is active where the draw stands; `()` if it stands elsewhere than where it is made, as
    the draws of memoised functions do.
    """
    for position in reversed(range(len(calls))):
        if calls[position].function == function:
            before, way = address[: calls[position].length], address[calls[position].length :]
            counted = _counted(before, way)
            if counted is not None:
                return counted, (*calls[:position], Active(len(counted), function))
            break
    return address, (*calls, Active(len(address), function))


def _counted(before: Address, way: Address) -> Address | None:
    """`before` with one more round of `way`, if that is how it ends."""
    size = len(way)
    length = () if size == 1 else (size,)
    if before[-size:] == way:
        return (*before, 2, *length)
    head = before[: len(before) - len(length)]
    if not head or before[len(head) :] != length or head[-1 - size : -1] != way:
        return None
    rounds = head[-1]
    return (*head[:-1], rounds + 1, *length) if isinstance(rounds, int) else None


__all__ = ["Active", "Calls", "entered"]
