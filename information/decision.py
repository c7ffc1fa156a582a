"""The best decision within limits of what it says of a protected attribute.

Hamman & Dutta (2024), definition 6 (AGLFOP): the expected score is linear in p(yhat | z, s, y), and the
information that is limited convex in it. A barrier method with its dual bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pplc.information.entropy import mutual_information
from pplc.information.table import Floats, Table, no_law

TOLERANCE = 4e-9
"""Between the value of a decision and the bound of all of them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The best decision: its expected score is `lower`, and that of no decision exceeds `upper`.

    rule:   p(yhat | z, s, y), shape [z, s, y, yhat]; where (z, s, y) never happens, all are as likely.
    across: its I(z; yhat), in nats.
    within: its I(z; yhat | s), in nats.
    """

    lower: float
    upper: float
    rule: Floats
    across: float
    within: float


@dataclass(frozen=True, slots=True)
class _Limit:
    """I(z; yhat | client) ≤ most, with `parts` the number of (z, client) of each cell, `wholes` of client."""

    most: float
    parts: Floats
    wholes: Floats

    def joint(self, mass: Floats) -> tuple[Floats, Floats]:
        """p(z, client, yhat) and p(client, yhat)."""
        return self.parts @ mass, self.wholes @ mass


def decide(
    table: Table,
    y: str,
    z: str,
    s: str,
    across: float = np.inf,
    within: float = np.inf,
    score: npt.ArrayLike | None = None,
) -> Decision:
    """The decision yhat from (z, s, y) of largest expected score with limited disparity.

    across: the most that I(z; yhat) may be, in nats; 0 asks for independence.
    within: the most that I(z; yhat | s) may be.
    score:  of deciding yhat where y is true, [y, yhat]; by default 1 where they are equal: accuracy.

    Their AGLFOP (definition 6): linear in the decision, with constraints that are convex in it. Solved by a
    barrier; the bound is Lagrange's dual, in which information is bounded from below by its tangent,
    I ≥ Σ q ln(q0(yhat | z) / q0(yhat)), and independence priced by functions of mean 0.
    """
    law = table.marginal(z, s, y)
    p, places = law.floats, np.argwhere(law.probabilities > 0)
    gain = np.eye(p.shape[2]) if score is None else np.asarray(score, dtype=np.float64)
    if gain.ndim != 2 or gain.shape[0] != p.shape[2] or not np.isfinite(gain).all():
        raise no_law(f"a score is a matrix [y, yhat] with {p.shape[2]} rows")
    if not (across >= 0 and within >= 0):
        raise no_law("information is not negative, and neither is a limit of it")
    cells = p[tuple(places.T)]
    limits = [
        _limit(across, places[:, 0], np.zeros_like(places[:, 0])),
        _limit(within, places[:, 0], places[:, 1]),
    ]
    # No information exceeds the entropy of z: such a limit limits nothing.
    limits = [limit for limit in limits if limit.most < np.log(p.shape[0])]
    lower, upper, q = _barrier(cells, gain[places[:, 2]], limits)
    rule = np.full((*p.shape, gain.shape[1]), 1 / gain.shape[1])
    rule[tuple(places.T)] = q
    joint = Table.of_array(p[..., None] * rule, ("z", "s", "y", "yhat"))
    return Decision(
        lower,
        upper,
        rule,
        mutual_information(joint, "z", "yhat"),
        mutual_information(joint, "z", "yhat", "s"),
    )


def _limit(most: float, z: npt.NDArray[np.int64], client: npt.NDArray[np.int64]) -> _Limit:
    both = client * (int(z.max()) + 1) + z
    parts = (both[None, :] == np.unique(both)[:, None]).astype(np.float64)
    wholes = (client[None, :] == np.unique(client)[:, None]).astype(np.float64)
    return _Limit(most, parts, wholes)


def _information(limit: _Limit, cells: Floats, q: Floats) -> tuple[float, Floats]:
    """I of the rule q [cell, yhat], and its tangent: ln q(yhat | z, client) / q(yhat | client) per cell."""
    part, whole = limit.joint(cells[:, None] * q)
    ratio = np.log(
        (limit.parts.T @ (part / (limit.parts @ cells)[:, None]))
        / (limit.wholes.T @ (whole / (limit.wholes @ cells)[:, None]))
    )
    return float((cells[:, None] * q * ratio).sum()), ratio


def _curvature(limit: _Limit, cells: Floats, q: Floats) -> Floats:
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


def _independence(limit: _Limit, cells: Floats, kinds: int) -> Floats:
    """Rows that vanish where q(yhat | z, client) = q(yhat | client), [z client yhat, cell yhat]."""
    inside = (limit.parts @ limit.wholes.T > 0).astype(np.float64) @ limit.wholes
    rows = (limit.parts - _shares(limit, cells)[:, None] * inside) * cells
    result: Floats = np.einsum("rc,kl->rkcl", rows, np.eye(kinds)).reshape(len(rows) * kinds, -1)
    return result


def _shares(limit: _Limit, cells: Floats) -> Floats:
    """p(z | client) of every part."""
    own = limit.parts @ limit.wholes.T > 0
    return (limit.parts @ cells) / (own @ (limit.wholes @ cells))


def _barrier(cells: Floats, gain: Floats, limits: Sequence[_Limit]) -> tuple[float, float, Floats]:
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
    cells: Floats, q: Floats, linear: Floats, weights: Floats, soft: Sequence[_Limit], t: float
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
    cells: Floats, q: Floats, linear: Floats, weights: Floats, soft: Sequence[_Limit], t: float
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
    soft: Sequence[_Limit],
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
    soft: Sequence[_Limit],
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
