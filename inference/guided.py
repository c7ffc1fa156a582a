"""Guided SMC: a second model of the file, the guide, proposes what the program draws.

    model guide(y: real[T]) { x[0] ~ Normal(y[0], 0.5); for t in 1..T { x[t] ~ Normal(y[t], 0.5) } }

The guide runs along with each particle. When the program draws at the address at which the guide waits, the
guide's law proposes and the particle is weighed by the program's density over the guide's; what the guide
does not draw, or not yet, comes from the program's own law. The guide takes the data by name. It must be able
to draw whatever the program can: what it never proposes is lost.

Naesseth, Lindsten & Schon, *Elements of sequential Monte Carlo* (2019), section 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pplc.inference.particles import Moved, Sources, followed, inner_randomness
from pplc.inference.steps import bounds
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean
from pplc.semantics.laws import LawValue
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero, times
from pplc.semantics.number import LogWeight
from pplc.semantics.representations import sequential
from pplc.semantics.representations.answering import density_of, draw_from
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.runs import Event, Observing, Sampling, Weighing
from pplc.semantics.source import Source
from pplc.semantics.values import Address, FunctionValue, ModelValue, Value, show_address, to_numbers


class Pair(NamedTuple):
    """A run, and its guide's next event: the draw at which it waits, or its end."""

    run: Suspended
    guide: Event


@dataclass(frozen=True)
class Guided:
    """An `Engine` whose particles are guided. guide: its name in the file."""

    machine: Machine
    guide: str

    @property
    def exact(self) -> bool:
        return self.machine.exact

    def start(self, sources: Sources) -> Moved[Pair]:
        first = _start(self.machine, self.guide)
        found = [self._step(None, first, source) for source in sources[:-1]]
        return [pair for pair, _ in found], [weight for _, weight in found]

    def advance(self, particles: Sequence[Pair], alive: Sequence[bool], sources: Sources) -> Moved[Pair]:
        stay = ONE(self.exact)
        found = [
            self._step(pair.run, pair.guide, source) if lives else (pair, stay)
            for pair, lives, source in zip(particles, alive, sources, strict=False)
        ]
        return [pair for pair, _ in found], [weight for _, weight in found]

    def move(
        self, particles: Sequence[Pair], alive: Sequence[bool], weights: int, sources: Sources
    ) -> list[Pair]:
        return list(particles)

    def run_of(self, particle: Pair) -> Suspended:
        return particle.run

    def restore(
        self, known: Mapping[Address, Value], weights: int, source: Source, *, finished: bool
    ) -> Pair:
        inner_randomness(self.machine, source)
        here = _Along(self.machine, _start(self.machine, self.guide), source, known)
        run = followed(self.machine, here.choose, len(known), weights, finished=finished)
        return Pair(run, here.guide)

    def _step(self, run: Suspended | None, guide: Event, source: Source) -> tuple[Pair, LogWeight]:
        inner_randomness(self.machine, source)
        here = _Along(self.machine, guide, source)
        if run is None:
            run, weight = sequential.start(self.machine, here.choose)
        else:
            run, weight = sequential.advance(self.machine, run, here.choose)
        if run.finished and isinstance(here.guide, Sampling):
            raise _unmet(self.guide, here.guide)
        return Pair(run, here.guide), weight


class _Along:
    """Answers the draws of one step, as they are known or by drawing, and keeps where the guide is."""

    def __init__(
        self, machine: Machine, guide: Event, source: Source, known: Mapping[Address, Value] | None = None
    ) -> None:
        self.machine = machine
        self.guide = guide
        self.source = source
        self.known: Mapping[Address, Value] = {} if known is None else known

    def choose(self, event: Sampling) -> tuple[Value, LogWeight]:
        guide = self.guide
        value = self.known.get(event.address)
        if not isinstance(guide, Sampling) or guide.address != event.address:
            return draw_from(event, self.source) if value is None else value, ONE(self.machine.exact)
        if value is None:
            value = draw_from(guide, self.source)
        chance, proposed_in = density_of(guide, value)
        density, drawn_in = density_of(event, value)
        if not _covers(guide.law, event.law):
            raise _too_narrow(guide, event)
        unlike = guide.law.discrete != event.law.discrete
        if unlike or (proposed_in != drawn_in and not is_zero(density)):
            raise _unlike(guide, event)
        self.guide = _waiting(self.machine.resume(guide.state, value))
        return value, density if is_zero(density) else times(density, -chance)


def _start(machine: Machine, name: str) -> Event:
    """The guide's first event, with the data it takes by name."""
    program = machine.bound.program
    guide = program.functions.get(name)
    if guide is None or guide.kind != "model":
        models = [f.name for f in program.functions.values() if f.kind == "model" and f.name.isidentifier()]
        advice = did_you_mean(name, models) or f"its models are {', '.join(sorted(models))}"
        raise Rejected(Diagnostic("E0339", f"the file has no model `{name}` to propose by", help=advice))
    given = machine.bound.arguments
    for parameter in guide.parameters:
        if parameter not in given:
            raise Rejected(
                Diagnostic(
                    "E0339",
                    f"the guide `{name}` needs `{parameter}`, which is no parameter of the model",
                    guide.span,
                    help=did_you_mean(parameter, sorted(given)) or "a guide takes the model's data by name",
                )
            )
    values = tuple(to_numbers(given[parameter], exact=machine.exact) for parameter in guide.parameters)
    return _waiting(machine.start_model(ModelValue(FunctionValue(guide), values), {}, ()))


def _waiting(event: Event) -> Event:
    """A guide's event, which must be a draw or its end."""
    if isinstance(event, Observing | Weighing):
        raise Rejected(
            Diagnostic(
                "E0339",
                "a guide may draw only, but this weighs its runs",
                event.span,
                help="leave observations, conditions and weights to the model",
            )
        )
    return event


def _covers(guide: LawValue, law: LawValue) -> bool:
    """Whether a guide's law can give what the model's law can, as far as their supports are known."""
    if guide.discrete != law.discrete:
        return True  # another error
    if law.discrete:
        mine, needed = guide.masses(), law.masses()
        if mine is None or needed is None:
            return mine is None
        able = {value for value, mass in mine if not is_zero(mass)}
        return all(value in able for value, mass in needed if not is_zero(mass))
    inner, outer = bounds(guide), bounds(law)
    return inner[0] <= outer[0] and inner[1] >= outer[1]


def _too_narrow(guide: Sampling, event: Sampling) -> Rejected:
    where = show_address(guide.address)
    return Rejected(
        Diagnostic(
            "E0339",
            f"the guide draws `{where}` from {guide.law.describe()}, which cannot give all that"
            f" {event.law.describe()} of the model can",
            guide.span,
            help="what a guide never proposes is lost: give it a law with a support as wide",
        )
    )


def _unlike(guide: Sampling, event: Sampling) -> Rejected:
    where = show_address(guide.address)
    return Rejected(
        Diagnostic(
            "E0339",
            f"the guide draws `{where}` from {guide.law.describe()}, the model from {event.law.describe()}:"
            " one is continuous there and the other is not",
            guide.span,
        )
    )


def _unmet(name: str, waiting: Sampling) -> Rejected:
    where = show_address(waiting.address)
    return Rejected(
        Diagnostic(
            "E0339",
            f"the guide `{name}` draws `{where}`, but a run of the model ended without drawing it",
            waiting.span,
            help="a guide draws variables of the model, in the model's order",
        )
    )
