"""Decompositions of what two Gaussian sources say of a Gaussian scalar target, in nats.

Barrett (2015): for a scalar target every measure whose redundancy depends only on the two margins with the
target (I_min, BROJA, and others) is the least of the two informations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pplc.information.decomposition import Decomposition
from pplc.information.lattice import by_name
from pplc.information.table import Floats, no_law


def gaussian_information(covariance: npt.ArrayLike, x: Sequence[int], y: Sequence[int]) -> float:
    """I(x; y) = ½ ln(|Σx| |Σy| / |Σxy|) of the variables with these numbers, in nats."""
    matrix = _covariance(covariance)

    def volume(chosen: Sequence[int]) -> float:
        block = matrix[np.ix_(list(chosen), list(chosen))]
        sign, value = np.linalg.slogdet(block)
        if sign <= 0:
            raise no_law("the covariance is not positive definite: information would be infinite")
        return float(value)

    return max((volume(x) + volume(y) - volume([*x, *y])) / 2, 0.0)


def gaussian_pid(
    covariance: npt.ArrayLike,
    target: int,
    first: Sequence[int],
    second: Sequence[int],
    names: Sequence[str] = ("x1", "x2"),
) -> Decomposition:
    """The decomposition of I(target; first, second) for a scalar target, by the least information.

    covariance: of all variables jointly, [d, d]; the others are numbers of its rows.
    """
    one = gaussian_information(covariance, [target], first)
    two = gaussian_information(covariance, [target], second)
    both = gaussian_information(covariance, [target], [*first, *second])
    shared = min(one, two)
    return Decomposition(
        "mmi", by_name([shared, one - shared, two - shared, both - one - two + shared], names)
    )


def linear_gaussian(weights: Sequence[float], noise: float, covariance: npt.ArrayLike) -> Floats:
    """The joint covariance, target first, of t = Σ w x + N(0, noise²) with sources of this covariance."""
    sources, w = _covariance(covariance), np.asarray(weights, dtype=np.float64)
    cross = sources @ w
    corner = np.array([[float(w @ cross) + noise**2]])
    return np.block([[corner, cross[None, :]], [cross[:, None], sources]])


def _covariance(covariance: npt.ArrayLike) -> Floats:
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T):
        raise no_law("a covariance is a symmetric matrix")
    return matrix
