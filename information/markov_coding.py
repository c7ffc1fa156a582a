"""Markov coding games: a message said through the actions of a policy, none of whose laws changes.

A sender knows a message M and acts in a Markov decision process in the place of a policy π; a receiver sees
states and actions. At every step the sender couples the belief b about M, which all can compute from what
has happened, with π(· | s), and draws the action given the message from the coupling. Averaged over
M, the action given the history has the law π(· | s) exactly, so that nobody who does not look for the message
sees a difference, and no reward is lost; a coupling of little entropy makes the action say much.
Sokota et al. (2022), "Communicating via Markov decision processes" (MEME), algorithm 1.

Everything here is enumerated; with `Fraction`s all of it is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pplc.information.entropy import mutual_information
from pplc.information.table import Probability, Table
from pplc.semantics.couplings import Coupling, greedy_coupling, least_coupling

Law: TypeAlias = Mapping[Hashable, Probability]
History: TypeAlias = tuple[tuple[Hashable, Hashable], ...]
"""What the receiver sees: pairs of a state and the action taken in it."""

Episodes: TypeAlias = Mapping[tuple[Hashable, History], Probability]
"""The joint law of the message and everything that happens."""

SMALL = 4
"""Values of both laws up to which the coupling of least entropy is used instead of the greedy one."""


@dataclass(frozen=True, slots=True)
class Game:
    """A Markov decision process with a policy, and the message to be said in it.

    message: the law of the message.
    start:   the law of the first state.
    policy:  of a state, the law of the action: what must be preserved.
    step:    of a state and an action, the law of the next state; empty where the episode ends.
    horizon: actions at most.
    """

    message: Law
    start: Law
    policy: Callable[[Hashable], Law]
    step: Callable[[Hashable, Hashable], Law]
    horizon: int


def couple_laws(p: Law, q: Law) -> Mapping[tuple[Hashable, Hashable], Probability]:
    """A joint law of little entropy with margins p and q."""
    rows, columns = list(p), list(q)
    margins = list(p.values()), list(q.values())
    joint: Coupling
    if max(len(rows), len(columns)) <= SMALL:
        joint, _ = least_coupling(*margins)
    else:
        joint = greedy_coupling(margins)
    return {(rows[i], columns[j]): mass for (i, j), mass in joint.items() if mass > 0}


def play(game: Game) -> Episodes:
    """The joint law of message and history: the sender's, with the policy's action laws."""
    episodes: dict[tuple[Hashable, History], Probability] = {}

    def go(history: History, state: Hashable, reached: Probability, belief: Law, left: int) -> None:
        """`reached`: the probability of history and state; `belief`: the law of the message given them."""
        if left == 0:
            finish(history, reached, belief)
            return
        joint = couple_laws(belief, game.policy(state))
        for action in dict.fromkeys(action for _, action in joint):
            masses = {message: mass for (message, other), mass in joint.items() if other == action}
            chance = sum(masses.values())
            updated = {message: mass / chance for message, mass in masses.items()}
            seen = (*history, (state, action))
            following = game.step(state, action)
            if not following:
                finish(seen, reached * chance, updated)
            for after, p in following.items():
                if p > 0:
                    go(seen, after, reached * chance * p, updated, left - 1)

    def finish(history: History, reached: Probability, belief: Law) -> None:
        for message, share in belief.items():
            key = message, history
            episodes[key] = episodes.get(key, 0) + reached * share

    message = {value: p for value, p in game.message.items() if p > 0}
    for state, p in game.start.items():
        if p > 0:
            go((), state, p, message, game.horizon)
    return episodes


def action_laws(episodes: Episodes) -> Mapping[tuple[History, Hashable], Law]:
    """The law of the next action given what was seen before and the state, the message averaged out.

    Recomputed from the joint law alone, so that it can be held against the policy.
    """
    masses: dict[tuple[History, Hashable], dict[Hashable, Probability]] = {}
    for (_, history), probability in episodes.items():
        for k, (state, action) in enumerate(history):
            law = masses.setdefault((history[:k], state), {})
            law[action] = law.get(action, 0) + probability
    return {
        place: {action: mass / sum(law.values()) for action, mass in law.items()}
        for place, law in masses.items()
    }


def preserves_policy(game: Game, episodes: Episodes) -> bool:
    """Whether every action has the policy's law, exactly, whatever happened before."""
    return all(
        law == {action: p for action, p in game.policy(state).items() if p > 0}
        for (_, state), law in action_laws(episodes).items()
    )


def information(episodes: Episodes) -> float:
    """I(message; history) in nats: what the episode says of the message, at most H(message)."""
    return mutual_information(Table.of(episodes, ("message", "history")), "message", "history")


def decode(episodes: Episodes) -> Mapping[History, Hashable]:
    """The likeliest message of every history; of equally likely ones the first."""
    best: dict[History, tuple[Hashable, Probability]] = {}
    for (message, history), probability in episodes.items():
        if history not in best or probability > best[history][1]:
            best[history] = message, probability
    return {history: message for history, (message, _) in best.items()}


def accuracy(episodes: Episodes) -> Probability:
    """The probability that the receiver decodes the message rightly."""
    decoded = decode(episodes)
    return sum(p for (message, history), p in episodes.items() if decoded[history] == message)
