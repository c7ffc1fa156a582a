"""The Laplace approximation: a normal law at the mode of the unconstrained density, by its curvature.

Tierney & Kadane (1986). The evidence is e^(log density at the mode) (2 pi)^(D/2) det(-H)^(-1/2).
"""

from __future__ import annotations

import math

import numpy as np

from pplc.inference import weights
from pplc.inference.answers import estimate
from pplc.inference.approximation import CHUNK, Normal, approximate, drawn_from
from pplc.inference.feasible import refuses
from pplc.inference.gradient import found_density, one_thread
from pplc.inference.modes import best_of
from pplc.inference.optimise import hessian
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.bound import Bound

__all__ = ["refuses", "run"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Finds the mode and draws from the normal law there."""
    from pplc.inference.potential import Potential

    with one_thread():
        density = found_density(bound)
        single, block = Potential(density, 1), Potential(density, CHUNK)
        found, note = best_of(density, single, options, progress)
        curvature = -hessian(single, found.position)
        try:
            precision = np.linalg.cholesky(curvature)
        except np.linalg.LinAlgError:
            raise Rejected(
                Diagnostic(
                    "E0441",
                    "the density does not curve down at the highest point found, so that no normal law fits",
                    bound.program.model.span,
                    help="the posterior may have a ridge or no maximum; use `--method nuts`",
                )
            ) from None
        # The covariance (C C')^-1 has the factor C'^-1, whose lower triangular form is by Cholesky again.
        inverse = np.linalg.inv(precision)
        law = Normal(found.position, np.linalg.cholesky(inverse.T @ inverse).astype(np.float64))
        size = density.size
        value = found.value + 0.5 * size * math.log(2 * math.pi) - float(np.log(np.diag(precision)).sum())
        drawn = drawn_from(law, block, options.draws, options.seed, 1)
        sampled = weights.log_evidence(drawn.log_weights)
        error = max(sampled.standard_error, abs(sampled.value - value))
        evidence = estimate(value, error, "by the normal approximation; the error is from weighing its draws")
        return approximate(
            density,
            drawn,
            "laplace",
            options.seed,
            0,
            evidence,
            {"mode_lp": found.value},
            note,
            [],
            False,
        )
