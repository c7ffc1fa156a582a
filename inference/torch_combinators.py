"""Laws made of laws on the Pyro back end: several, ordered, truncated, censored, mixed."""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pplc.inference.torch_cumulative import log_difference
from pplc.inference.torch_elementwise import elementwise, where
from pplc.inference.torch_laws import TorchLaw, always, log_sum, only_inside
from pplc.inference.torch_spaces import DISCRETE, Space
from pplc.inference.torch_values import (
    FLOAT,
    Batch,
    Refused,
    combine,
    untraced,
)


@dataclass(frozen=True, eq=False)
class Iid(TorchLaw):
    """`count` independent draws from `base`."""

    base: TorchLaw
    count: int

    @property
    def name(self) -> str:
        return "iid"

    @property
    def rank(self) -> int:
        return self.base.rank + 1

    @property
    def event_rank(self) -> int:
        return self.base.event_rank

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.count, *self.base.shape)

    @property
    def parts(self) -> Sequence[Batch]:
        return self.base.parts

    @property
    def space(self) -> Space:
        return self.base.space

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        return self.base.entries(x, inside=inside)

    def tails(self, x: Batch) -> tuple[Batch, Batch]:
        return self.base.tails(x)


@dataclass(frozen=True, eq=False)
class Ordered(TorchLaw):
    """`count` draws from a scalar law in increasing order: their joint density times count!."""

    base: TorchLaw
    count: int
    rank: int = 1
    event_rank: int = 1

    @property
    def name(self) -> str:
        return "Ordered"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.count,)

    @property
    def parts(self) -> Sequence[Batch]:
        return self.base.parts

    @property
    def space(self) -> Space:
        below = self.base.space
        if below.kind not in ("real", "between"):
            raise Refused("E0548", f"`Ordered` of `{self.base.name}` has no unconstrained scale")
        return Space("ordered", 1, below.lower, below.upper)

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        each = self.base.entries(x, inside=inside)
        total = combine(lambda t: t.sum(-1) + math.lgamma(self.count + 1), [each], each.rank - 1)
        if inside:
            return total
        rising = combine(lambda t: (t[..., 1:] > t[..., :-1]).all(-1), [x], x.rank - 1)
        return total if always(rising) else only_inside(rising, total)


@dataclass(frozen=True, eq=False)
class Bounded(TorchLaw):
    """A scalar law with bounds; what happens beyond them is for `Truncated` and `Censored` to say."""

    base: TorchLaw
    lower: Batch | None
    upper: Batch | None

    @property
    def rank(self) -> int:
        return max(self.base.rank, *(bound.rank for bound in (self.lower, self.upper) if bound))

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    @property
    def shape(self) -> tuple[int, ...]:
        bounds = [bound.shape for bound in (self.lower, self.upper) if bound]
        return tuple(np.broadcast_shapes(self.base.shape, *bounds))

    @property
    def parts(self) -> Sequence[Batch]:
        return [*self.base.parts, *(bound for bound in (self.lower, self.upper) if bound)]


@dataclass(frozen=True, eq=False)
class Truncated(Bounded):
    """A scalar law between bounds, renormalised."""

    @property
    def name(self) -> str:
        return f"Truncated({self.base.name})"

    @property
    def space(self) -> Space:
        if self.discrete:
            return DISCRETE
        below = self.base.space
        lower, upper = self.bounds()
        return Space(
            "between",
            0,
            below.lower if lower is None else lower.data,
            below.upper if upper is None else upper.data,
        )

    def bounds(self) -> tuple[Batch | None, Batch | None]:
        """The bounds, drawn in to the support of the base."""
        below, lower, upper = self.base.space, self.lower, self.upper
        if lower is not None and below.lower is not None:
            low = below.lower
            lower = elementwise(lambda t: torch.maximum(t, low), lower, real=True)
        if upper is not None and below.upper is not None:
            high = below.upper
            upper = elementwise(lambda t: torch.minimum(t, high), upper, real=True)
        return lower, upper

    def log_mass(self) -> Batch:
        """log P(lower <= X <= upper)."""
        lower, upper = self.bounds()
        if lower is not None and self.discrete:
            lower = elementwise(lambda t: torch.ceil(t) - 1, lower, real=True)
        if lower is None or (
            self.discrete and always(elementwise(lambda t: t < 0, lower)) and upper is not None
        ):
            assert upper is not None
            return self.base.tails(upper)[0]
        if upper is None:
            return self.base.tails(lower)[1]
        below_low, above_low = self.base.tails(lower)
        below_high, above_high = self.base.tails(upper)

        def mass(bl: Tensor, al: Tensor, bh: Tensor, ah: Tensor) -> Tensor:
            upper_half = bl > -math.log(2)
            return log_difference(torch.where(upper_half, al, bh), torch.where(upper_half, ah, bl))

        return elementwise(mass, below_low, above_low, below_high, above_high)

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        value = elementwise(torch.sub, self.base.entries(x, inside=inside), self.log_mass())
        if inside:
            return value
        test = elementwise(lambda t: torch.ones_like(t, dtype=torch.bool), x)
        if self.lower is not None:
            test = elementwise(lambda t, a, b: t & (a >= b), test, x, self.lower)
        if self.upper is not None:
            test = elementwise(lambda t, a, b: t & (a <= b), test, x, self.upper)
        return value if always(test) else only_inside(test, value)

    def support(self) -> Tensor | None:
        values = self.base.support()
        if values is None or any(
            b is not None and (not b.known or b.data.dim()) for b in (self.lower, self.upper)
        ):
            return None
        with untraced():
            for bound, keep in ((self.lower, torch.ge), (self.upper, torch.le)):
                if bound is not None:
                    values = values[keep(values, bound.data)]
        return values


@dataclass(frozen=True, eq=False)
class Censored(Bounded):
    """A scalar law whose values beyond a bound are recorded as that bound."""

    @property
    def name(self) -> str:
        return f"Censored({self.base.name})"

    @property
    def space(self) -> Space:
        return DISCRETE if self.discrete else Space("none")

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        result = self.base.entries(x)
        if self.lower is not None:
            at, below = elementwise(torch.eq, x, self.lower), elementwise(torch.lt, x, self.lower)
            mass = self.base.tails(self.lower)[0]
            result = where(below, -math.inf, where(at, mass, result))
        if self.upper is not None:
            at, above = elementwise(torch.eq, x, self.upper), elementwise(torch.gt, x, self.upper)
            bound = self.upper
            if self.discrete:
                bound = elementwise(lambda t: torch.ceil(t) - 1, bound, real=True)
            mass = self.base.tails(bound)[1]
            result = where(above, -math.inf, where(at, mass, result))
        return result


@dataclass(frozen=True, eq=False)
class Mixture(TorchLaw):
    """One of several laws. Atoms outweigh densities: where one has an atom, only masses count."""

    log_weights: Sequence[Batch]
    bases: Sequence[TorchLaw]
    label: str = "Mixture"

    @property
    def name(self) -> str:
        return self.label

    @property
    def rank(self) -> int:
        return self.bases[-1].rank

    @property
    def event_rank(self) -> int:
        return self.bases[-1].rank

    @property
    def discrete(self) -> bool:
        return all(base.discrete for base in self.bases)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.bases[-1].shape

    @property
    def parts(self) -> Sequence[Batch]:
        return [*self.log_weights, *(part for base in self.bases for part in base.parts)]

    @property
    def space(self) -> Space:
        if self.discrete:
            return DISCRETE
        if any(base.discrete for base in self.bases):
            return Space("none")
        first, *others = [base.space for base in self.bases]
        for other in others:
            if (
                other.kind != first.kind
                or not _same_bound(first.lower, other.lower)
                or not _same_bound(first.upper, other.upper)
            ):
                return Space("none")
        return first

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        atoms: list[Batch] = []
        densities: list[Batch] = []
        for weight, base in zip(self.log_weights, self.bases, strict=True):
            term = elementwise(torch.add, base.joint(x, inside=inside and len(self.bases) == 1), weight)
            (atoms if base.discrete else densities).append(term)
        if not atoms or not densities:
            return log_sum(atoms + densities)
        masses = log_sum(atoms)
        return where(elementwise(lambda t: t > -math.inf, masses), masses, log_sum(densities))

    def support(self) -> Tensor | None:
        if self.rank:
            return None
        values = [base.support() for base in self.bases]
        if any(v is None for v in values):
            return None
        with untraced():
            return torch.unique(
                torch.cat([v.to(FLOAT) if v.dtype == FLOAT else v for v in values if v is not None])
            )

    def tails(self, x: Batch) -> tuple[Batch, Batch]:
        both = [base.tails(x) for base in self.bases]
        below = [elementwise(torch.add, t[0], w) for t, w in zip(both, self.log_weights, strict=True)]
        above = [elementwise(torch.add, t[1], w) for t, w in zip(both, self.log_weights, strict=True)]
        return log_sum(below), log_sum(above)


def _same_bound(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a is b or (a.dim() == 0 and b.dim() == 0 and a is b)
