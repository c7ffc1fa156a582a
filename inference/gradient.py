"""What all methods on R^n share: finding the density, where to start, and reporting draws."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.bound import Bound
from pplc.semantics.source import Source

if TYPE_CHECKING:
    from pplc.inference.pyro_model import Density
    from pplc.inference.torch_outputs import Outputs

Floats = npt.NDArray[np.float64]

TRIES = 100
"""Starting points tried before a chain gives up."""


@contextmanager
def one_thread() -> Generator[None]:
    """Keeps torch to one thread: the operations are small, and the results must not depend on the machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def found_density(bound: Bound) -> Density:
    """The density of a program, or E05xx."""
    from pplc.inference.pyro_model import density_of

    density = density_of(bound)
    if density.size == 0:
        raise Rejected(
            Diagnostic(
                "E0532",
                "the model has no continuous variables, so that there is no gradient to follow",
                bound.program.model.span,
                help="use `--method exact` or `--method importance`",
            )
        )
    return density


def start_of(density: Density, init: Mapping[str, Any]) -> Callable[[Source], Floats]:
    """Starting points: what the user gave, else uniform on (-2, 2) in every direction, as Stan does."""
    from pplc.inference.pyro_start import given_positions

    fixed = given_positions(density, init)

    def start(source: Source) -> Floats:
        position = np.array([4 * source.uniform() - 2 for _ in range(density.size)])
        for place, part in fixed:
            position[place : place + len(part)] = part
        return position

    return start


def no_start(density: Density, start: Floats) -> Rejected:
    """The error of a chain that found no point of positive density, with what is wrong at `start`."""
    from pplc.inference.pyro_reasons import left_domain, reason, span_of

    found = reason(density, start)
    if found.domain:
        return left_domain(density, found)
    return Rejected(
        Diagnostic(
            "E0440",
            f"no starting point with a positive density was found in {TRIES} tries: {found}",
            span_of(density, found),
            found.what,
            "give starting values with `--init`, or narrow the priors",
        )
    )


def reported(density: Density, positions: Floats, seeds: list[tuple[int, int]]) -> Outputs:
    """The outputs of the program at draws [S, D]."""
    from pplc.inference.torch_outputs import outputs

    return outputs(density, positions, seeds)
