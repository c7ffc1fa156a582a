"""The numerics of every family: `NUMERICS["Normal"].log_density(mean, sd, x)`.

One file per family; `table` says what a record holds and how kernels are called. A family given by a named
alternative parameter list is looked up by `variant`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pplc.semantics.families import (
    bernoulli,
    beta,
    beta_binomial,
    binomial,
    categorical,
    cauchy,
    chi_squared,
    dirichlet,
    exponential,
    gamma,
    geometric,
    gumbel,
    half_cauchy,
    half_normal,
    half_student_t,
    hypergeometric,
    inverse_gamma,
    inverse_wishart,
    kumaraswamy,
    laplace,
    lkj,
    lkj_cholesky,
    log_normal,
    logistic,
    multinomial,
    mv_normal,
    mv_student_t,
    negative_binomial,
    normal,
    ordered_logistic,
    pareto,
    poisson,
    skew_normal,
    student_t,
    uniform,
    uniform_int,
    von_mises,
    weibull,
    wishart,
    zipf,
)
from pplc.semantics.families.checks import Violation, check_parameters
from pplc.semantics.families.table import Numerics, Variant

__all__ = ["NUMERICS", "VARIANTS", "Numerics", "Variant", "Violation", "check_parameters", "variant"]

_WITH_ALTERNATIVES = (
    bernoulli, beta, binomial, categorical, exponential, gamma, mv_normal, mv_student_t, negative_binomial,
    normal,
)  # fmt: skip
_WITHOUT = (
    beta_binomial, cauchy, chi_squared, dirichlet, geometric, gumbel, half_cauchy, half_normal,
    half_student_t, hypergeometric, inverse_gamma, inverse_wishart, kumaraswamy, laplace, lkj, lkj_cholesky,
    log_normal, logistic, multinomial, ordered_logistic, pareto, poisson, skew_normal, student_t, uniform,
    uniform_int, von_mises, weibull, wishart, zipf,
)  # fmt: skip

NUMERICS: Mapping[str, Numerics] = MappingProxyType(
    {module.NUMERICS.family.name: module.NUMERICS for module in (*_WITH_ALTERNATIVES, *_WITHOUT)}
)

VARIANTS: Mapping[str, tuple[Variant, ...]] = MappingProxyType(
    {module.NUMERICS.family.name: module.VARIANTS for module in _WITH_ALTERNATIVES}
)


def variant(family: str, names: Sequence[str] = ()) -> Variant:
    """How a family is computed from the parameters called `names`, in that order; none: its own list.

    Raises KeyError for names that are no parameter list of the family.

    >>> variant("Beta", ["mean", "concentration"]).arguments([0.25, 8.0])
    (2.0, 6.0)
    """
    own = NUMERICS[family]
    candidates = (Variant(own.family.parameters, own), *VARIANTS.get(family, ()))
    if not names:
        return candidates[0]
    for candidate in candidates:
        if [parameter.name for parameter in candidate.parameters] == list(names):
            return candidate
    raise KeyError(f"{family}({', '.join(names)})")
