"""Draws of what a program would observe: from the prior, and given draws of its posterior.

Both run the program with `Bound.prior`, where an observed name is drawn and takes the place of the
datum, so that later statements see it (as in an autoregression).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from pplc.inference.collect import RETURN, Run, arrays, functions, split
from pplc.inference.progress import Progress
from pplc.inference.result import Array, Draws
from pplc.inference.sites import observed
from pplc.lang.diagnostics import Diagnostic, Rejected, Span
from pplc.lang.undrawn import undrawn
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.answering import draw_from
from pplc.semantics.runs import Finished, Observing, Sampling, Weighing
from pplc.semantics.source import Seeded, Source
from pplc.semantics.values import Address, Value, show_address

WORK = 250_000
"""Statements executed and data met for the predictions that are made unasked: some seconds."""


def before_data(bound: Bound) -> Bound:
    """The program whose data are drawn; `Rejected` (E0459) if what it draws rests on data that are not."""
    found = undrawn(bound.program)
    if found.read is not None:
        datum, span = found.read
        line = found.observed[datum].line
        message = f"this rests on `{datum}`, which is not drawn before the data"
        raise not_drawn(message, span, f"line {line} observes what is computed from `{datum}`")
    return bound.before_data()


def not_drawn(message: str, span: Span, label: str) -> Rejected:
    """The error of asking, before the data, for what rests on data that are not drawn."""
    return Rejected(
        Diagnostic(
            "E0459",
            message,
            span,
            label,
            "what is drawn is a parameter of the model, or an element of one, that is observed under its"
            " name: `observe y[i] ~ …`",
        )
    )


def prior_runs(bound: Bound, count: int, seed: int, progress: Progress) -> list[Run]:
    """Independent runs from the prior, observed names included; fewer if told to stop."""
    nested = Nested()
    machine = Machine(before_data(bound), exact=False, infer=nested)
    runs: list[Run] = []
    for k in range(count):
        if progress.stopped():
            break
        nested.source = Seeded(seed, slot=k)
        runs.append(completed(machine, nested.source, lambda _: None))
        progress.advance("drawing from the prior", k + 1, count)
    return runs


def prior_draws(bound: Bound, count: int, seed: int, progress: Progress) -> Draws:
    """The same as arrays, in one chain."""
    runs = [prior_runs(bound, count, seed, progress)]
    return Draws(arrays(runs), functions=functions(runs))


def replayed(bound: Bound, draws: Draws, progress: Progress) -> dict[str, Array]:
    """The functions that the runs behind draws drew, found by running again with the values of the draws.

    Raises `Rejected` (E0606) if a run drew what the draws do not have, such as `~e` in an expression.
    """
    source = Seeded(0)
    machine = Machine(bound, exact=False, infer=Nested(source))
    chains: list[list[Run]] = []
    for chain in range(draws.chains):
        chains.append([])
        for draw in range(draws.count):
            known = _lookup(draws, chain, draw, frozenset())
            chains[chain].append(completed(machine, source, known, given=True))
            progress.advance("running again", chain * draws.count + draw + 1, draws.chains * draws.count)
    return functions(chains)


def posterior_runs(bound: Bound, draws: Draws, most: int, seed: int, progress: Progress) -> list[list[Run]]:
    """What would be observed anew, given draws of the posterior: `most` for each chain.

    The draws are taken evenly (`places`), each again and again if there are fewer than `most`. Everything
    they do not contain (such as anonymous draws) is drawn anew. Fewer runs if told to stop.
    """
    nested = Nested()
    machine = Machine(before_data(bound), exact=False, infer=nested)
    new = observed(bound.program)
    chains: list[list[Run]] = [[] for _ in range(draws.chains)]
    for k, draw in enumerate(places(draws.count, most)):
        if progress.stopped():
            break
        for chain, runs in enumerate(chains):
            nested.source = Seeded(seed, task=1 + chain, slot=k)
            runs.append(completed(machine, nested.source, _lookup(draws, chain, draw, new)))
        progress.advance("predicting", k + 1, most)
    return chains


def places(count: int, most: int) -> list[int]:
    """`most` of the numbers below `count`, evenly.

    >>> places(10, 4), places(2, 3)
    ([0, 2, 5, 7], [0, 0, 1])
    """
    return [k * count // most for k in range(most)]


def affordable(bound: Bound, chains: int, count: int, seed: int) -> int:
    """How many of `count` draws of each chain can be predicted from with `WORK` statements and data.

    The number depends on the program and the data alone, never on the time that it takes.
    """
    source = Seeded(seed)
    machine = Machine(before_data(bound), exact=False, infer=Nested(source))
    event = machine.start()
    steps = 0
    while not isinstance(event, Finished):
        steps = event.state.steps
        drawn = (draw_from(event, source),) if isinstance(event, Sampling) else ()
        event = machine.resume(event.state, *drawn)
    data = sum(map(_entries, bound.arguments.values()))
    return max(1, min(count, WORK // (chains * (steps + data + 1))))


def _entries(value: Value) -> int:
    """The numbers in a datum."""
    return sum(map(_entries, value)) if isinstance(value, tuple) else 1


def completed(
    machine: Machine, source: Source, known: Callable[[Address], Value | None], *, given: bool = False
) -> Run:
    """One run with what is known; the rest is drawn from the source, or an error if all must be `given`."""
    event = machine.start()
    while not isinstance(event, Finished):
        match event:
            case Sampling(_, address, span, state):
                value = known(address)
                if value is None and given:
                    raise unknown_draw(span)
                event = machine.resume(state, draw_from(event, source) if value is None else value)
            case Observing(state=state) | Weighing(state=state):
                event = machine.resume(state)
    return {**event.variables(), RETURN: event.value}


def unknown_draw(span: Span) -> Rejected:
    """The error of calling a drawn function where the method keeps no draws without a name."""
    return Rejected(
        Diagnostic(
            "E0606",
            "a drawn function cannot be called in a query here: it may depend on a draw without a name,"
            " which this method does not keep",
            span,
            "drawn without a name",
            "give it a name, as in `x ~ …`, or use the method `importance`",
        )
    )


def _lookup(draws: Draws, chain: int, draw: int, new: frozenset[str]) -> Callable[[Address], Value | None]:
    """The values of one draw by address; nothing for what is observed."""

    def known(address: Address) -> Value | None:
        name, index = split(address)
        if address[0] in new:
            return None
        array = draws.values.get(name)
        if array is None:  # an element of an array that does not begin at 0 has a name of its own
            array, index = draws.values.get(show_address(address)), ()
        if array is None or array.ndim < 2 + len(index):
            return None
        place = (chain, draw, *index)
        inside = all(i < extent for i, extent in zip(index, array.shape[2:], strict=False))
        return to_value(array[place]) if inside else None

    return known


def to_value(entry: object) -> Value | None:
    """A value of the semantics from an entry of an array of draws; None if the run did not reach it."""
    if isinstance(entry, np.ndarray):
        return tuple(_inner(item) for item in entry)
    if isinstance(entry, np.generic):
        entry = np.asarray(cast("Any", entry)).tolist()
    if isinstance(entry, float) and entry != entry:
        return None
    return cast("Value | None", entry)


def _inner(entry: object) -> Value:
    value = to_value(entry)
    return float("nan") if value is None else value


def in_order(values: Mapping[str, Array], names: frozenset[str]) -> dict[str, Array]:
    """The variables that are elements of these names, as they were."""
    return {name: array for name, array in values.items() if name.split("[")[0].split(".")[0] in names}
