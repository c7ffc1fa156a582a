"""Pictures of runs: marginals beside traces. The only file that draws with matplotlib, but for graphs."""

# matplotlib's types are partly unknown.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from pplc.data_files import reject
from pplc.inference.weights import normalised
from pplc.lang.suggest import did_you_mean

if TYPE_CHECKING:
    from pplc.inference.summary import Variable
    from pplc.run import Run

MOST = 8
"""Elements drawn when none are named."""


def plot(run: Run, names: tuple[str, ...]) -> Figure:
    """One row for each element: its marginal, and for chains its trace; exact laws as bars."""
    elements = [e for v in _chosen(run, names) for e in v.elements() if e.numbers or e.probabilities]
    if not names:
        elements = elements[:MOST]
    if not elements:
        reject("E0320", "there is nothing to plot: no variable is numeric or finite")
    traces = (
        run.result.draws is not None and run.result.draws.log_weights is None and run.result.draws.count > 1
    )
    columns = 2 if traces else 1
    figure = Figure(figsize=(4.5 * columns, 1.6 * len(elements) + 0.4), layout="constrained")
    axes = figure.subplots(len(elements), columns, squeeze=False)
    for row, element in zip(axes, elements, strict=True):
        _marginal(row[0], run, element)
        if traces:
            _trace(row[1], run, element)
    return figure


def _chosen(run: Run, names: tuple[str, ...]) -> list[Variable]:
    for name in names:
        if name.partition("[")[0] not in run.variables and name not in run.variables:
            advice = did_you_mean(name, run.variables)
            reject("E0320", f"the run has no variable `{name}`", advice=advice)
    return [run[name] for name in names] if names else list(run.variables.values())


def _column(run: Run, element: Variable) -> Any:
    """The draws [chain, draw] of an element, found by its name."""
    from pplc.export_tables import columns

    draws = run.result.draws
    assert draws is not None
    return columns(draws)[element.name].reshape(draws.chains, draws.count)


def _marginal(axis: Any, run: Run, element: Variable) -> None:
    axis.set_title(element.name, fontsize=9, loc="left")
    if element.type != "real" and element.probabilities:
        law = element.probabilities[()]
        axis.bar(list(law), list(law.values()))
        axis.set_ylim(0, 1)
        return
    draws = run.result.draws
    assert draws is not None
    values = _column(run, element).astype(float)
    share = (
        np.full(values.shape, 1 / values.size) if draws.log_weights is None else normalised(draws.log_weights)
    )
    kept = np.isfinite(values)
    axis.hist(values[kept], bins=40, weights=share[kept], histtype="stepfilled", alpha=0.7)
    axis.set_yticks([])


def _trace(axis: Any, run: Run, element: Variable) -> None:
    for chain in _column(run, element):
        numbers = [float(v) if isinstance(v, bool | int | float) else np.nan for v in chain.tolist()]
        axis.plot(numbers, linewidth=0.4)
    axis.set_title("trace", fontsize=9, loc="left")
