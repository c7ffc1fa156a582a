"""Distributions of the Pyro back end: densities over batches, spaces of draws, finite supports.

A law has `rank` axes, of which the last `event_rank` are one indivisible draw; those before them are
independent entries (lifting). A value may have more axes still, as `iid` gives it: the parameters
are broadcast.
"""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pplc.inference.torch_elementwise import elementwise, where
from pplc.inference.torch_spaces import DISCRETE, REAL, Space
from pplc.inference.torch_values import (
    FLOAT,
    Batch,
    CannotVectorise,
    Content,
    Refused,
    combine,
    lift,
    tensor,
    untraced,
)
from pplc.semantics.faults import unavailable


class TorchLaw(ABC):
    """A distribution whose parameters may be random and differ between rounds."""

    @property
    @abstractmethod
    def rank(self) -> int:
        """Axes of a value."""

    @property
    def event_rank(self) -> int:
        """Of these, the last ones that are one draw."""
        return 0

    @property
    def discrete(self) -> bool:
        """It has masses, not densities."""
        return False

    @property
    @abstractmethod
    def name(self) -> str:
        """What the user called it."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The extents of one value."""

    @property
    @abstractmethod
    def parts(self) -> Sequence[Batch]:
        """The parameters, whatever their rank: for batches and owners."""

    @abstractmethod
    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        """Log density of every entry: a batch of rank `x.rank - event_rank`.

        inside: the value is known to lie in the support, so that nothing needs to be checked.
        """

    @property
    def space(self) -> Space:
        """Where draws lie, with bounds that may be random."""
        return DISCRETE if self.discrete else REAL

    def joint(self, x: Batch, *, inside: bool = False) -> Batch:
        """Log density of whole values: a batch of rank `x.rank - rank`."""
        each = self.entries(x, inside=inside)
        axes = self.rank - self.event_rank
        if axes == 0:
            return each
        return combine(lambda t: t.sum(list(range(-axes, 0))), [each], each.rank - axes)

    def tails(self, x: Batch) -> tuple[Batch, Batch]:
        """Logs of P(X <= x) and P(X > x), per entry."""
        raise unavailable("cdf", f"`{self.name}`", "torch cannot differentiate it here")

    def support(self) -> Tensor | None:
        """The values of a finite discrete law of single numbers, the same in every round."""
        return None

    def mean(self) -> Content:
        """The expectation."""
        raise unavailable("mean", f"`{self.name}`")

    @property
    def batch(self) -> tuple[int, ...]:
        """The batch of the parameters."""
        return tuple(torch.broadcast_shapes(*(part.batch for part in self.parts)))

    @property
    def owners(self) -> frozenset[str]:
        """Enumerated draws that the parameters depend on."""
        return frozenset[str]().union(*(part.owners for part in self.parts))


def only_inside(test: Batch, value: Batch) -> Batch:
    """The log density where the test is true, minus infinity elsewhere."""
    return where(test, value, -math.inf)


def always(test: Batch) -> bool:
    """Whether a test on known values is true throughout."""
    if not test.known:
        return False
    with untraced():
        return bool(test.data.all().item())


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
class Truncated(TorchLaw):
    """A scalar law between bounds, renormalised."""

    base: TorchLaw
    lower: Batch | None
    upper: Batch | None

    @property
    def name(self) -> str:
        return f"Truncated({self.base.name})"

    @property
    def rank(self) -> int:
        return max(self.base.rank, *(bound.rank for bound in (self.lower, self.upper) if bound))

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    @property
    def shape(self) -> tuple[int, ...]:
        bounds = [bound.shape for bound in (self.lower, self.upper) if bound]
        return tuple(torch.broadcast_shapes(self.base.shape, *bounds))

    @property
    def parts(self) -> Sequence[Batch]:
        return [*self.base.parts, *(bound for bound in (self.lower, self.upper) if bound)]

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
        from pplc.inference.torch_cumulative import log_difference

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
class Censored(TorchLaw):
    """A scalar law whose values beyond a bound are recorded as that bound."""

    base: TorchLaw
    lower: Batch | None
    upper: Batch | None

    @property
    def name(self) -> str:
        return f"Censored({self.base.name})"

    @property
    def rank(self) -> int:
        return max(self.base.rank, *(bound.rank for bound in (self.lower, self.upper) if bound))

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    @property
    def shape(self) -> tuple[int, ...]:
        bounds = [bound.shape for bound in (self.lower, self.upper) if bound]
        return tuple(torch.broadcast_shapes(self.base.shape, *bounds))

    @property
    def parts(self) -> Sequence[Batch]:
        return [*self.base.parts, *(bound for bound in (self.lower, self.upper) if bound)]

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
            return _log_sum(atoms + densities)
        masses = _log_sum(atoms)
        return where(elementwise(lambda t: t > -math.inf, masses), masses, _log_sum(densities))

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
        return _log_sum(below), _log_sum(above)


def _same_bound(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a is b or (a.dim() == 0 and b.dim() == 0 and a is b)


def _log_sum(terms: Sequence[Batch]) -> Batch:
    """logsumexp of aligned terms, with gradient 0 from impossible ones."""

    def total(*ts: Tensor) -> Tensor:
        return torch.logsumexp(torch.stack(torch.broadcast_tensors(*ts), -1), -1)

    return elementwise(total, *terms) if len(terms) > 1 else terms[0]


@dataclass(frozen=True, eq=False)
class Finite(TorchLaw):
    """Finitely many numbers: `Delta`, `Empirical`, `Uniform` of a list, what `infer` gives.

    values: [K, *shape]; log_masses: [K]. Both may differ between rounds.
    """

    label: str
    values: Batch
    log_masses: Batch
    discrete: bool = True

    @property
    def name(self) -> str:
        return self.label

    @property
    def rank(self) -> int:
        return self.values.rank - 1

    @property
    def event_rank(self) -> int:
        return self.values.rank - 1

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape[1:]

    @property
    def parts(self) -> Sequence[Batch]:
        return (self.values, self.log_masses)

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        extra = x.rank - self.rank
        count = self.values.shape[0]
        terms: list[Batch] = []
        from pplc.inference.torch_index import index

        for k in range(count):
            value, mass = lift(index(self.values, (k,))), lift(index(self.log_masses, (k,)))
            same = elementwise(torch.eq, x, value)
            if self.rank:
                axes = list(range(-self.rank, 0))
                same = combine(lambda t, a=axes: t.flatten(a[0]).all(-1), [same], extra)
            terms.append(where(same, mass, -math.inf))
        return _log_sum(terms)

    def support(self) -> Tensor | None:
        if self.rank or not self.values.known or self.values.data.dim() != 1:
            return None
        with untraced():
            return torch.unique(self.values.data)


@dataclass(frozen=True, eq=False)
class Flat(TorchLaw):
    """Density 1 between bounds."""

    lower: Batch | None
    upper: Batch | None

    @property
    def name(self) -> str:
        return "Flat"

    @property
    def rank(self) -> int:
        return max((bound.rank for bound in (self.lower, self.upper) if bound), default=0)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(torch.broadcast_shapes(*(bound.shape for bound in (self.lower, self.upper) if bound)))

    @property
    def parts(self) -> Sequence[Batch]:
        return [bound for bound in (self.lower, self.upper) if bound]

    @property
    def space(self) -> Space:
        if self.lower is None and self.upper is None:
            return REAL
        return Space(
            "between",
            0,
            None if self.lower is None else self.lower.data,
            None if self.upper is None else self.upper.data,
        )

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        value = elementwise(torch.zeros_like, x, real=True)
        if not inside:
            if self.lower is not None:
                value = where(elementwise(torch.ge, x, self.lower), value, -math.inf)
            if self.upper is not None:
                value = where(elementwise(torch.le, x, self.upper), value, -math.inf)
        return value


@dataclass(frozen=True, eq=False)
class User(TorchLaw):
    """A density of the user's: `log_density` evaluates their function."""

    label: str
    log_density: Callable[[Batch], Content]
    where: Space
    extents: tuple[int, ...]
    given: Sequence[Batch]
    discrete: bool = False

    @property
    def name(self) -> str:
        return self.label

    @property
    def rank(self) -> int:
        return len(self.extents)

    @property
    def event_rank(self) -> int:
        return len(self.extents)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.extents

    @property
    def parts(self) -> Sequence[Batch]:
        return self.given

    @property
    def space(self) -> Space:
        return self.where

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        if x.rank != self.rank:
            raise CannotVectorise("a user's density over arrays of points")
        value = elementwise(lambda t: t, self.log_density(x), real=True)
        if inside or self.where.kind != "between":
            return value
        lower, upper = self.where.lower, self.where.upper
        if lower is not None:
            value = where(elementwise(lambda t: t >= lower, x), value, -math.inf)
        if upper is not None:
            value = where(elementwise(lambda t: t <= upper, x), value, -math.inf)
        return value


@dataclass(frozen=True, eq=False)
class Image(TorchLaw):
    """`Transformed(base, f)`: drawn as f of a draw from the base; it has no density here."""

    base: TorchLaw
    function: Callable[[Content], Content]

    @property
    def name(self) -> str:
        return "Transformed"

    @property
    def rank(self) -> int:
        return self.base.rank

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    @property
    def shape(self) -> tuple[int, ...]:
        return self.base.shape

    @property
    def parts(self) -> Sequence[Batch]:
        return self.base.parts

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        raise Refused("E0549", "`Transformed` has no density that can be differentiated here")


def constants(values: Sequence[float]) -> Batch:
    """A known vector."""
    return Batch(tensor([float(v) for v in values]), 1, True)
