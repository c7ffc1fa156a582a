"""Whether a vector is a sum of others with multiples that are not negative, in rationals.

Phase one of the simplex method, by the rule that cannot cycle (Bland 1977, Mathematics of Operations
Research 2, 103): least indices enter and leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Row = list[Fraction]


def combines(target: Sequence[Fraction], vectors: Sequence[Sequence[Fraction]]) -> bool:
    """Whether the target lies in the cone of the vectors, all of one length."""
    size = len(vectors)
    rows: list[Row] = []
    for place, wanted in enumerate(target):
        sign = -1 if wanted < 0 else 1
        rows.append([*(sign * vector[place] for vector in vectors), sign * wanted])
    basis = [size] * len(rows)  # artificial ones, each of its row, which are not to come back
    while True:
        # What the artificial ones would lose by one more of a vector, and what they are.
        left = [row for row, member in zip(rows, basis, strict=True) if member == size]
        gains = [sum(column, Fraction(0)) for column in zip(*left, strict=True)]
        if not any(gains[-1:]):
            return True
        entering = next((k for k in range(size) if gains[k] > 0), None)
        if entering is None:
            return False
        _, _, leaving = min(
            (row[-1] / row[entering], basis[k], k) for k, row in enumerate(rows) if row[entering] > 0
        )
        _pivot(rows, leaving, entering)
        basis[leaving] = entering


def _pivot(rows: list[Row], at: int, column: int) -> None:
    by = rows[at][column]
    chosen = rows[at] = [entry / by for entry in rows[at]]
    for k, row in enumerate(rows):
        if k != at and row[column]:
            times = row[column]
            rows[k] = [a - times * b if b else a for a, b in zip(row, chosen, strict=True)]
