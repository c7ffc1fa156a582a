"""The record that joins a family's signature with its kernels, and the checks that precede a kernel call.

A kernel takes the parameters in signature order. Vector parameters are sequences of floats, matrices
sequences of rows. Densities, masses and cdfs take the value last; kernels whose result is a vector or a
matrix write it into a last argument `out` (a list, or a list of lists, of the right size) instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pplc.lang.families import Family, Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Numerics:
    """The kernels of one family; a field is None where the family has no such thing in closed form.

    Scalar families (event rank 0):
        log_density:    (*parameters, x) -> log density, of discrete families log mass; -inf off the support.
        draw:           (source, *parameters) -> x.
        cdf:            (*parameters, x) -> P(X <= x).
        log_cdf:        its logarithm, accurate where the cdf underflows or rounds to 1.
        log_ccdf:       log P(X > x), likewise.
        quantile:       (*parameters, p) -> the smallest x with P(X <= x) >= p, for 0 <= p <= 1.
        mean, variance: (*parameters) -> number; infinity or NaN where the moment does not exist.
        entropy:        (*parameters) -> nats; differential for densities.
        support_values: (*parameters) -> the values of positive mass in increasing order; None if continuous.
    Vector and matrix families: `draw`, `mean` and `variance` take `out` last (variance: of every entry).
    """

    family: Family
    log_density: Callable[..., float]
    draw: Callable[..., object]
    cdf: Callable[..., float] | None = None
    log_cdf: Callable[..., float] | None = None
    log_ccdf: Callable[..., float] | None = None
    quantile: Callable[..., float] | None = None
    mean: Callable[..., object] | None = None
    variance: Callable[..., object] | None = None
    entropy: Callable[..., float] | None = None
    support_values: Callable[..., Iterable[object]] | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """How one parameter list of a family is computed with.

    parameters: the list as given, the family's own or a named alternative.
    numerics:   kernels that take `convert(*values)`.
    convert:    the values given -> those that the kernels take; None if they take them as given.
    """

    parameters: tuple[Parameter, ...]
    numerics: Numerics
    convert: Callable[..., tuple[object, ...]] | None = None

    def arguments(self, values: Sequence[object]) -> tuple[object, ...]:
        """The kernels' leading arguments for these parameter values."""
        return tuple(values) if self.convert is None else self.convert(*values)
