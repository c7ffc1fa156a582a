"""Linear algebra and covariance functions of Gaussian processes, as primitives."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import cast

from pplc.semantics import linalg
from pplc.semantics.faults import outside_function, shapes_differ, wrong_kind
from pplc.semantics.linalg import Row, Rows
from pplc.semantics.primitives_arithmetic import Primitive, Static, magnitude, plain, rank_of, to_float
from pplc.semantics.primitives_reductions import vector
from pplc.semantics.primitives_structure import counted
from pplc.semantics.values import Number, Value


def _entry(exact: bool, x: Number) -> Number:
    """Ints would divide to floats: rationals in exact runs, floats otherwise."""
    if exact:
        return Fraction(x) if isinstance(x, int) else x
    return to_float(x)


def row(name: str, exact: bool, value: Value) -> Row:
    """A vector of reals."""
    return tuple(_entry(exact, x) for x in vector(name, value))


def matrix(name: str, exact: bool, value: Value) -> Rows:
    """A rectangular matrix of reals."""
    value = plain(value)
    if not isinstance(value, tuple):
        raise wrong_kind(name, "a matrix", value)
    rows = tuple(row(name, exact, entry) for entry in value)
    for other in rows[1:]:
        if len(other) != len(rows[0]):
            raise shapes_differ(name, (len(rows[0]),), (len(other),))
    return rows


def matmul(static: Static, exact: bool, a: Value, b: Value) -> Value:  # noqa: ARG001
    """`a @ b` of matrices and vectors, as in NumPy."""
    a, b = plain(a), plain(b)
    axes = rank_of(a), rank_of(b)
    if a == () and b != ():
        return ()  # a matrix without rows
    if axes == (1, 1):
        return linalg.dot(row("@", exact, a), row("@", exact, b))
    if b == () and axes[0] == 2:
        return tuple(linalg.dot(left, ()) for left in matrix("@", exact, a))
    if axes == (2, 1):
        right = row("@", exact, b)
        return tuple(_dot("@", left, right) for left in matrix("@", exact, a))
    if axes == (1, 2):
        left = row("@", exact, a)
        return tuple(_dot("@", left, column) for column in linalg.transpose(matrix("@", exact, b)))
    if axes != (2, 2):
        raise wrong_kind("@", "vectors and matrices", b if axes[0] in {1, 2} else a)
    return linalg.matmul(matrix("@", exact, a), matrix("@", exact, b))


def _dot(name: str, x: Row, y: Row) -> Number:
    if len(x) != len(y):
        raise shapes_differ(name, (len(x),), (len(y),))
    return linalg.dot(x, y)


def _of_matrix(name: str, function: Callable[[Rows], Number | Rows]) -> Primitive:
    def primitive(static: Static, exact: bool, a: Value) -> Value:  # noqa: ARG001
        return cast(Value, function(matrix(name, exact, a)))

    return primitive


def _transpose(static: Static, exact: bool, a: Value) -> Value:  # noqa: ARG001
    rows = plain(a)
    if not isinstance(rows, tuple) or not all(isinstance(entry, tuple) for entry in rows):
        raise wrong_kind("transpose", "a matrix", rows)
    listed = cast("tuple[tuple[Value, ...], ...]", rows)
    for other in listed[1:]:
        if len(other) != len(listed[0]):
            raise shapes_differ("transpose", (len(listed[0]),), (len(other),))
    return tuple(zip(*listed, strict=True))


def _solve(static: Static, exact: bool, a: Value, b: Value) -> Value:  # noqa: ARG001
    left, b = matrix("solve", exact, a), plain(b)
    if rank_of(b) == 1:
        column = tuple((x,) for x in row("solve", exact, b))
        return tuple(entry for (entry,) in linalg.solve(left, column))
    return linalg.solve(left, matrix("solve", exact, b))


def _symmetric_cholesky(static: Static, exact: bool, a: Value) -> Value:  # noqa: ARG001
    rows = matrix("cholesky", exact, a)
    scale = max((magnitude(rows[i][i]) for i in range(len(rows)) if i < len(rows[i])), default=0)
    for i in range(len(rows)):
        for j in range(min(i, len(rows[i]))):
            if len(rows[j]) > i and magnitude(rows[i][j] - rows[j][i]) > scale * _SYMMETRY_TOLERANCE:
                raise outside_function("cholesky", cast(Value, rows), "a symmetric matrix")
    return linalg.cholesky(rows)


_SYMMETRY_TOLERANCE = 1e-8


def _vector_dot(static: Static, exact: bool, x: Value, y: Value) -> Value:  # noqa: ARG001
    return linalg.dot(row("dot", exact, x), row("dot", exact, y))


def _outer(static: Static, exact: bool, x: Value, y: Value) -> Value:  # noqa: ARG001
    return linalg.outer(row("outer", exact, x), row("outer", exact, y))


def _eye(static: Static, exact: bool, size: Value) -> Value:  # noqa: ARG001
    (n, _) = counted("eye", size, size)
    return tuple(tuple(_entry(exact, x) for x in line) for line in linalg.identity(n))


def _diag(static: Static, exact: bool, x: Value) -> Value:  # noqa: ARG001
    x = plain(x)
    if rank_of(x) == 2:
        rows = matrix("diag", exact, x)
        return tuple(rows[i][i] for i in range(min(len(rows), len(rows[0]))))
    entries = row("diag", exact, x)
    counted("diag", len(entries), len(entries))
    zero = _entry(exact, 0)
    return tuple(
        tuple(entries[i] if i == j else zero for j in range(len(entries))) for i in range(len(entries))
    )


# ------------------------------------------------------------------ Gaussian processes


def _kernel(name: str, covariance: Callable[..., float]) -> Primitive:
    """A covariance function of distance: `(x, [y,] sd, length, …)`, points being numbers or vectors."""

    def primitive(static: Static, exact: bool, x: Value, *rest: Value) -> Value:  # noqa: ARG001
        x = plain(x)
        second = plain(rest[0])
        other, scales = (second, rest[1:]) if isinstance(second, tuple) else (x, rest)
        numbers = row(name, False, scales)
        for scale in numbers:
            if not 0 < scale < math.inf:
                raise outside_function(name, scale, "positive scales")
        left, right = _points(name, x), _points(name, other)
        return tuple(
            tuple(numbers[0] ** 2 * covariance(_distance(name, p, q), *numbers[1:]) for q in right)
            for p in left
        )

    return primitive


def _points(name: str, x: Value) -> Rows:
    if rank_of(x) <= 1:
        return tuple((entry,) for entry in row(name, False, x))
    return matrix(name, False, x)


def _distance(name: str, p: Row, q: Row) -> float:
    if len(p) != len(q):
        raise shapes_differ(name, (len(p),), (len(q),))
    return math.dist(p, q)


def _exp_quad(r: float, length: float) -> float:
    return math.exp(-((r / length) ** 2) / 2)


def _matern32(r: float, length: float) -> float:
    s = math.sqrt(3) * r / length
    return (1 + s) * math.exp(-s)


def _matern52(r: float, length: float) -> float:
    s = math.sqrt(5) * r / length
    return (1 + s + s * s / 3) * math.exp(-s)


def _periodic(r: float, length: float, period: float) -> float:
    return math.exp(-2 * (math.sin(math.pi * r / period) / length) ** 2)


LINEAR: dict[str, Primitive] = {
    "matmul": matmul,
    "transpose": _transpose,
    "inv": _of_matrix("inv", linalg.inverse),
    "det": _of_matrix("det", linalg.det),
    "logdet": _of_matrix("logdet", linalg.logdet),
    "cholesky": _symmetric_cholesky,
    "solve": _solve,
    "dot": _vector_dot,
    "outer": _outer,
    "eye": _eye,
    "diag": _diag,
    "gp_exp_quad": _kernel("gp_exp_quad", _exp_quad),
    "gp_matern32": _kernel("gp_matern32", _matern32),
    "gp_matern52": _kernel("gp_matern52", _matern52),
    "gp_periodic": _kernel("gp_periodic", _periodic),
}
