"""Draws from laws by torch's generator: what prior and predictive runs of the Pyro model need."""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
import torch.distributions as td
from torch import Tensor

from pplc.inference.torch_combinators import Iid, Mixture, Ordered, Truncated
from pplc.inference.torch_families import FamilyLaw
from pplc.inference.torch_laws import Finite as FiniteLaw
from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_spaces import Space
from pplc.inference.torch_values import FLOAT, Batch, Refused, pad
from pplc.inference.torch_vector_densities import factor


def sample(law: TorchLaw, shape: tuple[int, ...]) -> Tensor:
    """Draws of a whole shape: batch axes, then the axes of one value."""
    match law:
        case FamilyLaw():
            return _family(law, shape)
        case Iid():
            return sample(law.base, shape)
        case Ordered():
            return sample(law.base, shape).sort(-1).values
        case Truncated() if not law.discrete:
            return _truncated(law, shape)
        case Mixture():
            return _mixture(law, shape)
        case FiniteLaw() if law.rank == 0:
            logits = law.log_masses.data
            chosen = td.Categorical(logits=logits.expand(*shape, logits.shape[-1])).sample()
            values = law.values.data.expand(*shape, logits.shape[-1])
            return values.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)
        case _:
            raise Refused("E0534", f"`{law.name}` has no sampler in torch")


def _family(law: FamilyLaw, shape: tuple[int, ...]) -> Tensor:
    maker = SAMPLERS.get((law.name, law.parametrisation))
    if maker is None:
        raise Refused("E0534", f"`{law.name}` has no sampler in torch")
    free = len(shape) - law.event_rank
    front = shape[:free]
    given: list[Tensor] = []
    for part, parameter in zip(law.parameters, law.signature, strict=True):
        data = pad(part.data, part.rank, law.lifted + parameter.rank).to(FLOAT)
        own = data.shape[data.dim() - parameter.rank :]
        given.append(data.expand((*front, *own)))
    result = maker(*given)
    if law.family.support.kind.name == "BOOLEAN":
        return result.to(torch.bool)
    return result.to(torch.int64) if law.discrete else result


def _truncated(law: Truncated, shape: tuple[int, ...]) -> Tensor:
    """By rejection; the acceptance of a far tail may be too small, which is an error."""
    lower, upper = law.bounds()
    low = -math.inf if lower is None else lower.data
    high = math.inf if upper is None else upper.data
    result = sample(law.base, shape)
    for _ in range(10_000):
        bad = (result < low) | (result > high)
        if not bool(bad.any()):
            return result
        result = torch.where(bad, sample(law.base, shape), result)
    raise Refused("E0534", "a truncated law whose bounds lie far in the tail has no sampler in torch")


def _mixture(law: Mixture, shape: tuple[int, ...]) -> Tensor:
    front = shape[: len(shape) - law.rank]
    logits = torch.stack(torch.broadcast_tensors(*(w.data for w in law.log_weights)), -1)
    chosen = td.Categorical(logits=logits.expand(*front, len(law.bases))).sample()
    draws = [sample(base, shape) for base in law.bases]
    result = draws[0]
    for k, draw in enumerate(draws[1:], 1):
        mask = (chosen == k).reshape(*front, *([1] * law.rank))
        result = torch.where(mask, draw, result)
    return result


def _ordered_logistic(location: Tensor, cutpoints: Tensor) -> Tensor:
    u = torch.rand(location.shape, dtype=FLOAT)
    x = location + torch.log(u) - torch.log1p(-u)
    return (x.unsqueeze(-1) > cutpoints).sum(-1)


def _hypergeometric(population: Tensor, successes: Tensor, draws: Tensor) -> Tensor:
    found = torch.zeros_like(population)
    for k in range(int(draws.max().item())):
        left, good = population - k, successes - found
        hit = torch.rand(population.shape, dtype=FLOAT) * left < good
        found = found + (hit & (draws > k))
    return found


def _multinomial(n: Tensor, probabilities: Tensor) -> Tensor:
    counts = torch.zeros_like(probabilities)
    for k in range(int(n.max().item())):
        chosen = td.Categorical(probs=probabilities).sample()
        counts = counts + torch.nn.functional.one_hot(chosen, probabilities.shape[-1]) * (n > k).unsqueeze(-1)
    return counts


def _inverse_uniform(quantile: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def draw(*given: Tensor) -> Tensor:
        return quantile(torch.rand(given[0].shape, dtype=FLOAT), *given)

    return draw


def _skew_normal(location: Tensor, scale: Tensor, shape: Tensor) -> Tensor:
    delta = shape / torch.sqrt(1 + shape * shape)
    a, b = torch.randn_like(location), torch.randn_like(location)
    return location + scale * (delta * a.abs() + torch.sqrt(1 - delta * delta) * b)


def _lkj_cholesky(dimension: Tensor, concentration: Tensor) -> Tensor:
    return td.LKJCholesky(int(dimension.flatten()[0].item()), concentration).sample()


def _squared(lower: Tensor) -> Tensor:
    return lower @ lower.transpose(-1, -2)


def _von_mises(location: Tensor, concentration: Tensor) -> Tensor:
    safe = concentration.clamp(min=1e-12)
    return td.VonMises(location, safe).sample()


def _mv_student_t(df: Tensor, location: Tensor, lower: Tensor) -> Tensor:
    z = (lower @ torch.randn_like(location).unsqueeze(-1)).squeeze(-1)
    return location + z * torch.sqrt(df / td.Chi2(df).sample()).unsqueeze(-1)


SAMPLERS: Mapping[tuple[str, int], Callable[..., Any]] = MappingProxyType(
    {
        ("Bernoulli", 0): lambda p: td.Bernoulli(p).sample(),
        ("Bernoulli", 1): lambda logit: td.Bernoulli(logits=logit).sample(),
        ("Binomial", 0): lambda n, p: td.Binomial(n, p).sample(),
        ("Binomial", 1): lambda n, logit: td.Binomial(n, logits=logit).sample(),
        ("Categorical", 0): lambda p: td.Categorical(probs=p).sample(),
        ("Categorical", 1): lambda logits: td.Categorical(logits=logits).sample(),
        ("Geometric", 0): lambda p: td.Geometric(p).sample(),
        ("NegativeBinomial", 0): lambda r, p: torch.poisson(td.Gamma(r, p / (1 - p)).sample()),
        ("NegativeBinomial", 1): lambda m, d: torch.poisson(td.Gamma(d, d / m).sample()),
        ("Poisson", 0): torch.poisson,
        ("UniformInt", 0): lambda a, b: a + torch.floor(torch.rand(a.shape, dtype=FLOAT) * (b - a + 1)),
        ("Hypergeometric", 0): _hypergeometric,
        ("BetaBinomial", 0): lambda n, a, b: td.Binomial(n, td.Beta(a, b).sample()).sample(),
        ("OrderedLogistic", 0): _ordered_logistic,
        ("Multinomial", 0): _multinomial,
        ("Normal", 0): lambda m, s: m + s * torch.randn_like(m),
        ("Normal", 1): lambda m, v: m + torch.sqrt(v) * torch.randn_like(m),
        ("Normal", 2): lambda m, p: m + torch.randn_like(m) / torch.sqrt(p),
        ("StudentT", 0): lambda df, m, s: td.StudentT(df, m, s).sample(),
        ("Cauchy", 0): _inverse_uniform(lambda u, m, s: m + s * torch.tan(math.pi * (u - 0.5))),
        ("Laplace", 0): lambda m, s: td.Laplace(m, s).sample(),
        ("Logistic", 0): _inverse_uniform(lambda u, m, s: m + s * (torch.log(u) - torch.log1p(-u))),
        ("Gumbel", 0): _inverse_uniform(lambda u, m, s: m - s * torch.log(-torch.log(u))),
        ("LogNormal", 0): lambda m, s: torch.exp(m + s * torch.randn_like(m)),
        ("HalfNormal", 0): lambda s: s * torch.randn_like(s).abs(),
        ("HalfCauchy", 0): _inverse_uniform(lambda u, s: s * torch.tan(math.pi / 2 * u)),
        ("HalfStudentT", 0): lambda df, s: td.StudentT(df, torch.zeros_like(s), s).sample().abs(),
        ("Exponential", 0): lambda r: td.Exponential(r).sample(),
        ("Exponential", 1): lambda s: td.Exponential(1 / s).sample(),
        ("Exponential", 2): lambda s: td.Exponential(1 / s).sample(),
        ("Gamma", 0): lambda a, b: td.Gamma(a, b).sample(),
        ("Gamma", 1): lambda a, s: td.Gamma(a, 1 / s).sample(),
        ("Gamma", 2): lambda a, m: td.Gamma(a, a / m).sample(),
        ("Gamma", 3): lambda m, s: td.Gamma((m / s) ** 2, m / s**2).sample(),
        ("InverseGamma", 0): lambda a, s: 1 / td.Gamma(a, s).sample(),
        ("ChiSquared", 0): lambda df: td.Chi2(df).sample(),
        ("Weibull", 0): lambda k, s: td.Weibull(s, k).sample(),
        ("Pareto", 0): lambda a, s: td.Pareto(s, a).sample(),
        ("Beta", 0): lambda a, b: td.Beta(a, b).sample(),
        ("Beta", 1): lambda m, k: td.Beta(m * k, (1 - m) * k).sample(),
        ("Uniform", 0): _inverse_uniform(lambda u, a, b: a + (b - a) * u),
        ("Kumaraswamy", 0): _inverse_uniform(lambda u, a, b: (1 - u ** (1 / b)) ** (1 / a)),
        ("VonMises", 0): _von_mises,
        ("SkewNormal", 0): _skew_normal,
        ("Dirichlet", 0): lambda c: td.Dirichlet(c).sample(),
        ("MvNormal", 0): lambda m, c: td.MultivariateNormal(m, c).sample(),
        ("MvNormal", 1): lambda m, c: td.MultivariateNormal(m, scale_tril=c).sample(),
        ("MvNormal", 2): lambda m, p: td.MultivariateNormal(m, precision_matrix=p).sample(),
        ("MvStudentT", 0): lambda df, m, c: _mv_student_t(df, m, factor(c)),
        ("MvStudentT", 1): _mv_student_t,
        ("MvStudentT", 2): lambda df, m, p: _mv_student_t(df, m, factor(torch.linalg.inv(p))),
        ("Wishart", 0): lambda df, s: td.Wishart(df, s).sample(),
        ("InverseWishart", 0): lambda df, s: torch.linalg.inv(td.Wishart(df, torch.linalg.inv(s)).sample()),
        ("LKJ", 0): lambda d, c: _squared(_lkj_cholesky(d, c)),
        ("LKJCholesky", 0): _lkj_cholesky,
    }
)
"""By family and parametrisation, parameters already expanded."""


__all__ = ["Batch", "Space", "sample"]
