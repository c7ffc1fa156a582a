"""The convex program behind unique information (BROJA), with its certificate.

Bertschinger, Rauh, Olbrich, Jost & Ay (2014) minimise I_Q(t; x1 x2) over the laws Q that have the (t, x1)
and (t, x2) margins of P; that is, f(Q) = Σ q ln(q / q(., x1, x2)) = -H_Q(t | x1 x2).

- Path: f(Q) - mu Σ w ln q with w = p(t, x1) p(t, x2) / p(t). This w is itself feasible, and where the
  path begins; on the path, q s = mu w with the dual slacks s, the gap is mu. Steps are primal–dual.
- Newton: the Hessian of one (x1, x2) block is diagonal minus rank one. With the block totals kept as
  unknowns, as Sherman & Morrison do, the margins' multipliers a(t, x1), b(t, x2) fall apart into one
  system per t, and a dense one over the blocks is left.
- Certificate: the dual is max Σ a p(t, x1) + Σ b p(t, x2) subject to Σ_t exp(a + b) ≤ 1 for every
  (x1, x2) (Makkeh, Theis & Vicente 2018). Multipliers lowered by their largest violation are feasible, so
  that primal - dual bounds the error of any answer, however it was found.

Arrays only, one axis of tables in front: all tables of a call take their Newton steps together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.information.table import Floats, no_law

TOLERANCE = 1e-10
"""Nats between primal and dual at which a table is done; 1e-8 bit are 7e-9."""

STEPS = 200
"""Most Newton steps; a table that has not met the tolerance keeps its best certificate."""

SHRINK = 0.1
"""What the next point of the path is aimed at, as a part of the present gap."""

TINY = 1e-14
"""Probabilities of margins that the solver leaves out, and its certificate does not."""

MOST_AT_ONCE = 8_000_000
"""Numbers in the largest arrays of one step, t x1 x2 (x1 + x2) or (x1 x2)² for every table: 64 MB."""

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Certified:
    """Bounds of min f over Q, in nats, for each of k tables.

    primal: f of `law`, shape [k]; attained.
    dual:   a value that f cannot go below, shape [k].
    law:    the optimal Q, shape [k, t, x1, x2].
    steps:  Newton steps taken, shape [k].
    """

    primal: Floats
    dual: Floats
    law: Floats
    steps: npt.NDArray[np.int64]


def minimise(tables: npt.ArrayLike, tolerance: float = TOLERANCE, steps: int = STEPS) -> Certified:
    """Solves the program of every table of shape [k, t, x1, x2]; zeros are allowed anywhere.

    Tables of fewer values may be padded with zeros to the shape of the others.
    """
    p = np.asarray(tables, dtype=np.float64)
    if p.ndim != 4 or not (p >= 0).all():
        raise no_law("tables are an array [k, t, x1, x2] of masses, none of them negative")
    cells, margins = p[:1, :1].size, sum(p.shape[2:])
    together = max(1, MOST_AT_ONCE // max(1, cells**2, p[:1].size * margins))
    if len(p) > together:
        parts = [minimise(p[k : k + together], tolerance, steps) for k in range(0, len(p), together)]
        return Certified(
            np.concatenate([part.primal for part in parts]),
            np.concatenate([part.dual for part in parts]),
            np.concatenate([part.law for part in parts]),
            np.concatenate([part.steps for part in parts]),
        )
    whole1, whole2 = p.sum(3), p.sum(2)
    laws = _product(whole1, whole2)
    primal = _objective(laws)
    dual = np.maximum(_alone(whole1), _alone(whole2))
    taken = np.zeros(len(p), dtype=np.int64)
    left = np.flatnonzero(primal - dual > tolerance)
    first, second = _kept(whole1[left]), _kept(whole2[left])
    weights = _product(first, second)
    q, s, mu = weights.copy(), (weights > 0).astype(np.float64), np.ones(len(left))
    for step in range(1, steps + 1):
        if not left.size:
            break
        q, s, a, b, part = _newton(q, s, weights, mu, first, second)
        lower = _dual(a, b, whole1[left], whole2[left], first > 0, second > 0)
        upper = _objective(q)
        taken[left] = step
        better = upper < primal[left]
        primal[left] = np.where(better, upper, primal[left])
        laws[left[better]] = q[better]
        dual[left] = np.fmax(dual[left], lower)
        going = (primal[left] - dual[left] > tolerance) & np.isfinite(upper)
        # A step cut short has left the path: aim less far. Beyond the tolerance there is nothing to gain.
        mu = np.maximum(SHRINK, 1 - part) * (q * s).sum((1, 2, 3))
        mu = np.maximum(mu, tolerance / 20)
        q, s, weights, mu, left = q[going], s[going], weights[going], mu[going], left[going]
        first, second = first[going], second[going]
    return Certified(primal, dual, laws, taken)


def _alone(margin: Floats) -> Floats:
    """-H(t | x) of margins [k, t, x]: a = ln p(t | x1), b = 0 are feasible multipliers."""
    return _objective(margin[:, :, :, None])


def _kept(margin: Floats) -> Floats:
    """A margin without what is too small to move any answer, but large enough to spoil the equations.

    Values of t go as a whole, and others as parts of p(t, .), which still sums to p(t): the two margins
    stay consistent.
    """
    total = margin.sum(2, keepdims=True)
    kept = np.where((margin > TINY * total) & (total > TINY), margin, 0.0)
    sums = kept.sum(2, keepdims=True)
    result: Floats = kept * np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)
    return result


def _product(first: Floats, second: Floats) -> Floats:
    """p(t, x1) p(t, x2) / p(t); shapes [k, t, x1], [k, t, x2]."""
    total = first.sum(2)
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    result: Floats = first[:, :, :, None] * second[:, :, None, :] * inverse[:, :, None, None]
    return result


def _objective(q: Floats) -> Floats:
    """f of each table, shape [k]."""
    block = q.sum(1, keepdims=True)
    ratio = np.divide(q, block, out=np.ones_like(q), where=q > 0)
    result: Floats = (q * np.log(ratio)).sum((1, 2, 3))
    return result


def _dual(a: Floats, b: Floats, first: Floats, second: Floats, seen1: Mask, seen2: Mask) -> Floats:
    """The dual value of multipliers, lowered until they are feasible; shape [k].

    Those of margins that were left out are free: low enough not to count among the others.
    """
    a = np.where(seen1, a, -50 - np.where(seen2, b, -np.inf).max(2, initial=0.0)[:, :, None])
    b = np.where(seen2, b, -50 - np.where(seen1, a, -np.inf).max(2, initial=0.0)[:, :, None])
    possible = (first > 0)[:, :, :, None] & (second > 0)[:, :, None, :]
    sums = np.where(possible, np.exp(np.minimum(a[:, :, :, None] + b[:, :, None, :], 700)), 0.0).sum(1)
    excess = np.log(np.maximum(sums.max((1, 2)), 1e-300))
    result: Floats = (a * first).sum((1, 2)) + (b * second).sum((1, 2)) - excess
    return result


def _newton(
    q: Floats, s: Floats, weights: Floats, mu: Floats, first: Floats, second: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """One damped step from q and its slacks s: the new q and s, the multipliers a, b, and how much of it.

    With block totals Q, Hessian diag(1/d) - 1/Q where d = q / (1 + s), gradient g = ln(q/Q) - mu w / q,
    and z = (change of Q) / Q, the change of q is d (a + b + z - g). That it keeps the margins (up to their
    residual r) and adds up to Q z gives

        L(a, b) + C z = r + A d g,      C'(a, b) - (Q - Σ d) z = Σ_t d g,

    where L = A d A' is block diagonal over t, and nothing is divided by the vanishing Q - Σ d.
    """
    k, _, n1, n2 = q.shape
    allowed = weights > 0
    block = q.sum(1, keepdims=True)
    safe = np.where(allowed, q, 1.0)
    aimed = mu[:, None, None, None] * weights / safe
    gradient = np.where(allowed, np.log(safe / np.where(block > 0, block, 1.0)) - aimed, 0.0)
    d = q / (1 + s)
    slack = (d * s).sum(1).reshape(k, n1 * n2)  # Q - Σ d without cancellation
    pulled = d * gradient
    inverse = _inverses(d, first > 0, second > 0)
    rows = np.concatenate([pulled.sum(3) + first - q.sum(3), pulled.sum(2) + second - q.sum(2)], axis=2)
    base = np.einsum("ktij,ktj->kti", inverse, rows)
    spread = base[:, :, :n1, None] + base[:, :, None, n1:]  # a + b at z = 0
    right = ((d * spread).sum(1) - pulled.sum(1)).reshape(k, n1 * n2)
    # Σ_t (A d_t)' L_t⁻¹ (A d_t), as one product of matrices over t and the margins.
    spread_out = d.reshape(k, -1, n1 * n2, 1) * _margins_of(n1, n2)
    along = (spread_out @ inverse).transpose(0, 2, 1, 3).reshape(k, n1 * n2, -1)
    small = along @ spread_out.transpose(0, 1, 3, 2).reshape(k, -1, n1 * n2)
    z = _solved(small, slack, right).reshape(k, 1, n1, n2)
    weighed = d * z
    change = np.concatenate([weighed.sum(3), weighed.sum(2)], axis=2)
    solved = base - np.einsum("ktij,ktj->kti", inverse, change)
    a, b = solved[:, :, :n1], solved[:, :, n1:]
    relative = np.where(allowed, (a[:, :, :, None] + b[:, :, None, :] + z - gradient) / (1 + s), 0.0)
    turn = np.where(allowed, aimed - s - s * relative, 0.0)
    size, other = _longest(relative), _longest(np.where(allowed, turn / np.where(allowed, s, 1.0), 0.0))
    part = np.minimum(size, other)[:, 0, 0, 0]
    return _balanced(q * (1 + size * relative), first, second), s + other * turn, a, b, part


@cache
def _margins_of(n1: int, n2: int) -> Floats:
    """A': 1 where a cell (x1, x2) belongs to a margin, shape [x1 x2, n1 + n2]."""
    return np.concatenate([np.repeat(np.eye(n1), n2, axis=0), np.tile(np.eye(n2), (n1, 1))], axis=1)


def _longest(relative: Floats) -> Floats:
    """The part of a step, at most 1, after which nothing has lost more than 95 %; shape [k, 1, 1, 1]."""
    down = np.maximum(-relative, 0.0).max((1, 2, 3))
    part: Floats = np.minimum(1.0, 0.95 / np.maximum(down, 1e-300))[:, None, None, None]
    return part


def _solved(matrix: Floats, diagonal: Floats, right: Floats) -> Floats:
    """The solution for a positive definite matrix + diagonal, scaled to a diagonal of ones."""
    each = np.arange(matrix.shape[1], dtype=np.int64)
    matrix[:, each, each] += diagonal
    size: Floats = matrix[:, each, each]
    root = np.where(size > 0, 1 / np.sqrt(np.where(size > 0, size, 1.0)), 0.0)
    matrix *= root[:, :, None] * root[:, None, :]
    matrix[:, each, each] = 1 + 1e-15
    found = np.linalg.solve(matrix, (root * right)[..., None])[..., 0].astype(np.float64, copy=False)
    return root * found


def _inverses(d: Floats, seen1: Mask, seen2: Mask) -> Floats:
    """Inverses of L for every t, shape [k, t, n1 + n2, n1 + n2], made regular.

    Margins that are 0 have no cells: their rows and columns are 0 in the inverse. The two halves of the
    others have the same sum, so that (1, -1) is in the kernel: a square of its side is added, which
    changes no solution.
    """
    n1, n2 = d.shape[2:]
    matrix: Floats = np.zeros((*d.shape[:2], n1 + n2, n1 + n2))
    matrix[:, :, :n1, n1:] = d
    matrix[:, :, n1:, :n1] = d.swapaxes(2, 3)
    size = np.concatenate([d.sum(3), d.sum(2)], axis=2)
    seen = np.concatenate([seen1, seen2], axis=2)
    root = np.where(seen, 1 / np.sqrt(np.where(seen, size, 1.0)), 0.0)
    matrix *= root[..., :, None] * root[..., None, :]
    kernel = np.where(seen, np.sqrt(size), 0.0)
    kernel[..., n1:] *= -1
    kernel /= np.sqrt(np.maximum((kernel**2).sum(2, keepdims=True), 1e-300))
    matrix += kernel[..., :, None] * kernel[..., None, :]
    each = np.arange(n1 + n2, dtype=np.int64)
    matrix[:, :, each, each] += 1
    inverse = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    return root[..., :, None] * inverse * root[..., None, :]


def _balanced(q: Floats, first: Floats, second: Floats) -> Floats:
    """q with its margins corrected by scaling: what rounding has moved, not more."""
    for _ in range(2):
        sums = q.sum(3)
        q = q * np.divide(first, sums, out=np.zeros_like(sums), where=sums > 0)[..., None]
        sums = q.sum(2)
        q = q * np.divide(second, sums, out=np.zeros_like(sums), where=sums > 0)[:, :, None, :]
    return q
