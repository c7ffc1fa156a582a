"""Linear algebra on nested tuples of numbers: exact on rationals, ordinary arithmetic on floats.

Square roots of rationals that are no squares turn a result into floats. Sizes are small (a
reference, not a library): everything is the textbook algorithm, elimination with partial pivoting.
Golub & Van Loan (2013), Matrix Computations, algorithms 3.4.1 and 4.2.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias, cast

from pplc.semantics.faults import outside_function, shapes_differ
from pplc.semantics.primitives_arithmetic import magnitude, to_float
from pplc.semantics.values import Number, Value

Row: TypeAlias = "tuple[Number, ...]"
Rows: TypeAlias = "tuple[Row, ...]"


def transpose(a: Rows) -> Rows:
    """The matrix with rows and columns exchanged."""
    return tuple(zip(*a, strict=True))


def identity(size: int) -> Rows:
    """The identity matrix, of ints."""
    return tuple(tuple(int(i == j) for j in range(size)) for i in range(size))


def dot(x: Row, y: Row) -> Number:
    """The sum of the products of the entries, from the first to the last."""
    if len(x) != len(y):
        raise shapes_differ("dot", (len(x),), (len(y),))
    total: Number = 0
    for a, b in zip(x, y, strict=True):
        total = total + a * b
    return total


def outer(x: Row, y: Row) -> Rows:
    """The matrix of the products x[i] y[j]."""
    return tuple(tuple(a * b for b in y) for a in x)


def matmul(a: Rows, b: Rows) -> Rows:
    """The product of two matrices."""
    columns = transpose(b)
    if a and len(a[0]) != len(b):
        raise shapes_differ("@", (len(a), len(a[0])), (len(b), len(columns)))
    return tuple(tuple(dot(row, column) for column in columns) for row in a)


def _square(name: str, a: Rows) -> None:
    if any(len(row) != len(a) for row in a):
        raise shapes_differ(name, (len(a), len(a[0])), (len(a), len(a)))


def _eliminated(a: Sequence[Sequence[Number]]) -> tuple[list[list[Number]], int]:
    """The rows after forward elimination with partial pivoting, and the sign of the permutation.

    The sign is 0 if a pivot is 0, where elimination stops. Rows may be longer than the number of rows.
    """
    rows = [[Fraction(x) if isinstance(x, int) else x for x in row] for row in a]
    sign = 1
    for k in range(len(rows)):
        pivot = max(range(k, len(rows)), key=lambda i: magnitude(rows[i][k]))
        if rows[pivot][k] == 0:
            return cast("list[list[Number]]", rows), 0
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            sign = -sign
        for i in range(k + 1, len(rows)):
            if rows[i][k] != 0:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [
                    *rows[i][:k],
                    *(x - factor * y for x, y in zip(rows[i][k:], rows[k][k:], strict=True)),
                ]
    return cast("list[list[Number]]", rows), sign


def solve(a: Rows, b: Rows, name: str = "solve") -> Rows:
    """The X with a X = b; a `Fault` of the function `name` if a is singular."""
    _square(name, a)
    if len(a) != len(b):
        raise shapes_differ("solve", (len(a), len(a)), (len(b),))
    rows, sign = _eliminated([[*row, *right] for row, right in zip(a, b, strict=True)])
    if sign == 0:
        raise outside_function(name, cast(Value, a), "a matrix that is not singular")
    size = len(rows)
    width = len(b[0]) if b else 0
    result: list[Row] = []
    for i in reversed(range(size)):
        above = [
            (rows[i][size + j] - dot(tuple(rows[i][i + 1 : size]), tuple(r[j] for r in reversed(result))))
            / rows[i][i]
            for j in range(width)
        ]
        result.append(tuple(above))
    return tuple(reversed(result))


def inverse(a: Rows) -> Rows:
    """The inverse of a square matrix; a `Fault` if it is singular."""
    return solve(a, identity(len(a)), "inv")


def det(a: Rows) -> Number:
    """The determinant; 1 for a matrix without rows."""
    _square("det", a)
    rows, sign = _eliminated(a)
    product: Number = sign
    for i in range(len(rows) if sign else 0):
        product = product * rows[i][i]
    return product


def logdet(a: Rows) -> float:
    """The logarithm of the absolute value of the determinant; minus infinity if it is 0."""
    _square("logdet", a)
    rows, sign = _eliminated(a)
    if sign == 0:
        return -math.inf
    return math.fsum(_log_abs(rows[i][i]) for i in range(len(rows)))


def _log_abs(x: Number) -> float:
    if isinstance(x, Fraction):
        return math.log(abs(x.numerator)) - math.log(x.denominator)
    return math.log(abs(x))


def root(x: Number) -> Number:
    """The square root of x >= 0: rational if x is the square of a rational, else a float."""
    if isinstance(x, float):
        return math.sqrt(x)
    ratio = Fraction(x)
    top, bottom = math.isqrt(ratio.numerator), math.isqrt(ratio.denominator)
    if top * top == ratio.numerator and bottom * bottom == ratio.denominator:
        return Fraction(top, bottom)
    return math.sqrt(to_float(ratio))


def cholesky(a: Rows) -> Rows:
    """The lower triangular L with L L' = a; a `Fault` if a is not positive definite.

    Reads the lower triangle alone.
    """
    _square("cholesky", a)
    factor: list[list[Number]] = []
    for i, row in enumerate(a):
        left: list[Number] = []
        for j in range(i):
            above = factor[j]
            left.append((row[j] - dot(tuple(left), tuple(above[:j]))) / above[j])
        pivot = row[i] - dot(tuple(left), tuple(left))
        if not pivot > 0 or pivot == math.inf:
            raise outside_function("cholesky", cast(Value, a), "a positive definite matrix")
        factor.append([*left, root(pivot), *(pivot * 0 for _ in range(len(a) - i - 1))])
    return tuple(tuple(row) for row in factor)


def ldl(a: Rows, kind: str) -> tuple[Rows, Row]:
    """A covariance as L D L' with unit lower triangular L and diagonal D: rational where it is (alg. 4.1.2).

    kind: what is given, `cov`, its Cholesky factor `chol`, or its inverse `precision`.
    """
    if kind == "precision":
        return ldl(inverse(a), "cov")
    if kind == "chol":
        scaled = tuple(
            tuple(x / a[j][j] if j <= i else 0 for j, x in enumerate(row)) for i, row in enumerate(a)
        )
        return scaled, tuple(row[i] * row[i] for i, row in enumerate(a))
    lower: list[list[Number]] = []
    diagonal: list[Number] = []
    for i, row in enumerate(a):
        left: list[Number] = []
        for j in range(i):
            inner = sum((left[k] * lower[j][k] * diagonal[k] for k in range(j)), Fraction(0))
            left.append((row[j] - inner) / diagonal[j])
        diagonal.append(row[i] - sum((left[k] ** 2 * diagonal[k] for k in range(i)), Fraction(0)))
        lower.append([*left, 1, *(0 for _ in range(len(a) - i - 1))])
    return tuple(tuple(row) for row in lower), tuple(diagonal)
