"""Orders of elimination: the sums they go by are kept up to date, and what they say is what tables take."""

from __future__ import annotations

from math import isclose, log, prod

from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.inference.junction import Greedy, along, order

Network = tuple[list[int], list[tuple[tuple[int, ...], int]]]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Sizes of variables, and scopes with rows."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=9))
    scopes = st.lists(st.sets(st.integers(0, len(sizes) - 1), min_size=1, max_size=4), max_size=12)
    tables: list[tuple[tuple[int, ...], int]] = []
    for scope in draw(scopes):
        most = prod(sizes[v] for v in scope)
        tables.append((tuple(sorted(scope)), draw(st.integers(1, most))))
    return sizes, tables


@settings(max_examples=200)
@given(network=networks(), by_fill=st.booleans(), data=st.data())
def test_sums_over_neighbours_are_those_made_anew(
    network: Network, by_fill: bool, data: st.DataObject
) -> None:
    sizes, tables = network
    greedy = Greedy(sizes, tables, frozenset(), by_fill=by_fill)
    left = set(range(len(sizes)))
    while left:
        for v in left:
            near = greedy.near[v]
            assert near <= left - {v}
            if by_fill:
                assert greedy.gaps[v] == sum(b not in greedy.near[a] for a in near for b in near if a < b)
            assert isclose(greedy.weight[v], log(sizes[v]) + sum(log(sizes[n]) for n in near), abs_tol=1e-9)
            full = sum(greedy.full[factor] for factor in greedy.factors[v])
            assert isclose(greedy.fullness[v], full, abs_tol=1e-9)
        variable = data.draw(st.sampled_from(sorted(left)))
        left.discard(variable)
        changed = greedy.eliminate(variable, 1.0)
        assert changed <= left


@settings(max_examples=100)
@given(network=networks())
def test_every_variable_is_eliminated_once_and_those_kept_last(network: Network) -> None:
    sizes, tables = network
    kept = frozenset(range(0, len(sizes), 3))
    found = order(sizes, tables, kept)
    assert sorted(found.variables) == list(range(len(sizes)))
    assert set(found.variables[len(sizes) - len(kept) :]) == kept


def test_rows_are_those_of_the_tables_of_a_chain() -> None:
    chain = [((0,), 2), *(((t - 1, t), 4) for t in range(1, 10))]
    assert order([2] * 10, chain).rows == along([2] * 10, chain).rows == 9 * 4 + 2


def test_following_runs_pays_for_what_is_read_late() -> None:
    # A chain whose ends are read last; runs carry the first variable all the way, elimination need not.
    star = [*(((0, v), 4) for v in range(1, 12)), *(((v,), 2) for v in range(1, 12))]
    assert order([2] * 12, star).rows == 11 * 4 + 2
    assert along([2] * 12, star).rows > 2**11
