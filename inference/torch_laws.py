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

import numpy as np
import torch
from torch import Tensor

from pplc.inference.torch_elementwise import elementwise, where
from pplc.inference.torch_spaces import DISCRETE, REAL, Space
from pplc.inference.torch_values import (
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
        return tuple(np.broadcast_shapes(*(part.batch for part in self.parts)))

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


def log_sum(terms: Sequence[Batch]) -> Batch:
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
        return log_sum(terms)

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
        return tuple(np.broadcast_shapes(*(bound.shape for bound in (self.lower, self.upper) if bound)))

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
