"""Flow along a weighted graph that may have cycles: x = inflow + (what comes along the edges).

Strongly connected components (Tarjan, SIAM J. Comput. 1, 1972) are settled one after the other; one
with a cycle is a linear system (I - Aᵀ) x = b, solved by eliminating states, exactly in rationals as
long as the work fits (Kemeny & Snell, Finite Markov Chains, 1960, theorem 3.3.5: absorbing chains).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import exp, inf, log
from typing import TypeAlias, TypeVar

from pplc.semantics.formula import Formula, is_open
from pplc.semantics.measure import is_zero, times, total
from pplc.semantics.number import IMPOSSIBLE, LogRat, LogWeight

Links: TypeAlias = Sequence[Sequence[tuple[int, LogWeight]]]
"""For each node the nodes its edges lead to, with their weights."""

Number = TypeVar("Number", Fraction, float)

MOST_WORK = 200_000
"""Multiplications of rationals that one system may take before it is solved in floats."""


class Diverges(ArithmeticError):
    """The weights of a cycle add up to infinity."""


class TooLarge(ArithmeticError):
    """A system has too many unknowns."""


def flow(
    inflow: Sequence[LogWeight], links: Links, fit: Callable[[LogWeight], LogWeight], *, gains: bool = False
) -> list[LogWeight]:
    """The log of x with x_v = inflow_v + Σ over edges u → v of x_u · weight; `fit` bounds the digits.

    gains: weights may be above 1. That what comes back adds up is then assumed of formulas: all pivots are
    positive (Hawkins & Simon, Econometrica 17, 1949).

    Raises `Diverges` if no finite x ≥ 0 solves this, `TooLarge` if a cycle has too many nodes.
    """
    arriving: list[list[LogWeight]] = [[] if is_zero(weight) else [weight] for weight in inflow]
    found: list[LogWeight] = [IMPOSSIBLE] * len(arriving)
    for part in reversed(components([[j for j, _ in row] for row in links])):
        settled = _settled(part, arriving, links, gains=gains)
        for node, weight in zip(part, settled, strict=True):
            found[node] = fit(weight)
        inside = set(part) if len(part) > 1 else {part[0]}
        for node in part:
            if is_zero(found[node]):
                continue
            for target, weight in links[node]:
                if target not in inside:
                    arriving[target].append(times(found[node], weight))
    return found


def _settled(
    part: list[int], arriving: list[list[LogWeight]], links: Links, *, gains: bool
) -> list[LogWeight]:
    """The flow through the nodes of one component, given what arrives from outside it."""
    inflow = [total(arriving[node]) if arriving[node] else IMPOSSIBLE for node in part]
    if all(map(is_zero, inflow)):
        return [IMPOSSIBLE] * len(part)
    place = {node: k for k, node in enumerate(part)}
    rows: list[dict[int, list[LogWeight]]] = [{} for _ in part]
    for node in part:
        for target, weight in links[node]:
            if target in place and not is_zero(weight):
                rows[place[node]].setdefault(place[target], []).append(weight)
    if not any(rows):
        return inflow
    inner = [{j: total(weights) for j, weights in row.items()} for row in rows]
    rational = all(isinstance(w, LogRat) for w in (*inflow, *(w for row in inner for w in row.values())))
    if rational:
        exact = _eliminated(
            [_value(weight) for weight in inflow],
            [{j: _value(weight) for j, weight in row.items()} for row in inner],
            Fraction(1),
            50 * MOST_WORK
            if any(is_open(_value(weight)) for row in inner for weight in row.values())
            else MOST_WORK,
            gains=gains,
        )
        if exact is not None:
            return [LogRat(x) for x in exact]
    largest = max(map(float, inflow))
    solved = _eliminated(
        [exp(float(weight) - largest) for weight in inflow],
        [{j: exp(float(weight)) for j, weight in row.items()} for row in inner],
        1.0,
        50 * MOST_WORK,
    )
    if solved is None:
        raise TooLarge
    return [log(x) + largest if x > 0 else -inf for x in solved]


def _eliminated(
    arriving: list[Number], ahead: list[dict[int, Number]], one: Number, most: int, *, gains: bool = False
) -> list[Number] | None:
    """The solution by eliminating states, least connected first; None if it takes too much work.

    What passes through an eliminated state k goes on in the shares a_kj / (1 - a_kk).
    """
    back: list[dict[int, Number]] = [{} for _ in ahead]
    for i, row in enumerate(ahead):
        for j, weight in row.items():
            back[j][i] = weight
    queue: list[tuple[int, int]] = [(len(ahead[node]) * len(back[node]), node) for node in range(len(ahead))]
    heapify(queue)
    done = [False] * len(ahead)
    order: list[tuple[int, Number, dict[int, Number]]] = []
    work = 0
    k: int
    while queue:
        degree, k = heappop(queue)
        if done[k] or degree != len(ahead[k]) * len(back[k]):
            continue
        done[k] = True
        work += degree + 1
        if work > most:
            return None
        stays = one - ahead[k].pop(k, 0 * one)
        back[k].pop(k, None)
        if isinstance(stays, Formula):
            if gains:
                stays.assume_positive()
        elif stays <= 0:
            raise Diverges
        order.append((k, stays, back[k]))
        for j, out in ahead[k].items():
            del back[j][k]
            share = out / stays
            arriving[j] += arriving[k] * share
            for i, into in back[k].items():
                ahead[i][j] = back[j][i] = ahead[i].get(j, 0 * one) + into * share
        for i in back[k]:
            del ahead[i][k]
        for i in {*ahead[k], *back[k]}:
            heappush(queue, (len(ahead[i]) * len(back[i]), i))
    solved = [0 * one] * len(ahead)
    for last, remains, before in reversed(order):
        coming = sum((solved[i] * weight for i, weight in before.items()), arriving[last])
        solved[last] = coming / remains
    return solved


def _value(weight: LogWeight) -> Fraction:
    assert isinstance(weight, LogRat)
    return weight.value


def components(successors: Sequence[Sequence[int]]) -> list[list[int]]:
    """The strongly connected components, each after all that it leads to."""
    found: list[list[int]] = []
    number = [-1] * len(successors)
    lowest = [0] * len(successors)
    on_stack = [False] * len(successors)
    stack: list[int] = []
    count = 0
    for root in range(len(successors)):
        if number[root] >= 0:
            continue
        todo = [(root, 0)]
        while todo:
            node, at = todo.pop()
            if at == 0:
                number[node] = lowest[node] = count
                count += 1
                stack.append(node)
                on_stack[node] = True
            children = successors[node]
            descended = False
            for k in range(at, len(children)):
                child = children[k]
                if number[child] < 0:
                    todo.append((node, k + 1))
                    todo.append((child, 0))
                    descended = True
                    break
                if on_stack[child]:
                    lowest[node] = min(lowest[node], number[child])
            if descended:
                continue
            if lowest[node] == number[node]:
                part: list[int] = []
                while True:
                    member = stack.pop()
                    on_stack[member] = False
                    part.append(member)
                    if member == node:
                        break
                found.append(part)
            if todo:
                parent = todo[-1][0]
                lowest[parent] = min(lowest[parent], lowest[node])
    return found
