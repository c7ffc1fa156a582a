"""Where chains start: draws from the prior until one has positive density, or the user's values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from pplc.inference.collect import split
from pplc.inference.steps import has_sampler
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected, Span
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero
from pplc.semantics.number import LogWeight
from pplc.semantics.representations import sequential
from pplc.semantics.representations.answering import density_of_kept, draw_from
from pplc.semantics.representations.sequential import Choose
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.runs import Finished, Sampling
from pplc.semantics.source import Seeded
from pplc.semantics.values import Address, Value, show_address

TRIES = 2000
"""Starting points tried before a chain gives up."""


class Start(NamedTuple):
    """A trace of positive density. tries: how many draws it took."""

    traced: Traced
    tries: int


def start(machine: Machine, init: Mapping[str, Any], source: Seeded) -> Start:
    """A start with the variables of `init` as given, all others drawn."""
    deaths: Counter[Span] = Counter()
    used: set[str] = set()
    for number in range(TRIES):
        here = source.at(generation=0, slot=number)
        choose = _choose(init, used, here, machine)
        run, factor = sequential.start(machine, choose)
        run, factor = sequential.finish(machine, (run, factor), choose)
        if run.finished and not is_zero(factor):
            _unused(init, used)
            traced = replay(machine, {a: c.value for a, c in run.trace().items()}, here)
            if traced is not None:
                return Start(traced, number + 1)
        assert not isinstance(run.event, Finished)
        deaths[run.event.span] += 1
    raise _none(machine.bound, deaths)


def _choose(init: Mapping[str, Any], used: set[str], source: Seeded, machine: Machine) -> Choose:
    one: LogWeight = ONE(machine.exact)

    def choose(event: Sampling) -> tuple[Value, LogWeight]:
        found = _given(init, event.address, used, event.span)
        if found is None:
            if not has_sampler(event.law):
                raise _needs_start(event)
            return draw_from(event, source), one
        value = found if event.law.discrete else _real(found)
        density = density_of_kept(event, value)[0]
        if is_zero(density):
            raise Rejected(
                Diagnostic(
                    "E0331",
                    f"the starting value of `{show_address(event.address)}` is not inside the support of"
                    f" {event.law.describe()}",
                    event.span,
                )
            )
        return value, one

    return choose


def _given(init: Mapping[str, Any], address: Address, used: set[str], span: Span) -> Value | None:
    """The value that `init` has for an address, or for the array it is an element of."""
    for name, index in ((show_address(address), ()), split(address)):
        if name in init:
            used.add(name)
            value = init[name]
            for place in index:
                try:
                    value = value[place]
                except (IndexError, TypeError):
                    raise Rejected(
                        Diagnostic(
                            "E0330", f"the starting value of `{name}` has no element {list(index)}", span
                        )
                    ) from None
            return _value(value)
    return None


def _value(given: object) -> Value:
    if isinstance(given, np.ndarray | np.generic):
        given = cast("object", given.tolist())
    if isinstance(given, list | tuple):
        return tuple(_value(item) for item in cast("Sequence[object]", given))
    return cast("Value", given)


def _real(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(_real(entry) for entry in value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _unused(init: Mapping[str, Any], used: set[str]) -> None:
    unknown = sorted(set(init) - used)
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        raise Rejected(
            Diagnostic("E0332", f"starting values for {names}, but the model draws no such variable")
        )


def _needs_start(event: Sampling) -> Rejected:
    name = show_address(event.address)
    return Rejected(
        Diagnostic(
            "E0522",
            f"{event.law.describe()} has a density but no sampler: where `{name}` starts must be given",
            event.span,
            "no sampler",
            f"write `{name}` into a JSON file and give it by `--init FILE` (`init=` in Python)",
        )
    )


def _none(bound: Bound, deaths: Counter[Span]) -> Rejected:
    """The error when no start was found, at the place where most tries ended."""
    span, count = deaths.most_common(1)[0]
    return Rejected(
        Diagnostic(
            "E0440",
            f"none of {TRIES:,} draws from the prior has positive density, so that the chain cannot start",
            bound.program.model.span if span == NOWHERE else span,
            f"{count:,} of them end here with weight zero",
            "give a start by `--init FILE`, or use a method that looks for one, such as `--method smc`",
        )
    )
