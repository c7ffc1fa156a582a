"""Circles in who mentions whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def components(edges: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """The strongly connected components, each after those it leads to (Tarjan 1972).

    Names that are no keys are left out. Takes time linear in the number of edges, and no recursion.

    >>> list(components({"a": ["b"], "b": ["c"], "c": ["b"]}))
    [('b', 'c'), ('a',)]
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    for start in edges:
        if start in index:
            continue
        work = [(start, iter(tuple(edges[start])))]
        while work:
            name, rest = work[-1]
            if name not in index:
                index[name] = low[name] = len(index)
                path.append(name)
                on_path.add(name)
            for other in rest:
                if other not in edges:
                    continue
                if other not in index:
                    work.append((other, iter(tuple(edges[other]))))
                    break
                if other in on_path:
                    low[name] = min(low[name], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    position = _last(path, name)
                    found = path[position:]
                    del path[position:]
                    on_path.difference_update(found)
                    yield tuple(found)


def _last(path: list[str], name: str) -> int:
    """The position of a name near the end of a path."""
    position = len(path) - 1
    while path[position] != name:
        position -= 1
    return position


def circular(edges: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The names that lead back to themselves.

    >>> sorted(circular({"a": ["b"], "b": ["c"], "c": ["b"], "d": ["d"]}))
    ['b', 'c', 'd']
    """
    found: set[str] = set()
    for component in components(edges):
        if len(component) > 1 or any(name in edges[name] for name in component):
            found.update(component)
    return frozenset(found)
