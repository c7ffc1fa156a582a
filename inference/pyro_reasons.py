"""Why a position has no density: a parameter outside its domain, or a site of density 0, with its place.

LANGUAGE.md 14: a parameter that is outside its domain by more than rounding can explain is an error, for
every method; a position that is impossible for another reason is no starting point, and inside a trajectory
it rejects the proposal; both are counted under their site.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from pyro import validation_enabled

from pplc.inference.pyro_model import Density, Fixed
from pplc.inference.pyro_sites import Outside, Place
from pplc.lang.diagnostics import Diagnostic, Rejected, Span

LOOKS = 100
"""Positions whose reason is found; each costs a run of the program."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What is wrong at a position, and at which site; None if it is the program as a whole.

    domain: a parameter is outside its domain there.
    """

    what: str
    place: Place | None
    domain: bool = False

    def __str__(self) -> str:
        return self.what if self.place is None else f"at {self.place.words}, {self.what}"


def reason(density: Density, position: npt.NDArray[np.float64]) -> Reason:
    """Why the density, or its gradient, is no finite number at a position [D]."""
    u = torch.from_numpy(np.ascontiguousarray(position))
    if not np.isfinite(position).all():
        return Reason("the trajectory ran off to infinity", None)
    try:
        density.inspect(u)
    except Outside as outside:
        return Reason(outside.message, outside.place, domain=True)
    with validation_enabled(False), torch.no_grad():
        trace, sites = density.traced(Fixed(u, density.slots, _none))
        trace.compute_log_prob()
    for name, site in trace.nodes.items():
        log_prob = site.get("log_prob")
        if log_prob is None or name not in sites.places:
            continue
        # Where a variable is summed out, a site may be impossible for some of its values.
        some = log_prob.max() if density.enumerated else log_prob.sum()
        if not bool(torch.isfinite(some)) or bool(torch.isnan(log_prob).any()):
            impossible = bool((log_prob == -torch.inf).any())
            place = sites.places[name]
            return Reason(f"the {place.factor} is {'0' if impossible else 'not a number'}", place)
    return Reason("the density or one of its derivatives is not a number", None)


def met_outside(
    density: Density, positions: Sequence[npt.NDArray[np.float64]], what: str
) -> list[Diagnostic]:
    """W0431 for every site at which `positions` left the support; `what` says what they are.

    Raises E0401 if they left the domain of a parameter: the program has no meaning there.
    """
    counts: dict[Place | None, tuple[int, Reason]] = {}
    for position in positions[:LOOKS]:
        found = reason(density, position)
        if found.domain:
            raise left_domain(density, found)
        count, first = counts.get(found.place, (0, found))
        counts[found.place] = count + 1, first
    least = "at least " if len(positions) > LOOKS else ""
    return [
        Diagnostic(
            "W0431",
            f"{least}{count} {what}: {first}",
            span_of(density, first),
            first.what,
            "a narrower prior or type would say so, and leave the boundary out",
            severity="warning",
        )
        for count, first in counts.values()
    ]


def leaving(density: Density) -> Callable[[npt.NDArray[np.float64]], None]:
    """What to tell of positions where the density is no number: raises E0401 as `met_outside` does, at once.

    So an error is said when it happens, not when a long run has ended.
    """
    left = LOOKS

    def look(position: npt.NDArray[np.float64]) -> None:
        nonlocal left
        left -= 1
        if left >= 0 and np.isfinite(position).all():
            try:
                density.inspect(torch.from_numpy(np.ascontiguousarray(position)))
            except Outside as outside:
                raise left_domain(density, Reason(outside.message, outside.place, domain=True)) from None

    return look


def left_domain(density: Density, found: Reason) -> Rejected:
    """The error of a parameter outside its domain."""
    return Rejected(
        Diagnostic(
            "E0401",
            found.what,
            span_of(density, found),
            "outside its domain for some values of the variables",
            "give it a prior or a transformation that keeps it inside, such as `HalfNormal` or `exp`",
        )
    )


def span_of(density: Density, found: Reason) -> Span:
    """The place of a reason in the user's file."""
    return density.model.bound.program.model.span if found.place is None else found.place.span


def _none(size: int) -> torch.Tensor:
    raise AssertionError(f"{size} numbers for a site without a slot")


__all__ = ["Reason", "leaving", "left_domain", "met_outside", "reason", "span_of"]
