"""Random joint laws, and the gates that decompositions are compared on."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import numpy as np
from hypothesis import strategies as st

from pplc.information.table import Table

NAMES = ("x", "y", "z", "w")


@st.composite
def joints(draw: st.DrawFn, variables: int = 3, most: int = 3) -> Table:
    """A law of a few variables of one to `most` values, with rational probabilities, often 0."""
    shape = tuple(draw(st.integers(1, most)) for _ in range(variables))
    size = prod(shape)
    weights = draw(
        st.lists(st.integers(0, 6), min_size=size, max_size=size).filter(lambda found: sum(found) > 0)
    )
    cells = np.empty(size, dtype=object)
    cells[:] = [Fraction(w, sum(weights)) for w in weights]
    return Table.of_array(cells.reshape(shape), NAMES[:variables])


@st.composite
def channels(draw: st.DrawFn, inputs: int) -> list[list[Fraction]]:
    """Rows p(. | x) of up to three outputs, one for each input."""
    outputs = draw(st.integers(1, 3))
    rows: list[list[Fraction]] = []
    for _ in range(inputs):
        weights = draw(
            st.lists(st.integers(0, 4), min_size=outputs, max_size=outputs).filter(lambda r: sum(r) > 0)
        )
        rows.append([Fraction(w, sum(weights)) for w in weights])
    return rows


def through(table: Table, name: str, rows: list[list[Fraction]], output: str) -> Table:
    """The table with one more variable, the output of a channel from one of its own."""
    place, values = table.axis(name), table.values[table.axis(name)]
    law: dict[tuple[object, ...], object] = {}
    for outcome, p in table.items():
        for value, q in enumerate(rows[values.index(outcome[place])]):
            if q:
                law[*outcome, value] = p * q
    return Table.of(law, (*table.names, output))


def uniform(*outcomes: str) -> Table:
    """Equally likely outcomes, each a string of one value per variable: sources x1, x2, …, target t."""
    names = (*(f"x{k}" for k in range(1, len(outcomes[0]))), "t")
    return Table.of({outcome: Fraction(1, len(outcomes)) for outcome in outcomes}, names)


def weighted(law: dict[str, Fraction]) -> Table:
    """Outcomes with their probabilities: sources x1, x2, …, target t."""
    width = len(next(iter(law)))
    return Table.of(law, (*(f"x{k}" for k in range(1, width)), "t"))


def product(first: Table, second: Table) -> Table:
    """Two independent laws of the same names as one; values are pairs."""
    return Table.of(
        {
            tuple(zip(a, b, strict=True)): p * q for a, p in first.items() for b, q in second.items()
        },
        first.names,
    )  # fmt: skip


RDN = uniform("000", "111")
XOR = uniform("000", "011", "101", "110")
FIRST = uniform("000", "101")  # a unique bit of x1; x2 is constant
SECOND = uniform("000", "011")

GATES: dict[str, Table] = {
    "XOR": XOR,
    "AND": uniform("000", "010", "100", "111"),
    "OR": uniform("000", "011", "101", "111"),
    "RDN": RDN,
    "UNQ": uniform("000", "010", "101", "111"),
    "COPY": uniform("00a", "01b", "10c", "11d"),
    "SUM": uniform("000", "011", "101", "112"),
    "RDNXOR": product(XOR, RDN),
    "RDNUNQXOR": product(product(product(XOR, RDN), FIRST), SECOND),
    "XORAND": uniform("00a", "01b", "10b", "11c"),
    "RND": weighted(
        {
            "000": Fraction(1, 4),
            "010": Fraction(1, 8),
            "011": Fraction(1, 8),
            "100": Fraction(1, 8),
            "101": Fraction(1, 8),
            "111": Fraction(1, 4),
        }
    ),
    "IMPERFECT_RDN": weighted({"000": Fraction(499, 1000), "010": Fraction(1, 1000), "111": Fraction(1, 2)}),
    "W": uniform("001", "010", "100"),
}
