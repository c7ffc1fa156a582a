"""Information of finite variables from draws: plug-in estimates, corrected for their bias, with errors.

The plug-in estimate is the information of the counted frequencies. It is biased, to first order by
-(K - 1)/(2N) for every entropy of K seen values and N draws (Miller 1955), which is added back, and
said. Grassberger's (2003) estimator is for independent, unweighted draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import exp, log, log1p, sqrt

import numpy as np
import numpy.typing as npt

from pplc.inference.answers import Estimate, estimate
from pplc.information.entropy import Names, Terms, shannon
from pplc.information.table import Floats
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected

Labels = npt.NDArray[np.int64]

FEW = 5
"""Draws per joint value below which the correction itself is not to be trusted."""

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal."""

EULER = 0.5772156649015329


def labelled(column: Sequence[object]) -> Labels:
    """Numbers for the values of a column, equal where the values are."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in column], dtype=np.int64)


def estimated(data: Mapping[str, Sequence[object]], terms: Terms, method: str = "miller-madow") -> Estimate:
    """Σ c_S H(S) in nats from independent rows of data, with its standard error.

    terms:  as `entropy_terms`, `mutual_terms` and the others make them.
    method: `miller-madow` or `grassberger`.
    """
    if method not in ("miller-madow", "grassberger"):
        message = f"there is no estimator `{method}`: it is `miller-madow` or `grassberger`"
        raise Rejected(Diagnostic("E0609", message, NOWHERE))
    columns = {name: labelled(list(values)) for name, values in data.items()}
    size = len(next(iter(columns.values())))

    def error(residuals: Floats) -> float:
        return float(residuals.std(ddof=1)) / sqrt(size) if size > 1 else float("inf")

    found = corrected(columns, terms, np.ones(size), float(size), error)
    if method == "miller-madow":
        return found
    value = sum(c * grassberger(np.bincount(joined(columns, key))) for key, c in terms.items())
    flags = ("corrected for the bias of counts (Grassberger)", *found.flags[1:])
    return replace(estimate(value, found.standard_error), flags=flags)


def estimate_from(
    data: Mapping[str, Sequence[object]],
    head: str,
    *groups: Names,
    given: Names = (),
    method: str = "miller-madow",
) -> Estimate:
    """What the query `head(groups; … | given)` asks, such as `I`, from independent rows of data, in nats.

    head:   H, I, TC, DTC, O or interaction.
    method: `miller-madow` or `grassberger`.
    """
    terms = shannon(head, groups, given)
    if terms is None:
        message = f"`{head}` is not estimated from data: H, I, TC, DTC, O and interaction are"
        advice = f"`Table.of_data(data)` is their law as it was counted, which `{head}` takes"
        raise Rejected(Diagnostic("E0615", message, NOWHERE, help=advice))
    return estimated(data, terms, method)


def corrected(
    columns: Mapping[str, Labels],
    terms: Terms,
    share: Floats,
    effective: float,
    error: Callable[[Floats], float],
) -> Estimate:
    """Σ c_S H(S) in nats from weighted draws, with Miller and Madow's correction.

    share:     the weights of the draws, of mean 1, shape [n].
    effective: as how many independent draws they count.
    error:     the standard error of the mean of residuals [n].
    """
    size = len(share)
    surprise, freedom, most = np.zeros(size), 0.0, 1
    for key, c in terms.items():
        labels = joined(columns, key)
        law = np.bincount(labels, weights=share) / size
        seen = int((law > 0).sum())
        surprise -= c * np.log(np.where(law > 0, law, 1.0))[labels]
        freedom, most = freedom + c * (seen - 1), max(most, seen)
    value = float((share * surprise).mean())
    bias = freedom / (2 * effective)
    first = error(share * (surprise - value))
    # Where the first order vanishes, as for independent variables, 2N I is χ² with |freedom| degrees.
    second = sqrt(2 * abs(freedom)) / (2 * effective)
    flags = ["corrected for the bias of counts (Miller–Madow)"]
    if most * FEW > effective:
        flags.append(f"{most} joint values among {effective:.0f} effective draws: too few to rely on it")
    spread = sqrt(first**2 + second**2)
    if spread == 0:
        flags.append("every draw agrees; the interval is what that proves")
        spread = unseen(effective) / Z
    return estimate(value + bias, spread, *flags)


def unseen(effective: float) -> float:
    """The entropy, in nats, of the likeliest event that so many draws miss once in twenty times."""
    chance = min(1 - exp(log(0.05) / effective), 0.5)
    return -chance * log(chance) - (1 - chance) * log1p(-chance)


def joined(columns: Mapping[str, Labels], names: Sequence[str]) -> Labels:
    """Numbers for the joint values of some columns."""
    stacked = np.stack([columns[name] for name in names], axis=1)
    return np.unique(stacked, axis=0, return_inverse=True)[1].reshape(-1)


def grassberger(counts: npt.NDArray[np.int64]) -> float:
    """Ĥ = ln N - Σ n G(n) / N in nats; Grassberger (2003), eqs. 30–35."""
    counts = counts[counts > 0]
    total = int(counts.sum())
    table = _g(int(counts.max()))
    return log(total) - float((counts * table[counts]).sum()) / total


def _g(most: int) -> Floats:
    """G(0 … most): G(1) = -γ - ln 2, G(2) = 2 - γ - ln 2, G(2n+1) = G(2n), G(2n+2) = G(2n) + 2/(2n+1)."""
    table = np.zeros(most + 2)
    table[1] = -EULER - log(2)
    for n in range(2, most + 1, 2):
        table[n] = table[1] + 2 if n == 2 else table[n - 2] + 2 / (n - 1)
        table[n + 1] = table[n]
    return table
