"""What is wrong with the entries of a constrained vector or matrix: a simplex, a covariance, …"""

from __future__ import annotations

from fractions import Fraction

from pplc.lang import typesys
from pplc.semantics.values import Value

TOLERANCE = Fraction(1, 10**8)
"""How far a simplex may be from summing to 1, a unit vector from length 1, a matrix from symmetry."""

CONSTRAINTS = {
    "simplex": "a vector of probabilities that sum to 1",
    "ordered": "strictly increasing",
    "unit_vector": "a vector of length 1",
    "corr": "a correlation matrix",
    "cov": "a covariance matrix",
    "chol": "a Cholesky factor: lower triangular with a positive diagonal",
}
"""What such a value must be, by the kind of its type."""


def problem_of(kind: typesys.Vector | typesys.Matrix, value: Value) -> str:
    """What is wrong with a value of plain numbers, after `but`; empty if nothing is."""
    return _vector_problem(kind, value) if isinstance(kind, typesys.Vector) else _matrix_problem(kind, value)


def _vector_problem(kind: typesys.Vector, value: Value) -> str:
    entries = _numbers(value)
    match kind.kind:
        case "simplex":
            negative = next((k for k, x in enumerate(entries) if x < 0), None)
            if negative is not None:
                return f"entry {negative} is {float(entries[negative]):g}"
            total = sum(entries, Fraction(0))
            return "" if abs(total - 1) <= TOLERANCE else f"the sum is {float(total):.10g}"
        case "ordered":
            down = next((k for k in range(1, len(entries)) if entries[k] <= entries[k - 1]), None)
            return "" if down is None else f"entry {down} is not above entry {down - 1}"
        case _:
            square = sum((x * x for x in entries), Fraction(0))
            return "" if abs(square - 1) <= TOLERANCE else f"the squared length is {float(square):.10g}"


def _matrix_problem(kind: typesys.Matrix, value: Value) -> str:
    rows = [_numbers(row) for row in value] if isinstance(value, tuple) else []
    size = len(rows)
    if kind.kind == "chol":
        above = [(i, j) for i in range(size) for j in range(i + 1, size) if rows[i][j] != 0]
        if above:
            return f"entry {list(above[0])} above the diagonal is not 0"
        low = next((i for i in range(size) if rows[i][i] <= 0), None)
        return "" if low is None else f"entry {[low, low]} is not positive"
    scale = max((abs(x) for row in rows for x in row), default=Fraction(1))
    for i in range(size):
        for j in range(i):
            if abs(rows[i][j] - rows[j][i]) > TOLERANCE * scale:
                return f"entries {[i, j]} and {[j, i]} differ: it is not symmetric"
        if kind.kind == "corr" and abs(rows[i][i] - 1) > TOLERANCE:
            return f"entry {[i, i]} on the diagonal is not 1"
    return (
        "" if _positive_definite([[float(x) for x in row] for row in rows]) else "it is not positive definite"
    )


def _positive_definite(rows: list[list[float]]) -> bool:
    import numpy as np

    try:
        np.linalg.cholesky(np.array(rows).reshape(len(rows), len(rows)))
    except np.linalg.LinAlgError:
        return False
    return True


def _numbers(value: Value) -> list[Fraction]:
    return [x for x in value if isinstance(x, Fraction)] if isinstance(value, tuple) else []
