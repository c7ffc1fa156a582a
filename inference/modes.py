"""The highest mode that ascents from several starting points find."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from pplc.inference.chains import BURST
from pplc.inference.gradient import TRIES, no_start, start_of
from pplc.inference.optimise import Maximum, ascend
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.source import Seeded

if TYPE_CHECKING:
    from pplc.inference.potential import Potential
    from pplc.inference.pyro_model import Density

STARTS = 8
"""Ascents; the middle is the first start, the others are random."""
SAME = 1e-6
"""Relative difference of log densities below which two ascents have found one mode."""


def best_of(
    density: Density, potential: Potential, options: Options, progress: Progress
) -> tuple[Maximum, str]:
    """The highest mode, and how many starts led to it, in words."""
    start, source = start_of(density, options.init), Seeded(options.seed)
    found: list[Maximum] = []
    tried = np.zeros(density.size)
    go_on = _watch(progress, options.steps * STARTS)
    for attempt in range(TRIES):
        tried = start(source)
        first = tried if attempt or options.init else np.zeros(density.size)
        if not np.isfinite(potential.value_and_gradient(first[None])[0][0]):
            continue
        found.append(ascend(potential, first, options.steps, go_on))
        if len(found) == STARTS or progress.stopped():
            break
    if not found:
        raise no_start(density, tried)
    best = max(found, key=lambda m: m.value)
    scale = max(1.0, abs(best.value))
    agree = sum(best.value - m.value <= SAME * scale for m in found)
    if not best.converged and not progress.stopped():
        raise Rejected(
            Diagnostic(
                "E0442",
                f"the density has no maximum that {options.steps} steps could reach;"
                f" it was {best.value:.6g} at the end and still rising",
                density.model.bound.program.model.span,
                help="a scale that can go to 0 lets a density grow without bound; use `--method nuts`",
            )
        )
    return best, f"{agree} of {len(found)} starts found the mode"


def _watch(progress: Progress, total: int) -> Callable[[], bool]:
    last = monotonic()
    done = 0

    def look() -> bool:
        nonlocal last, done
        done += 1
        if monotonic() - last > BURST:
            last = monotonic()
            progress.advance("climbing", done, total)
        return not progress.stopped()

    return look
