"""Markov coding games, enumerated in rationals: the policy is preserved and the message gets through."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.information.markov_coding import (
    Game,
    accuracy,
    action_laws,
    couple_laws,
    decode,
    information,
    play,
    preserves_policy,
)

HALF = Fraction(1, 2)


def free(messages: int, actions: int, horizon: int) -> Game:
    """One state, uniform actions: a noiseless channel of `horizon` letters."""
    law: dict[Hashable, Fraction] = {k: Fraction(1, actions) for k in range(actions)}
    return Game(
        {k: Fraction(1, messages) for k in range(messages)},
        {0: Fraction(1)},
        lambda _: law,
        lambda _, __: {0: Fraction(1)},
        horizon,
    )


def corridor(message: Mapping[Hashable, Fraction]) -> Game:
    """States 0 to 3; left or right with odds that depend on the state, and a step that may slip."""

    def policy(state: Hashable) -> Mapping[Hashable, Fraction]:
        assert isinstance(state, int)
        right = Fraction(state + 3, 8)
        return {"right": right, "left": 1 - right}

    def step(state: Hashable, action: Hashable) -> Mapping[Hashable, Fraction]:
        assert isinstance(state, int)
        if state == 3:
            return {}
        target = min(state + 1, 3) if action == "right" else max(state - 1, 0)
        return {target: Fraction(3, 4), state: Fraction(1, 4)} if target != state else {state: Fraction(1)}

    return Game(message, {0: HALF, 1: HALF}, policy, step, 4)


def test_a_uniform_policy_says_everything_it_has_room_for() -> None:
    game = free(messages=4, actions=2, horizon=2)
    episodes = play(game)
    assert accuracy(episodes) == 1
    assert information(episodes) == pytest.approx(log(4))
    assert preserves_policy(game, episodes)
    assert len(set(decode(episodes).values())) == 4


def test_an_action_cannot_say_more_than_its_entropy() -> None:
    episodes = play(free(messages=4, actions=2, horizon=1))
    assert information(episodes) == pytest.approx(log(2))
    assert accuracy(episodes) == HALF


def test_the_policy_is_preserved_exactly_in_every_history() -> None:
    game = corridor({"a": Fraction(1, 2), "b": Fraction(1, 3), "c": Fraction(1, 6)})
    episodes = play(game)
    assert sum(episodes.values()) == 1
    assert preserves_policy(game, episodes)
    for (_, state), law in action_laws(episodes).items():
        assert law == game.policy(state)
    for message, chance in game.message.items():
        assert sum(p for (m, _), p in episodes.items() if m == message) == chance
    assert 0.9 < information(episodes) / log(2) <= 1.46


def test_a_sender_who_ignores_the_policy_is_seen() -> None:
    game = corridor({"a": HALF, "b": HALF})
    honest = play(game)
    shifted = {
        key: p + (Fraction(1, 1000) if k == 0 else Fraction(-1, 1000) if k == 1 else 0)
        for k, (key, p) in enumerate(honest.items())
    }
    assert not preserves_policy(game, shifted)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_any_message_leaves_the_policy_as_it_is(weights: list[int]) -> None:
    game = corridor({k: Fraction(w, sum(weights)) for k, w in enumerate(weights)})
    episodes = play(game)
    assert preserves_policy(game, episodes)
    assert max(game.message.values()) <= accuracy(episodes) <= 1


def test_laws_of_many_values_are_coupled_as_well() -> None:
    p: dict[Hashable, Fraction] = {k: Fraction(k + 1, 21) for k in range(6)}
    q: dict[Hashable, Fraction] = {"a": Fraction(1, 3), "b": Fraction(2, 3)}
    joint = couple_laws(p, q)
    assert all(sum(m for (row, _), m in joint.items() if row == k) == p[k] for k in p)
    assert all(sum(m for (_, column), m in joint.items() if column == k) == q[k] for k in q)
