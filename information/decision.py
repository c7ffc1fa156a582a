"""The best decision within limits of what it says of a protected attribute.

Hamman & Dutta (2024), definition 6 (AGLFOP): the expected score is linear in p(yhat | z, s, y), and the
information that is limited convex in it. A barrier method with its dual bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pplc.information.entropy import Names, listed
from pplc.information.table import Floats, Outcome, Table, no_law, too_many

TOLERANCE = 4e-9
"""Between the value of a decision and the bound of all of them."""

MOST_UNKNOWNS = 2000
"""Probabilities p(yhat | what is seen) that are looked for: the solver's matrices have as many rows."""


@dataclass(frozen=True, slots=True)
class Limit:
    """I(yhat; about | given) is at most so many nats; 0 asks for (conditional) independence."""

    about: Names
    most: float
    given: Names = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The best decision: its expected score is `lower`, and that of no decision exceeds `upper`.

    rule:        p(yhat | what is seen) by the joint value of what is seen, those that happen.
    information: what the rule makes of every limited information, in nats.
    """

    lower: float
    upper: float
    rule: Mapping[Outcome, Floats]
    information: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Restricted:
    """A limit as matrices: p(part | cell) for the joint values of (about, given), and of given alone.

    parts:  shape [part, cell]; every column sums to 1.
    wholes: shape [whole, cell]; likewise.
    owner:  the whole that each part belongs to.
    """

    most: float
    parts: Floats
    wholes: Floats
    owner: npt.NDArray[np.int64]

    def joint(self, mass: Floats) -> tuple[Floats, Floats]:
        """p(about, given, yhat) and p(given, yhat)."""
        return self.parts @ mass, self.wholes @ mass


def decide(
    table: Table,
    y: str,
    sees: Sequence[str],
    limits: Sequence[Limit] = (),
    score: npt.ArrayLike | None = None,
) -> Decision:
    """The decision yhat of largest expected score from what it sees, with limits of what it says.

    y:     what is to be guessed.
    sees:  the variables that the decision may depend on.
    score: of deciding yhat where y is true, [y, yhat]; by default 1 where they are equal: accuracy.

    With `sees` z, s and y, and limits of I(yhat; z) and I(yhat; z | s), this is AGLFOP of Hamman & Dutta
    (2024), definition 6: linear in the decision, with constraints that are convex in it. Solved by a
    barrier; the bound is Lagrange's dual, in which information is bounded from below by its tangent,
    I ≥ Σ q ln(q0(yhat | z) / q0(yhat)), and independence priced by functions of mean 0.

    >>> from math import log
    >>> table = Table.of({"00": 0.35, "01": 0.15, "10": 0.1, "11": 0.4}, ("z", "y"))
    >>> round(decide(table, "y", ["z", "y"], [Limit("z", 0)]).lower, 6)
    0.75
    """
    sees = tuple(dict.fromkeys(sees))
    law = table.marginal(*sees)
    places = {outcome: k for k, (outcome, _) in enumerate(law.items())}
    cells = np.array([float(p) for _, p in law.items()])
    values = table.values[table.axis(y)]
    gains = np.eye(len(values)) if score is None else np.asarray(score, dtype=np.float64)
    if gains.ndim != 2 or gains.shape[0] != len(values) or not np.isfinite(gains).all():
        raise no_law(f"a score is a matrix [y, yhat] with {len(values)} rows")
    seen, at = table.axes(sees), table.axis(y)
    gain = np.zeros((len(cells), gains.shape[1]))
    for outcome, p in table.items():
        gain[places[tuple(outcome[k] for k in seen)]] += float(p) * gains[values.index(outcome[at])]
    lower, upper, q, told = best_rule(cells, gain / cells[:, None], [limited(table, sees, x) for x in limits])
    return Decision(lower, upper, dict(zip(places, q, strict=True)), told)


def limited(table: Table, sees: Sequence[str], limit: Limit) -> Restricted:
    """A limit as matrices over the joint values of `sees` that happen, in the order of the table."""
    if not limit.most >= 0:
        raise no_law("information is not negative, and neither is a limit of it")
    sees = tuple(dict.fromkeys(sees))
    seen, given = table.axes(sees), table.axes(listed(limit.given))
    both = (*table.axes(listed(limit.about)), *given)
    cells = {outcome: k for k, (outcome, _) in enumerate(table.marginal(*sees).items())}
    parts: dict[tuple[Outcome, Outcome], int] = {}
    wholes: dict[Outcome, int] = {}
    masses: dict[tuple[int, int], float] = {}
    owner: list[int] = []
    for outcome, p in table.items():
        whole = tuple(outcome[k] for k in given)
        of = wholes.setdefault(whole, len(wholes))
        part = parts.setdefault((tuple(outcome[k] for k in both), whole), len(parts))
        if part == len(owner):
            owner.append(of)
        key = part, cells[tuple(outcome[k] for k in seen)]
        masses[key] = masses.get(key, 0.0) + float(p)
    joint = np.zeros((len(parts), len(cells)))
    for (part, cell), mass in masses.items():
        joint[part, cell] = mass
    joint /= joint.sum(0)
    belongs = np.array(owner, dtype=np.int64)
    return Restricted(limit.most, joint, _by_owner(joint, belongs), belongs)


def _by_owner(parts: Floats, owner: npt.NDArray[np.int64]) -> Floats:
    wholes = np.zeros((int(owner.max()) + 1, parts.shape[1]))
    np.add.at(wholes, owner, parts)
    return wholes


def best_rule(
    cells: Floats, gain: Floats, limits: Sequence[Restricted]
) -> tuple[float, float, Floats, tuple[float, ...]]:
    """The attained score, the bound of all, the rule [cell, yhat], and its informations in nats.

    cells: the probabilities of what is seen, all positive.
    gain:  the expected score of deciding yhat there, [cell, yhat].
    """
    if gain.size > MOST_UNKNOWNS:
        raise too_many(gain.size, MOST_UNKNOWNS)
    # No information exceeds the entropy of what is decided, or of what it is about.
    bites = [x for x in limits if x.most < min(np.log(gain.shape[1]), np.log(max(len(x.parts), 1)))]
    lower, upper, q = _barrier(cells, gain, bites)
    return lower, upper, q, tuple(max(_information(limit, cells, q)[0], 0.0) for limit in limits)


def _information(limit: Restricted, cells: Floats, q: Floats) -> tuple[float, Floats]:
    """I of the rule q [cell, yhat], and its tangent: the mean of ln q(yhat | z, s) / q(yhat | s) per cell.

    I is homogeneous and convex in q, so that the tangent is also a lower bound of it elsewhere.
    """
    part, whole = limit.joint(cells[:, None] * q)
    ratio = limit.parts.T @ np.log(part / (limit.parts @ cells)[:, None]) - limit.wholes.T @ np.log(
        whole / (limit.wholes @ cells)[:, None]
    )
    return float((cells[:, None] * q * ratio).sum()), ratio


def _curvature(limit: Restricted, cells: Floats, q: Floats) -> Floats:
    """The Hessian of I in q, [cell yhat, cell yhat]: diagonal in yhat."""
    part, whole = limit.joint(cells[:, None] * q)
    count, kinds = q.shape
    result = np.zeros((count, kinds, count, kinds))
    for k in range(kinds):
        up = limit.parts.T @ (limit.parts / part[:, k, None]) - limit.wholes.T @ (
            limit.wholes / whole[:, k, None]
        )
        result[:, k, :, k] = up * cells[:, None] * cells[None, :]
    return result.reshape(count * kinds, count * kinds)


def _independence(limit: Restricted, cells: Floats, kinds: int) -> Floats:
    """Rows that vanish where q(yhat | z, s) = q(yhat | s), [z s yhat, cell yhat]."""
    share = (limit.parts @ cells) / (limit.wholes @ cells)[limit.owner]  # p(z | s)
    rows = (limit.parts - share[:, None] * limit.wholes[limit.owner]) * cells
    result: Floats = np.einsum("rc,kl->rkcl", rows, np.eye(kinds)).reshape(len(rows) * kinds, -1)
    return result


def _barrier(cells: Floats, gain: Floats, limits: Sequence[Restricted]) -> tuple[float, float, Floats]:
    """The attained value, the bound of all, and the rule [cell, yhat]."""
    count, kinds = gain.shape
    soft = [limit for limit in limits if limit.most > 0]
    hard = [_independence(limit, cells, kinds) for limit in limits if limit.most == 0]
    sums = np.repeat(np.eye(count), kinds, axis=1)
    rows = np.concatenate([sums, *hard])
    _, sizes, right = np.linalg.svd(rows, full_matrices=True)
    rank = int((sizes > 1e-12 * sizes[0]).sum())
    free = right[rank:].T  # directions that keep all equations
    q = np.full((count, kinds), 1 / kinds)
    weights = np.repeat(cells, kinds)
    linear = (cells[:, None] * gain).ravel()
    best, bound, chosen = -np.inf, np.inf, q
    t = 1.0
    for _ in range(40):
        for _ in range(50):
            slope, curve = _derivatives(cells, q, linear, weights, soft, t)
            inner = free.T @ curve @ free
            # Near a vertex rounding can make this singular; the shortest step is then as good.
            move = np.asarray(-free @ np.linalg.lstsq(inner, free.T @ slope, rcond=None)[0], np.float64)
            fall = -float(slope @ move)
            q = _moved(cells, q, move.reshape(q.shape), linear, weights, soft, t, fall)
            if fall < 1e-9:
                break
        value = float(linear @ q.ravel())
        if value > best:
            best, chosen = value, q
        bound = min(bound, _bound(cells, gain, q, linear, weights, soft, rows, len(hard) > 0, t))
        if bound - best <= TOLERANCE or t > 1e11:
            break
        t *= 5
    return best, max(bound, best), chosen


def _derivatives(
    cells: Floats, q: Floats, linear: Floats, weights: Floats, soft: Sequence[Restricted], t: float
) -> tuple[Floats, Floats]:
    """Gradient and Hessian of -t score - Σ ln(most - I) - Σ w ln q."""
    flat = q.ravel()
    slope = -t * linear - weights / flat
    curve = np.diag(weights / flat**2)
    for limit in soft:
        value, ratio = _information(limit, cells, q)
        tangent = (cells[:, None] * ratio).ravel()
        room = limit.most - value
        slope = slope + tangent / room
        curve = curve + _curvature(limit, cells, q) / room + np.outer(tangent, tangent) / room**2
    return slope, curve


def _merit(
    cells: Floats, q: Floats, linear: Floats, weights: Floats, soft: Sequence[Restricted], t: float
) -> float:
    if not (q > 0).all():
        return np.inf
    rooms = [limit.most - _information(limit, cells, q)[0] for limit in soft]
    if not all(room > 0 for room in rooms):
        return np.inf
    return float(-t * linear @ q.ravel() - weights @ np.log(q.ravel()) - np.log(rooms).sum())


def _moved(
    cells: Floats,
    q: Floats,
    move: Floats,
    linear: Floats,
    weights: Floats,
    soft: Sequence[Restricted],
    t: float,
    fall: float,
) -> Floats:
    """The largest halving of the step that stays inside and lowers the barrier's function."""
    start, size = _merit(cells, q, linear, weights, soft, t), 1.0
    while size > 1e-12:
        new = q + size * move
        if _merit(cells, new, linear, weights, soft, t) <= start - 0.1 * size * fall + 1e-12 * abs(start):
            return new
        size /= 2
    return q


def _bound(
    cells: Floats,
    gain: Floats,
    q: Floats,
    linear: Floats,
    weights: Floats,
    soft: Sequence[Restricted],
    rows: Floats,
    priced: bool,
    t: float,
) -> float:
    """The dual value at the multipliers that q suggests: an upper bound whatever q is."""
    value, price = 0.0, np.zeros_like(q)
    slope = -linear - weights / q.ravel() / t
    for limit in soft:
        information, ratio = _information(limit, cells, q)
        multiplier = 1 / (t * (limit.most - information))
        value += multiplier * limit.most
        price += multiplier * ratio
        slope = slope + multiplier * (cells[:, None] * ratio).ravel()
    if priced:
        # Any multipliers of equations with right side 0 are allowed; those nearest to stationarity are best.
        multipliers = np.linalg.lstsq(rows.T, -slope, rcond=1e-12)[0]
        multipliers[: len(cells)] = 0.0
        price += (rows.T @ multipliers).reshape(q.shape) / cells[:, None]
    return value + float(cells @ (gain - price).max(1))
