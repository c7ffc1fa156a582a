"""The children of a syntax node, whatever its kind: for passes that look for a few kinds only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import cast

from pplc.lang.syntax import Lambda, Node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node, in source order."""
    for field in fields(node):
        if field.name != "span" and field.name != "name_span":
            yield from _nodes(getattr(node, field.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in cast(tuple[object, ...], value):
            yield from _nodes(item)


def within(node: Node) -> Iterator[Node]:
    """Every node at or below a node, but not inside anonymous functions, in source order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if not isinstance(current, Lambda):
            stack.extend(reversed(list(children(current))))
