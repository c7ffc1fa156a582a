"""Starting values on the constrained scale as unconstrained positions."""

# pyright: basic

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from pyro import poutine, validation_enabled

from pplc.inference.pyro_model import Density, Fixed
from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_missing import entries_at
from pplc.inference.torch_plan import Places
from pplc.inference.torch_spaces import constrain, unconstrain
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean


class Looking(Fixed):
    """A run at the middle that notes the space of every site."""

    def __init__(self, density: Density) -> None:
        super().__init__(torch.zeros(density.size, dtype=torch.float64), density.slots, _none)
        self.laws: dict[str, TorchLaw] = {}
        self.places: dict[str, Places] = {}

    def _pyro_sample(self, msg: dict[str, Any]) -> None:
        super()._pyro_sample(msg)
        if msg["name"] in self.slots:
            self.laws[msg["name"]] = msg["fn"].law
            if msg["infer"]["places"] is not None:
                self.places[msg["name"]] = msg["infer"]["places"]


def _none(size: int) -> torch.Tensor:
    raise AssertionError(f"{size} numbers for a site without a slot")


ROUNDING = 1e-6
"""How far a starting value may be from the support for being written with few digits."""


def given_positions(density: Density, init: Mapping[str, Any]) -> list[tuple[int, np.ndarray]]:
    """For the sites that `init` names, their places and unconstrained values.

    A site of a plate `theta[:]` is given as the array `theta`, an element `z[3]` inside the array `z`; of an
    array with entries that `do` sets, the others are taken.
    """
    if not init:
        return []
    looking = Looking(density)
    with validation_enabled(False), poutine.block(), looking:
        density.model()
    result: list[tuple[int, np.ndarray]] = []
    used: set[str] = set()
    for name, slot in density.slots.items():
        text, _, index = name.partition("[")
        key = name if name in init else text
        if key not in init:
            continue
        used.add(key)
        value = np.asarray(init[key], dtype=np.float64)
        if key != name and index and ":" not in index:
            value = value[tuple(int(k) for k in index.rstrip("]").split(","))]
        x = torch.tensor(value, dtype=torch.float64)
        places = looking.places.get(name, ())
        if places and all(k < n for place in places for k, n in zip(place, x.shape, strict=False)):
            x = entries_at(x, places) if x.dim() >= len(places[0]) else x
        # Rounds of nested plates are batch axes from the right, the outermost last.
        law = looking.laws[name]
        plates = len(slot.shape) - law.rank
        x = x.permute((*reversed(range(plates)), *range(plates, x.dim()))) if x.dim() >= plates else x
        if tuple(x.shape) != slot.shape:
            raise Rejected(
                Diagnostic(
                    "E0330",
                    f"the starting value of `{key}` has shape {list(value.shape)},"
                    f" but `{text}` has shape {list(slot.shape)}",
                    slot.place.span,
                    f"draws of shape {list(slot.shape)}",
                )
            )
        free = unconstrain(law.space, x)
        u = free.reshape(-1)
        # A vector that is no simplex, a matrix that is not symmetric, does not come back as it went.
        if not bool(torch.isfinite(u).all()) or not torch.allclose(
            constrain(law.space, free)[0], x, rtol=ROUNDING, atol=ROUNDING
        ):
            raise Rejected(
                Diagnostic(
                    "E0331",
                    f"the starting value of `{key}` is not inside the support of `{law.name}`",
                    slot.place.span,
                    f"drawn from `{law.name}`",
                )
            )
        result.append((slot.offset, u.numpy()))
    unknown = sorted(set(init) - used)
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        drawn = [name.partition("[")[0] for name in density.slots]
        raise Rejected(
            Diagnostic(
                "E0332",
                f"starting values for {names}, but chains start at no such variable",
                density.model.bound.program.model.span,
                "",
                did_you_mean(unknown[0], drawn)
                or f"they start at {', '.join(f'`{name}`' for name in drawn)}",
            )
        )
    return result


__all__ = ["given_positions"]
