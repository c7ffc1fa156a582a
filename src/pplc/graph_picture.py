"""A model's graph as a picture, without Graphviz: layers from top to bottom, drawn with matplotlib."""

# matplotlib's types are partly unknown.
# pyright: basic

from __future__ import annotations

from itertools import count
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch, Polygon

from pplc.graph import Graph, Node, label

WIDTH, HEIGHT = 2.2, 1.6
"""Distance between neighbours in a layer, and between layers."""


def draw(graph: Graph, path: str) -> None:
    """Writes the picture in the format of the file's ending."""
    places = layout(graph)
    wide = max((x for x, _ in places.values()), default=0.0) + WIDTH
    high = max((y for _, y in places.values()), default=0.0) + HEIGHT
    figure = Figure(figsize=(max(2.0, 0.75 * wide), max(2.0, 0.75 * high)))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    axis.set_aspect("equal")
    axis.set_xlim(-WIDTH / 2, wide - WIDTH / 2)
    axis.set_ylim(high - HEIGHT / 2, -HEIGHT / 2)
    _plates(axis, graph, places)
    shapes = {name: _shape(axis, node, places[name]) for name, node in graph.nodes.items()}
    for start, end in graph.arrows:
        axis.add_patch(
            FancyArrowPatch(
                places[start],
                places[end],
                patchA=shapes[start],
                patchB=shapes[end],
                arrowstyle="-|>",
                mutation_scale=12,
                linewidth=0.8,
                color="black",
                zorder=1,
            )
        )
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)


def layers(graph: Graph) -> dict[str, int]:
    """How deep each node stands: one more than the deepest of its parents that come before it.

    Arrows from later nodes, as from one round of a loop to the next, do not count.
    """
    depth: dict[str, int] = {}
    for name in graph.nodes:
        depth[name] = max((depth[a] + 1 for a, b in graph.arrows if b == name and a in depth), default=0)
    return depth


def layout(graph: Graph) -> dict[str, tuple[float, float]]:
    """Places by layer; within a layer nodes of a plate side by side, near the mean of their parents."""
    depth = layers(graph)
    places: dict[str, tuple[float, float]] = {}
    for layer in range(max(depth.values(), default=0) + 1):
        names = [name for name in graph.nodes if depth[name] == layer]

        def wish(name: str) -> tuple[tuple[int, ...], float]:
            parents = [places[a][0] for a, b in graph.arrows if b == name and a in places]
            return graph.nodes[name].plates, sum(parents) / len(parents) if parents else 0.0

        for column, name in zip(count(), sorted(names, key=wish), strict=False):
            places[name] = (column * WIDTH, layer * HEIGHT)
    widest = max((x for x, _ in places.values()), default=0.0)
    for layer in set(depth.values()):
        inside = [name for name in places if depth[name] == layer]
        shift = (widest - max(places[name][0] for name in inside)) / 2
        for name in inside:
            places[name] = (places[name][0] + shift, places[name][1])
    return places


def _shape(axis: Any, node: Node, place: tuple[float, float]) -> Any:
    x, y = place
    fill = "#d0d0d0" if node.kind in ("observed", "weight") else "white"
    edge = "none" if node.kind == "data" else "black"
    match node.kind:
        case "let":
            corners = [(x - 0.9, y), (x, y - 0.45), (x + 0.9, y), (x, y + 0.45)]
            patch: Any = Polygon(corners, facecolor=fill, edgecolor=edge, zorder=2)
        case "weight":
            patch = FancyBboxPatch(
                (x - 0.7, y - 0.3),
                1.4,
                0.6,
                boxstyle="square,pad=0",
                facecolor=fill,
                edgecolor=edge,
                zorder=2,
            )
        case _:
            width, height = (1.2, 0.5) if node.kind == "data" else (1.8, 1.0)
            patch = Ellipse(place, width, height, facecolor=fill, edgecolor=edge, zorder=2)
    axis.add_patch(patch)
    axis.text(x, y, label(node), ha="center", va="center", fontsize=8, zorder=3)
    return patch


def _plates(axis: Any, graph: Graph, places: dict[str, tuple[float, float]]) -> None:
    for plate, title in enumerate(graph.plates):
        inside = [node for node in graph.nodes.values() if plate in node.plates]
        if not inside:
            continue
        deeper = max(len(node.plates) - node.plates.index(plate) - 1 for node in inside)
        pad = 0.12 * deeper
        xs = [places[node.name][0] for node in inside]
        ys = [places[node.name][1] for node in inside]
        left, top = min(xs) - 1.0 - pad, min(ys) - 0.6 - pad
        width, height = max(xs) - min(xs) + 2.0 + 2 * pad, max(ys) - min(ys) + 1.3 + 2 * pad
        axis.add_patch(
            FancyBboxPatch(
                (left, top),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=0.1",
                facecolor="none",
                edgecolor="#808080",
                linewidth=0.8,
                zorder=0,
            )
        )
        axis.text(
            left + width - 0.05,
            top + height - 0.03,
            title,
            ha="right",
            va="bottom",
            fontsize=7,
            color="#505050",
            zorder=3,
        )
