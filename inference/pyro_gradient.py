"""The gradient of the joint log density by the draws themselves, on their own scale, through Pyro."""

# pyright: basic

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyro
import torch
from pyro import poutine
from pyro.poutine.messenger import Messenger
from torch import Tensor

from pplc.inference.pyro_model import model_of
from pplc.inference.torch_missing import entries_at
from pplc.inference.torch_plan import Replan
from pplc.semantics.bound import Bound


class Given(Messenger):
    """Gives every draw its value: `theta[:]` is the whole of `theta`, `theta[3]` its element."""

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.values = values

    def _pyro_sample(self, msg: dict[str, Any]) -> None:
        if msg["is_observed"] or "places" not in msg["infer"]:  # plates are samples to Pyro
            return
        value = self._value(msg["name"])
        places = msg["infer"]["places"]
        msg["value"] = value if places is None else entries_at(value, places)
        msg["done"] = True

    def _value(self, site: str) -> Tensor:
        name = site.removesuffix("[:]")
        if name in self.values:
            return self.values[name]
        base, _, index = name.rpartition("[")
        places = tuple(slice(None) if part.strip() == ":" else int(part) for part in index[:-1].split(","))
        return self.values[base][places]


def gradient_at(bound: Bound, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[np.float64]]:
    """The derivative by every array of reals; discrete draws have none and are left out."""
    tensors: dict[str, Tensor] = {}
    for name, array in arrays.items():
        discrete = array.dtype.kind in "bi"
        tensors[name] = torch.tensor(
            array, dtype=None if discrete else torch.float64, requires_grad=not discrete
        )
    model = model_of(bound)
    while True:
        try:
            with pyro.validation_enabled(False), Given(tensors):
                trace = poutine.trace(lambda: model()[0]).get_trace()
            break
        except Replan:
            continue
    real = {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}
    total: Any = trace.log_prob_sum()
    found: Any = torch.autograd.grad(total, list(real.values()), allow_unused=True)
    return {
        name: np.zeros(tensor.shape) if part is None else part.numpy()
        for (name, tensor), part in zip(real.items(), found, strict=True)
    }
