"""Distances between variables: Shannon's and Rajski's metrics on the information lattice.

Both are metrics up to relabelling: 0 exactly where each variable determines the other.
"""

from __future__ import annotations

from pplc.information.entropy import Names, entropy, listed, mutual_information
from pplc.information.table import Table


def shannon_distance(table: Table, x: Names, y: Names) -> float:
    """D(x, y) = H(x | y) + H(y | x), in nats. Shannon (1953), sec. 3."""
    return entropy(table, x, y) + entropy(table, y, x)


def rajski_distance(table: Table, x: Names, y: Names) -> float:
    """d(x, y) = 1 - I(x; y) / H(x, y), between 0 and 1; 0 where both are constant. Rajski (1961).

    1 where they are independent. Where y is a function of x this is 1 - H(y) / H(x).
    """
    whole = entropy(table, (*listed(x), *listed(y)))
    return min(max(1 - mutual_information(table, x, y) / whole, 0.0), 1.0) if whole > 0 else 0.0
