"""The one class through which Pyro sees the laws of a program."""

# pyright: basic

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from pyro.distributions.torch_distribution import TorchDistribution
from torch import Tensor
from torch.distributions import constraints

from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_sample import sample
from pplc.inference.torch_spaces import constraint
from pplc.inference.torch_values import Batch


class LawDistribution(TorchDistribution):
    """A law as a Pyro distribution: its batch is that of the parameters, the rest is one event.

    inside: values are known to lie in the support, so that the density need not look.
    """

    arg_constraints: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, law: TorchLaw, *, inside: bool, batch_shape: torch.Size | None = None) -> None:
        self.law = law
        self.inside = inside
        self._values = law.support()
        batch = torch.Size(law.batch) if batch_shape is None else batch_shape
        super().__init__(batch, torch.Size(law.shape), validate_args=False)

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether Pyro can sum it out."""
        return self._values is not None and self.law.rank == 0

    @property
    def support(self) -> constraints.Constraint:
        """The space of the draws."""
        if self.law.discrete:
            values = self._values
            if values is not None and values.dtype == torch.bool:
                return constraints.boolean
            return constraints.nonnegative_integer
        return constraint(self.law.space)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Every value, along a new first axis."""
        assert self._values is not None
        values = self._values.reshape(-1, *([1] * len(self.batch_shape)))
        return values.expand(-1, *self.batch_shape) if expand else values

    def log_prob(self, value: Tensor) -> Tensor:
        """The log density of every element of the batch."""
        result = self.law.joint(Batch(value, self.law.rank), inside=self.inside).data
        return result.expand(np.broadcast_shapes(result.shape, self.batch_shape))

    def expand(self, batch_shape: Any, _instance: object = None) -> LawDistribution:
        """The same law with more batch axes."""
        return LawDistribution(self.law, inside=self.inside, batch_shape=torch.Size(batch_shape))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws, by torch's own generator."""
        shape = torch.Size((*sample_shape, *self.batch_shape, *self.event_shape))
        with torch.no_grad():
            return sample(self.law, shape)
