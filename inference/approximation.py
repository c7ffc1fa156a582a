"""What methods that approximate the posterior by one normal law share: draws, their weights, the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from pplc.inference import weights
from pplc.inference.answers import Estimate
from pplc.inference.chains import normals
from pplc.inference.gradient import no_start, reported
from pplc.inference.result import Array, Draws, Result
from pplc.lang.diagnostics import Diagnostic
from pplc.semantics.source import Seeded

if TYPE_CHECKING:
    from pplc.inference.potential import Potential
    from pplc.inference.pyro_model import Density

Floats = npt.NDArray[np.float64]

UNRELIABLE = 0.7
"""Pareto k above which an approximation is far from its target (Yao et al. 2018)."""
IMPROPER = "a `Flat` prior has infinite mass, so that the evidence is undefined"
CHUNK = 8
"""Rows of the potential: positions evaluated together."""


class Normal(NamedTuple):
    """A normal law on R^n: mean [D], and a lower triangle L [D, D] with covariance L L'."""

    mean: Floats
    factor: Floats

    def log_density(self, z: Floats) -> Floats:
        """At mean + L z."""
        size = len(self.mean)
        half = float(np.log(np.diag(self.factor)).sum())
        densities: Floats = -0.5 * (z * z).sum(axis=1) - half - 0.5 * size * np.log(2 * np.pi)
        return densities


class Drawn(NamedTuple):
    """Draws [S, D] of a normal law, and the log of target over law at each."""

    positions: Floats
    log_weights: Floats


def drawn_from(law: Normal, potential: Potential, count: int, seed: int, first: int) -> Drawn:
    """Draws number `first`, `first + 1`, …: the same whatever came before."""
    size = len(law.mean)
    source = Seeded(seed)
    z = np.array([normals(source.at(generation=first + k, slot=1), size) for k in range(count)])
    z = z.reshape(count, size)
    positions = law.mean + z @ law.factor.T
    return Drawn(positions, densities(potential, positions) - law.log_density(z))


def densities(potential: Potential, positions: Floats) -> Floats:
    """Log densities at any number of positions."""
    count, rows = len(positions), potential.chains
    result = np.empty(count)
    for start in range(0, count, rows):
        block = positions[start : start + rows]
        padded = np.concatenate([block, np.repeat(block[:1], rows - len(block), axis=0)])
        result[start : start + rows] = potential.value_and_gradient(padded)[0][: len(block)]
    return result


def approximate(
    density: Density,
    drawn: Drawn,
    method: str,
    seed: int,
    first: int,
    log_evidence: Estimate,
    diagnostics: Mapping[str, float],
    note: str,
    found: list[Diagnostic],
    stopped: bool,
) -> Result:
    """The result of a method that draws from an approximation; draws of density 0 are left out."""
    from pplc.inference.pyro_reasons import met_outside

    there = drawn.log_weights > -np.inf
    count, lost = len(there), list(drawn.positions[~there])
    if count and not there.any():
        raise no_start(density, drawn.positions[0])
    found.extend(
        met_outside(density, lost, f"of {count} draws of the approximation are impossible, left out")
    )
    seeds = [(seed * 4096, first + k) for k in range(count) if there[k]]
    drawn = Drawn(drawn.positions[there], drawn.log_weights[there])
    outputs = reported(density, drawn.positions, seeds)
    values: dict[str, Array] = {name: array[None] for name, array in outputs.values.items()}
    likelihood: dict[str, Array] = {name: array[None] for name, array in outputs.log_likelihood.items()}
    k = weights.pareto_k(drawn.log_weights)
    if k > UNRELIABLE:
        found.append(
            Diagnostic(
                "W0530",
                f"the normal approximation is far from the posterior (Pareto k = {k:.2f})",
                density.model.bound.program.model.span,
                help="use `--method nuts`",
                severity="warning",
            )
        )
    proper = not density.improper
    return Result(
        method,
        draws=Draws(values, None, likelihood, {"lp": (drawn.log_weights)[None]}),
        log_evidence=log_evidence if proper else None,
        no_evidence="" if proper else IMPROPER,
        diagnostics={**diagnostics, "pareto_k": k},
        note=note,
        warnings=tuple(found),
        stopped=stopped,
    )
