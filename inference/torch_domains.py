"""Domains of parameters on tensors: what lies inside, what far outside, and a value inside each."""

# pyright: basic

from __future__ import annotations

from pplc.lang.families import Domain

IN_DOMAIN = {
    Domain.POSITIVE: lambda t: t > 0,
    Domain.NONNEGATIVE: lambda t: t >= 0,
    Domain.UNIT: lambda t: (t >= 0) & (t <= 1),
    Domain.OPEN_UNIT: lambda t: (t > 0) & (t < 1),
    Domain.POSITIVE_UNIT: lambda t: (t > 0) & (t <= 1),
    Domain.NATURAL: lambda t: t >= 0,
    Domain.POSITIVE_INT: lambda t: t > 0,
    Domain.POSITIVE_VECTOR: lambda t: t > 0,
    Domain.ORDERED: lambda t: t[..., 1:] > t[..., :-1],
    Domain.SIMPLEX: lambda t: (t >= 0) & ((t.sum(-1, keepdim=True) - 1).abs() <= 1e-8),
}
_SLACK = 1e-9
"""Beyond the edge of a domain by less than this is taken for rounding."""
FAR_OUTSIDE = {
    Domain.POSITIVE: lambda t: t < -_SLACK,
    Domain.NONNEGATIVE: lambda t: t < -_SLACK,
    Domain.UNIT: lambda t: (t < -_SLACK) | (t > 1 + _SLACK),
    Domain.OPEN_UNIT: lambda t: (t < -_SLACK) | (t > 1 + _SLACK),
    Domain.POSITIVE_UNIT: lambda t: (t < -_SLACK) | (t > 1 + _SLACK),
    Domain.POSITIVE_VECTOR: lambda t: t < -_SLACK,
    Domain.SIMPLEX: lambda t: (t < -_SLACK) | (t > 1 + _SLACK),
}
HARMLESS = {
    Domain.POSITIVE: 1,
    Domain.NONNEGATIVE: 1,
    Domain.UNIT: 0.5,
    Domain.OPEN_UNIT: 0.5,
    Domain.POSITIVE_UNIT: 0.5,
    Domain.NATURAL: 1,
    Domain.POSITIVE_INT: 1,
}
"""A value inside each scalar domain, for rounds in which a law is not used."""
SILENT = frozenset(
    {Domain.POSITIVE, Domain.NONNEGATIVE, Domain.POSITIVE_UNIT, Domain.UNIT, Domain.POSITIVE_VECTOR}
)
"""Domains that a random parameter may leave without its density becoming NaN by itself."""
SELF_GUARDED = frozenset(
    {
        "Normal",
        "Cauchy",
        "Laplace",
        "Logistic",
        "Gumbel",
        "LogNormal",
        "HalfNormal",
        "HalfCauchy",
        "SkewNormal",
    }
    | {"Exponential", "Weibull", "Pareto", "Kumaraswamy"}
)
"""Families whose formula takes the log of every parameter with a domain: NaN outside it."""
