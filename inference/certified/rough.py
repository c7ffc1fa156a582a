"""The sizes of integrals over two variables, roughly: they tell which errors are small, and prove nothing."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count as counter

from flint import arb

from pplc.inference.certified.on_chart import OnChart
from pplc.inference.certified.parts import Panel, Part
from pplc.inference.certified.search import size

HALVINGS = 400
"""Boxes that are halved."""


def sizes(starts: Sequence[tuple[OnChart, tuple[Part, Part]]]) -> list[arb]:
    """Sums over boxes of the values in their middle times their areas; the largest are halved."""
    count = starts[0][0].count
    queue: list[tuple[float, int, OnChart, tuple[Panel, Panel], int, list[arb]]] = []
    totals = [arb(0)] * count
    order = counter()

    def put(on: OnChart, panels: tuple[Panel, Panel], axis: int) -> None:
        u, w = ((Panel(panel.left, panel.left).ball + panel.width / 2) for panel in panels)
        area = panels[0].width * panels[1].width
        found = [abs(value).mid() * area for value in on(u, w)]
        if not all(value.is_finite() for value in found):
            found = [arb(0)] * count
        for k, value in enumerate(found):
            totals[k] += value
        heappush(queue, (-size(found), next(order), on, panels, axis, found))

    for on, parts in starts:
        put(on, (_most_of(parts[0]), _most_of(parts[1])), 0)
    for _ in range(HALVINGS):
        _, _, on, panels, axis, found = heappop(queue)
        for k, value in enumerate(found):
            totals[k] -= value
        half, middle = panels[axis], panels[axis].middle
        for new in (Panel(half.left, middle), Panel(middle, half.right)):
            put(on, (new, panels[1]) if axis == 0 else (panels[0], new), 1 - axis)
    return totals


def _most_of(part: Part) -> Panel:
    """A panel that holds most of a part."""
    if isinstance(part, Panel):
        return part
    return Panel(part.u, part.u * 2**20) if part.far else Panel(part.u / 2**20, part.u)
