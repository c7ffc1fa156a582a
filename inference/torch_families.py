"""The families of the library as laws of the Pyro back end."""

# pyright: basic

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Never

import numpy as np
import torch
from torch import Tensor

from pplc.inference.torch_combinators import Censored, Iid, Mixture, Ordered, Truncated
from pplc.inference.torch_cumulative import SHAPES, TAILS
from pplc.inference.torch_densities import DENSITIES
from pplc.inference.torch_domains import FAR_OUTSIDE, HARMLESS, IN_DOMAIN, SELF_GUARDED, SILENT
from pplc.inference.torch_elementwise import elementwise, where
from pplc.inference.torch_laws import Image, TorchLaw
from pplc.inference.torch_spaces import DISCRETE, REAL, Kind, Space, matrix_space
from pplc.inference.torch_values import (
    FLOAT,
    Batch,
    Refused,
    lift,
    pad,
    tensor,
    untraced,
)
from pplc.inference.torch_vector_densities import VECTOR_DENSITIES
from pplc.lang.families import FAMILIES, Family, Parameter
from pplc.lang.families import Kind as Support
from pplc.semantics.faults import outside_domain, unavailable

_VECTOR_SPACES: dict[Support, Kind] = {
    Support.SIMPLEX: "simplex",
    Support.ORDERED: "ordered",
    Support.COV: "cov",
    Support.CORR: "corr",
    Support.CHOL_CORR: "corr_chol",
}
_ZERO, _ONE = tensor(0.0), tensor(1.0)
_PI = tensor(math.pi)
_CONSTANTS = {0: _ZERO, 1: _ONE}
_OPEN_AT_ZERO = frozenset({"LogNormal", "InverseGamma"})
"""Families whose density at 0 is 0, but whose formula says 0/0 there."""


@dataclass(frozen=True, eq=False)
class FamilyLaw(TorchLaw):
    """A family of the table with its parameters, lifted over their excess axes."""

    family: Family
    parametrisation: int
    parameters: tuple[Batch, ...]

    @property
    def name(self) -> str:
        return self.family.name

    @property
    def signature(self) -> tuple[Parameter, ...]:
        """The parameters of this parametrisation."""
        k = self.parametrisation
        return self.family.alternatives[k - 1] if k else self.family.parameters

    @property
    def event_rank(self) -> int:
        return self.family.event_rank

    @property
    def lifted(self) -> int:
        """The number of axes of independent entries."""
        return max((p.rank - s.rank for p, s in zip(self.parameters, self.signature, strict=True)), default=0)

    @property
    def rank(self) -> int:
        return self.lifted + self.family.event_rank

    @property
    def discrete(self) -> bool:
        return self.family.discrete

    @property
    def shape(self) -> tuple[int, ...]:
        fronts = [p.shape[: p.rank - s.rank] for p, s in zip(self.parameters, self.signature, strict=True)]
        return (*np.broadcast_shapes(*fronts), *self.event_shape)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The extents of one entry."""
        if self.event_rank == 0:
            return ()
        if self.name in ("LKJ", "LKJCholesky"):
            dimension = self.parameters[0]
            if not dimension.known or dimension.data.numel() != 1:
                raise Refused("E0530", f"the dimension of `{self.name}` must be one known number")
            with untraced():
                size = int(dimension.data.item())
            return (size, size)
        size = next(p.shape[-1] for p, s in zip(self.parameters, self.signature, strict=True) if s.rank)
        return (size,) * self.event_rank

    @property
    def parts(self) -> Sequence[Batch]:
        return self.parameters

    def bound(self, which: float | str | None) -> Tensor | None:
        """A bound of the support: a constant, or the parameter of that name."""
        if which is None:
            return None
        if isinstance(which, str):
            for part, parameter in zip(self.parameters, self.signature, strict=True):
                if parameter.name == which:
                    return pad(part.data, part.rank, self.rank).to(FLOAT)
            raise AssertionError(f"{self.name} has no parameter {which}")
        return _CONSTANTS[int(which)]

    @cached_property
    def _space(self) -> Space:
        support = self.family.support
        if self.discrete:
            return DISCRETE
        if support.kind is Support.CIRCLE:
            return Space("between", 0, -_PI, _PI)
        if support.kind in _VECTOR_SPACES:
            return matrix_space(_VECTOR_SPACES[support.kind])
        if support.lower is None and support.upper is None:
            return Space("real", self.event_rank) if self.event_rank else REAL
        return Space("between", 0, self.bound(support.lower), self.bound(support.upper))

    @property
    def space(self) -> Space:
        return self._space

    # ------------------------------------------------------------------ density

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        key = (self.name, self.parametrisation)
        vectors = key in VECTOR_DENSITIES
        density = VECTOR_DENSITIES[key] if vectors else DENSITIES[key]
        free = x.rank - self.event_rank
        parts = [*self.parameters, x]
        ranks = [s.rank for s in self.signature] + [self.event_rank]
        lifted = max(free, *(p.rank - r for p, r in zip(parts, ranks, strict=True)))
        known = all(part.known for part in parts)
        owners = frozenset[str]().union(*(part.owners for part in parts))

        def evaluate() -> Tensor:
            *given, value = [
                pad(p.data, p.rank, lifted + r).to(FLOAT) for p, r in zip(parts, ranks, strict=True)
            ]
            test = None if inside else self.inside(given, value)
            if test is not None and x.known and not self._random_support:
                with untraced():
                    if bool(test.all().item()):
                        test = None
            if test is not None:
                value = torch.where(
                    test.reshape((*test.shape, *([1] * self.event_rank))), value, self._typical(given)
                )
            result = density(*given, value)
            result = self._checked(given, result)
            if test is not None:
                result = torch.where(test, result, torch.full_like(result, -math.inf))
            return result

        if known:
            with untraced():
                return Batch(evaluate(), lifted, True, owners)
        return Batch(evaluate(), lifted, False, owners)

    @cached_property
    def _random_support(self) -> bool:
        support = self.family.support
        names = [b for b in (support.lower, support.upper) if isinstance(b, str)]
        return any(
            s.name in names and not p.known for p, s in zip(self.parameters, self.signature, strict=True)
        )

    def inside(self, given: Sequence[Tensor], x: Tensor) -> Tensor | None:
        """Whether entries lie in the support; None if that goes without saying."""
        support = self.family.support
        match support.kind:
            case Support.INTEGER:
                if self.name in ("Categorical", "OrderedLogistic"):
                    last = given[-1].shape[-1] - (self.name == "Categorical")
                    return (x >= 0) & (x <= last)
                if self.name == "Hypergeometric":
                    population, successes, draws = given
                    return (x >= 0) & (x >= draws - population + successes) & (x <= draws) & (x <= successes)
                inside = x >= self._edge(support.lower, given)
                if support.upper is not None:
                    inside = inside & (x <= self._edge(support.upper, given))
                if self.name == "Zipf":
                    inside = inside & ((given[1] <= 0) | (x <= given[1]))
                return inside
            case Support.REAL:
                test: Tensor | None = None
                if support.lower is not None:
                    low = self._edge(support.lower, given)
                    test = (x > low) if self.name in _OPEN_AT_ZERO else (x >= low)
                if support.upper is not None:
                    above = x <= self._edge(support.upper, given)
                    test = above if test is None else test & above
                return test
            case Support.CIRCLE:
                return (x >= -_PI) & (x <= _PI)
            case Support.COUNTS:
                return (x >= 0).all(-1) & (x.sum(-1) == given[0])
            case Support.SIMPLEX:
                return (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() <= 1e-8)
            case _:
                return None

    def _edge(self, bound: float | str | None, given: Sequence[Tensor]) -> Tensor | float:
        if isinstance(bound, str):
            return given[[s.name for s in self.signature].index(bound)]
        assert bound is not None
        return float(bound)

    def _typical(self, given: Sequence[Tensor]) -> Tensor:
        """A value at which the formula can be evaluated, in place of one outside the support."""
        support = self.family.support
        if support.kind is Support.COUNTS or support.kind is Support.SIMPLEX:
            return torch.full((given[-1].shape[-1],), 1 / given[-1].shape[-1], dtype=FLOAT)
        if self.name == "Uniform":
            return (given[0] + given[1]) / 2
        if support.kind is Support.REAL and support.upper == 1:
            return tensor(0.5)
        if self.name == "Pareto":
            return given[1] * 2
        if self.name in ("Hypergeometric",):
            return torch.maximum(_ZERO, given[2] - given[0] + given[1])
        if support.kind is Support.INTEGER and self.name != "Zipf":
            low = self._edge(support.lower, given)
            return low if isinstance(low, Tensor) else tensor(low)
        return _ONE

    def _checked(self, given: Sequence[Tensor], result: Tensor) -> Tensor:
        """NaN where a random parameter has left its domain; a known one is an error at once."""
        for part, parameter, value in zip(self.parameters, self.signature, given, strict=True):
            test = IN_DOMAIN.get(parameter.domain)
            if test is None or part.known or parameter.domain not in SILENT or self.name in SELF_GUARDED:
                continue
            fine = test(value)
            if parameter.rank:
                fine = fine.all(-1)
            result = torch.where(fine, result, torch.full_like(result, math.nan))
        return result

    def check(self) -> None:
        """A `Fault` if a known parameter is outside its domain."""
        for part, parameter in zip(self.parameters, self.signature, strict=True):
            test = IN_DOMAIN.get(parameter.domain)
            if not part.known:
                continue
            with untraced():
                fine = (
                    torch.isfinite(part.data) if part.data.dtype.is_floating_point else part.data == part.data
                )
                if test is not None:
                    fine = (
                        fine.all(-1) & test(part.data).all(-1) if parameter.rank else fine & test(part.data)
                    )
                if bool(fine.all().item()):
                    continue
                if parameter.rank == 0:
                    wrong: object = part.data.expand_as(fine)[~fine].flatten()[0].item()
                else:
                    wrong = tuple(part.data.reshape(-1, part.data.shape[-1])[0].tolist())
            raise outside_domain(self.name, parameter.name, wrong, parameter.domain.describe)  # type: ignore[arg-type]

    def inspect(self) -> None:
        """A `Fault` if a random parameter is outside its domain by more than rounding can explain."""
        for part, parameter in zip(self.parameters, self.signature, strict=True):
            outside = FAR_OUTSIDE.get(parameter.domain)
            if outside is None or part.known:
                continue
            bad = outside(part.data) & torch.isfinite(part.data)
            if bool(bad.any().item()):
                wrong = part.data[bad].flatten()[0].item()
                raise outside_domain(self.name, parameter.name, wrong, parameter.domain.describe)

    # ------------------------------------------------------------------ the rest

    def tails(self, x: Batch) -> tuple[Batch, Batch]:
        tails = TAILS.get((self.name, self.parametrisation))
        if tails is None or (self.name in SHAPES and not self.parameters[0].known):
            if x.known and all(part.known for part in self.parameters):
                return self._reference_tails(x)
            raise Refused(
                "E0531",
                f"the cumulative probability of `{self.name}` has no derivative here",
                "truncate or censor another family, or use importance sampling",
            )
        pair = tails
        return (
            elementwise(lambda *ts: pair(*ts)[0], *self.parameters, x, real=True),
            elementwise(lambda *ts: pair(*ts)[1], *self.parameters, x, real=True),
        )

    def _reference_tails(self, x: Batch) -> tuple[Batch, Batch]:
        from pplc.semantics.laws import make_law

        with untraced():
            shape = np.broadcast_shapes(*(p.data.shape for p in self.parameters), x.data.shape)
            columns = [p.data.expand(shape).flatten().tolist() for p in (*self.parameters, x)]
            below: list[float] = []
            above: list[float] = []
            for *given, at in zip(*columns, strict=True):
                law = make_law(self.name, given, self.parametrisation, exact=False, call=_no_call)
                below.append(law.log_cdf(at))
                above.append(law.log_ccdf(at))
            rank = max(x.rank, self.rank)
            return (
                Batch(tensor(below).reshape(shape), rank, True),
                Batch(tensor(above).reshape(shape), rank, True),
            )

    def support(self) -> Tensor | None:
        with untraced():
            match self.name:
                case "Bernoulli":
                    return torch.tensor([False, True])
                case "Categorical" | "OrderedLogistic":
                    count = self.parameters[-1].shape[-1] + (self.name == "OrderedLogistic")
                    return torch.arange(count)
                case "Binomial" | "BetaBinomial" | "UniformInt" | "Hypergeometric":
                    ends = self.parameters[:2] if self.name == "UniformInt" else self.parameters[:1]
                    if self.name == "Hypergeometric":
                        ends = self.parameters[2:]
                    if any(not e.known or e.data.numel() != 1 for e in ends):
                        return None
                    low = int(ends[0].data.item()) if self.name == "UniformInt" else 0
                    return torch.arange(low, int(ends[-1].data.item()) + 1)
                case _:
                    return None


def _no_call(*_: object) -> Never:
    raise unavailable("call", "a family")


def require_derivatives(law: TorchLaw) -> None:
    """Refuses a law whose density needs a cumulative probability that torch cannot differentiate."""
    match law:
        case Truncated(base, lower, upper) | Censored(base, lower, upper):
            for bound in (lower, upper):
                if bound is not None:
                    base.tails(bound)
        case Iid(base) | Ordered(base):
            require_derivatives(base)
        case Mixture(_, bases):
            for each in bases:
                require_derivatives(each)
        case Image():
            law.entries(lift(0.0))
        case _:
            pass


def inspect(law: TorchLaw) -> None:
    """A `Fault` if a random parameter of the law, or of a law inside it, is outside its domain."""
    match law:
        case FamilyLaw():
            law.inspect()
        case Iid(base) | Ordered(base) | Truncated(base) | Censored(base):
            inspect(base)
        case Mixture(_, bases):
            for each in bases:
                inspect(each)
        case _:
            pass


def family_law(
    name: str, parametrisation: int, arguments: Sequence[object], guard: Batch | None = None
) -> FamilyLaw:
    """The law of a family with these parameters, `None` for those left out.

    guard: the rounds in which the law is used; in the others the parameters may be anything.
    """
    family = FAMILIES[name]
    signature = family.alternatives[parametrisation - 1] if parametrisation else family.parameters
    parts: list[Batch] = []
    for argument, parameter in zip(arguments, signature, strict=True):
        part = lift(parameter.default if argument is None else argument)
        harmless = HARMLESS.get(parameter.domain)
        if guard is not None and harmless is not None and (part.rank or part.data.dim() or not part.known):
            part = where(guard, part, harmless)
        parts.append(part)
    law = FamilyLaw(family, parametrisation, tuple(parts))
    law.check()
    return law
