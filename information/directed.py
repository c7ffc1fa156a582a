"""Information with a direction in time: between processes x_0, x_1, … and y_0, y_1, … of a table, in nats."""

from __future__ import annotations

from collections.abc import Sequence

from pplc.information.entropy import Names, listed, mutual_information
from pplc.information.table import Table
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected


def directed_information(table: Table, x: Sequence[str], y: Sequence[str], given: Names = ()) -> float:
    """I(x → y) = Σ_t I(x_0 … x_t; y_t | y_0 … y_{t-1}): what the past and present of x add; Massey (1990).

    The variables of each process stand in the order of time. What is not directed information flows the
    other way: I(x; y) = I(x → y) + I(0 y → x) with y delayed by one (Massey & Massey 2005).
    """
    _as_long(x, y)
    z = listed(given)
    return sum(mutual_information(table, x[: t + 1], y[t], (*y[:t], *z)) for t in range(len(y)))


def transfer_entropy(
    table: Table, x: Sequence[str], y: Sequence[str], lag: int = 1, given: Names = ()
) -> float:
    """Σ_t I(x_{t-lag} … x_{t-1}; y_t | y_{t-lag} … y_{t-1}) / number of terms; Schreiber (2000), eq. 4.

    The mean over the times that have `lag` predecessors: for a stationary process, the transfer entropy of
    order `lag`.
    """
    _as_long(x, y)
    if not 1 <= lag < len(y):
        message = f"the lag is at least 1 and less than the {len(y)} times, not {lag}"
        raise Rejected(Diagnostic("E0609", message, NOWHERE))
    z = listed(given)
    terms = [
        mutual_information(table, x[t - lag : t], y[t], (*y[t - lag : t], *z)) for t in range(lag, len(y))
    ]
    return sum(terms) / len(terms)


def _as_long(x: Sequence[str], y: Sequence[str]) -> None:
    if len(x) != len(y) or not y:
        message = f"the two processes have {len(x)} and {len(y)} times: as many are needed, at least one"
        raise Rejected(Diagnostic("E0609", message, NOWHERE))
