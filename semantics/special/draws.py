"""Samplers that several families share."""

from __future__ import annotations

from pplc.semantics.kernel import f64, log, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import ndtri


def log_gamma_draw(source: Source, shape: f64) -> f64:
    """The logarithm of a gamma variable of rate 1, for any shape > 0; it does not underflow for small ones.

    Marsaglia & Tsang (2000), A Simple Method for Generating Gamma Variables, ACM Trans. Math. Softw. 26,
    363-372; a shape below 1 through G(shape) = G(shape + 1) U^(1 / shape).
    """
    if shape < 1:
        return log_gamma_draw(source, shape + 1) + log(source.uniform()) / shape
    d = shape - 1 / 3
    c = 1 / sqrt(9 * d)
    while True:
        x = ndtri(source.uniform())
        v = 1 + c * x
        u = source.uniform()
        if v > 0:
            log_cube = 3 * log(v)
            if log(u) < 0.5 * x * x + d - d * v * v * v + d * log_cube:
                return log(d) + log_cube
