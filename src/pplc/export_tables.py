"""Draws as a table: one row for each draw, one column for each element; laws as value and probability.

Laws with a density have no such rows: what is written of an exact run that has some are independent draws.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from pplc.inference.result import Array, Draws
from pplc.run import Run
from pplc.semantics.values import Tagged, Value, show
from pplc.write_columns import write_columns


def columns(draws: Draws) -> dict[str, Array]:
    """`chain`, `draw`, perhaps `log_weight`, then `mu`, `theta[0]`, `theta[1]`, …: flat arrays."""
    count = draws.chains * draws.count
    found: dict[str, Array] = {
        "chain": np.repeat(np.arange(draws.chains), draws.count),
        "draw": np.tile(np.arange(draws.count), draws.chains),
    }
    if draws.log_weights is not None:
        found["log_weight"] = draws.log_weights.reshape(count)
    for name, values in draws.values.items():
        for index in np.ndindex(*values.shape[2:]):
            title = f"{name}[{', '.join(map(str, index))}]" if index else name
            found[title] = values[(slice(None), slice(None), *index)].reshape(count)
    return found


def law_rows(run: Run) -> list[tuple[str, str, float]]:
    """Variable, value, probability of every finite variable of an exact run."""
    return [
        (element.name, value, probability)
        for variable in run.variables.values()
        for element in variable.elements()
        for value, probability in element.probabilities.get((), {}).items()
    ]


def write_table(run: Run, path: str, *, parquet: bool) -> None:
    """Writes the draws as CSV or Parquet; of an exact run the laws, or draws if some have a density."""
    table: dict[str, list[Any]]
    if run.result.draws is None and not run.result.densities:
        rows = law_rows(run)
        table = {
            "variable": [row[0] for row in rows],
            "value": [row[1] for row in rows],
            "probability": [row[2] for row in rows],
        }
    else:
        table = {
            title: [_plain(x) for x in column.tolist()] for title, column in columns(run.posterior).items()
        }
    write_columns(table, path, parquet=parquet)


def _plain(value: Any) -> Any:
    """What a table can hold: sum values and tuples as text."""
    return show(cast("Value", value)) if isinstance(value, Tagged | tuple) else value
