"""The log probabilities of intervals as formulas, for parameters or bounds that are not known.

Of the families whose cdf is elementary, or that of the normal law. They are written so that no digits are
lost in either tail: an interval far out is a difference of two small tails, never of numbers near 1.
Formulas of Johnson, Kotz & Balakrishnan, as `pplc.lang.families` cites them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from types import MappingProxyType
from typing import TypeAlias

from pplc.semantics.symbolic.elementary import Number, applied, exp, log, raised
from pplc.semantics.symbolic.expression import is_positive

End: TypeAlias = "Number | None"
"""A bound; None where there is none."""


def log1mexp(x: Number) -> Number:
    """log(1 - e^x) of a negative number."""
    return applied("log1mexp", x)


# ------------------------------------------------------------------ symmetric laws

SYMMETRIC: Mapping[str, str] = MappingProxyType(
    {"Normal": "log_ndtr", "Logistic": "log_sigmoid", "Laplace": "log_laplace", "Cauchy": "log_cauchy"}
)
"""Families of location and scale that are symmetric, with the log cdf of the standard law."""


def _between(cdf: str, location: Number, scale: Number, lower: End, upper: End) -> Number:
    """log(F(b) - F(a)); which of the tails is the smaller one may have to be decided."""
    if lower is None and upper is None:
        return 0
    if lower is None:
        return applied(cdf, (upper - location) / scale)
    if upper is None:
        return applied(cdf, (location - lower) / scale)
    a, b = (lower - location) / scale, (upper - location) / scale
    if is_positive(lower + upper - 2 * location):
        a, b = -b, -a
    larger = applied(cdf, b)
    return larger + log1mexp(applied(cdf, a) - larger)


def _folded(name: str) -> Callable[..., Number]:
    """The law of the size of a value that is symmetric about 0."""
    cdf = SYMMETRIC[name]

    def between(scale: Number, lower: End, upper: End) -> Number:
        if upper is not None and not is_positive(upper):
            return -inf
        start = lower if lower is not None and is_positive(lower) else 0
        return _between(cdf, 0, scale, start, upper) + log(2)

    return between


def _log_normal(mean: Number, sd: Number, lower: End, upper: End) -> Number:
    if upper is not None and not is_positive(upper):
        return -inf
    start = log(lower) if lower is not None and is_positive(lower) else None
    return _between("log_ndtr", mean, sd, start, None if upper is None else log(upper))


# ------------------------------------------------------------------ laws with an upper tail in closed form


def _by_tail(log_tail: Callable[[Number], Number], lower: End, upper: End) -> Number:
    """log(S(a) - S(b)) from log S; None stands for an end of the support."""
    if upper is None:
        return 0 if lower is None else log_tail(lower)
    if lower is None:
        return log1mexp(log_tail(upper))
    return log_tail(lower) + log1mexp(log_tail(upper) - log_tail(lower))


def _right_of(start: Number, lower: End, upper: End) -> tuple[End, End] | None:
    """The ends of an interval, None where it goes to the start of the support; None if it lies left of it."""
    if upper is not None and not is_positive(upper - start):
        return None
    return (lower if lower is not None and is_positive(lower - start) else None), upper


def _exponential(rate: Number, lower: End, upper: End) -> Number:
    ends = _right_of(0, lower, upper)
    return -inf if ends is None else _by_tail(lambda x: -rate * x, *ends)


def _weibull(shape: Number, scale: Number, lower: End, upper: End) -> Number:
    ends = _right_of(0, lower, upper)
    return -inf if ends is None else _by_tail(lambda x: -raised(x / scale, shape), *ends)


def _pareto(shape: Number, scale: Number, lower: End, upper: End) -> Number:
    ends = _right_of(scale, lower, upper)
    return -inf if ends is None else _by_tail(lambda x: shape * (log(scale) - log(x)), *ends)


def _kumaraswamy(a: Number, b: Number, lower: End, upper: End) -> Number:
    ends = _right_of(0, lower, upper)
    if ends is None or (lower is not None and not is_positive(1 - lower)):
        return -inf
    start, end = ends
    inner = end if end is not None and is_positive(1 - end) else None
    return _by_tail(lambda x: b * log1mexp(a * log(x)), start, inner)


def _gumbel(location: Number, scale: Number, lower: End, upper: End) -> Number:
    """log F(x) = -e^(-z); right of the location by what lies above."""

    def log_cdf(x: Number) -> Number:
        return -exp((location - x) / scale)

    def log_tail(x: Number) -> Number:
        return applied("log_gumbel_tail", (x - location) / scale)

    if upper is None or lower is None:
        return (0 if lower is None else log_tail(lower)) if upper is None else log_cdf(upper)
    if is_positive(lower - location):
        return _by_tail(log_tail, lower, upper)
    return log_cdf(upper) + log1mexp(log_cdf(lower) - log_cdf(upper))


def _uniform(start: Number, end: Number, lower: End, upper: End) -> Number:
    low = lower if lower is not None and is_positive(lower - start) else start
    high = upper if upper is not None and is_positive(end - upper) else end
    return log(high - low) - log(end - start) if is_positive(high - low) else -inf


LOG_INTERVALS: Mapping[str, Callable[..., Number]] = MappingProxyType(
    {
        **{name: partial(_between, cdf) for name, cdf in SYMMETRIC.items()},
        "HalfNormal": _folded("Normal"),
        "HalfCauchy": _folded("Cauchy"),
        "LogNormal": _log_normal,
        "Exponential": _exponential,
        "Weibull": _weibull,
        "Pareto": _pareto,
        "Kumaraswamy": _kumaraswamy,
        "Gumbel": _gumbel,
        "Uniform": _uniform,
    }
)
"""(*parameters, lower, upper) -> log P(lower <= X <= upper), minus infinity if that is never."""


def log_interval(name: str, parameters: Sequence[Number], lower: End, upper: End) -> Number | None:
    """The log probability of an interval under a continuous family; None if there is no formula."""
    found = LOG_INTERVALS.get(name)
    return None if found is None else found(*parameters, lower, upper)
