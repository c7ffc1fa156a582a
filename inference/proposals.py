"""Proposals that users write: a model whose named draws replace those of the trace.

    model step(current: (mu: real), width: positive) { mu ~ Normal(current.mu, width) }

Its first parameter is a record of the variables it reads, its others are data of the entry model, by name.
The step is Hastings': the proposal program is scored from the old trace and from the new one. Choices that
it does not draw stay; those that only one of the traces has, and that it does not draw, come from their laws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from pplc.inference.collect import extents, variables
from pplc.inference.metropolis import Kernel, Proposal, minus, nowhere
from pplc.inference.named_blocks import drawn
from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import Record as RecordType
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero, times
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.answering import density_of, draw_from
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.runs import Finished, Sampling
from pplc.semantics.source import Source
from pplc.semantics.values import Address, FunctionValue, ModelValue, Record, Value, show_address, to_numbers

Drawn: TypeAlias = "dict[Address, tuple[Value, LogWeight, int]]"
"""What a proposal program drew: values, with their log densities and the dimensions of these."""


def proposal_kernel(machine: Machine, name: str) -> Kernel:
    """The kernel of the proposal program of this name. Raises `Rejected` if it is none for the model."""
    program = _checked(machine, name)
    parameters = _parameters(machine, program)

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        forward = _run(machine, program, (_record(program, current), *parameters), source, None)
        assert forward is not None
        proposed = {address: value for address, (value, _, _) in forward.items()}
        new = replay(machine, {**current.values, **proposed}, source, current.limit)
        if new is None or any(address not in new.choices for address in proposed):
            return nowhere(machine)
        arguments = (_record(program, new), *parameters)
        backward = _run(machine, program, arguments, source, current.values)
        if backward is None or any(address not in current.choices for address in backward):
            return nowhere(machine)
        for address, value in proposed.items():
            old = current.choices.get(address)
            if old is not None and address not in backward and old.value != value:
                return nowhere(machine)  # nothing would change it back
        return _compared(machine, current, new, forward, backward)

    return kernel


def _compared(machine: Machine, current: Traced, new: Traced, forward: Drawn, backward: Drawn) -> Proposal:
    above, upper = _density(machine, new, current, forward)
    below, lower = _density(machine, current, new, backward)
    there, more = _chance(machine, forward)
    back, less = _chance(machine, backward)
    ratio = minus(times(above, back), times(below, there))
    return Proposal(new, ratio, upper - lower + less - more)


def _density(machine: Machine, traced: Traced, other: Traced, proposed: Drawn) -> tuple[LogWeight, int]:
    """The density of a trace, without the choices that its laws have drawn on the way from the other."""
    total, dimension = times(ONE(machine.exact), traced.log_weight), traced.run.dimension
    for address, (density, more) in traced.densities.items():
        if address in other.choices or address in proposed:
            total, dimension = times(total, density), dimension + more
    return total, dimension


def _chance(machine: Machine, proposed: Drawn) -> tuple[LogWeight, int]:
    total, dimension = ONE(machine.exact), 0
    for _, density, more in proposed.values():
        total, dimension = times(total, density), dimension + more
    return total, dimension


# ------------------------------------------------------------------ the program


def _checked(machine: Machine, name: str) -> core.Function:
    program = machine.bound.program
    found = program.functions.get(name)
    if found is None or found.kind != "model":
        models = [f.name for f in program.functions.values() if f.kind == "model" and f.name.isidentifier()]
        advice = did_you_mean(name, models) or f"its models are {', '.join(sorted(models))}"
        raise Rejected(Diagnostic("E0339", f"the file has no model `{name}` to propose by", help=advice))
    if not found.parameters or not isinstance(_type_of_current(found), RecordType):
        raise Rejected(
            Diagnostic(
                "E0339",
                f"the first parameter of the proposal `{name}` must be a record of the variables it reads",
                found.span,
                help=f"such as `model {name}(current: (x: real)) {{ x ~ Normal(current.x, 1) }}`",
            )
        )
    known = frozenset(drawn(machine.bound))
    for statement in statements(found.body):
        match statement:
            case core.Draw(site=site) if site.name not in known:
                what = f"draws `{site.name}`, but the model has no such variable"
                if "#" in site.name:
                    what = "makes a draw without a name, which belongs to no choice of the model"
                advice = (
                    did_you_mean(site.name, sorted(known)) or f"the model draws {', '.join(sorted(known))}"
                )
                raise Rejected(
                    Diagnostic("E0339", f"the proposal `{name}` {what}", statement.span, help=advice)
                )
            case core.Observe() | core.Weight():
                raise Rejected(
                    Diagnostic(
                        "E0339",
                        f"the proposal `{name}` weighs its runs: it may draw only",
                        statement.span,
                        help="leave observations, conditions and weights to the model",
                    )
                )
            case _:
                pass
    return found


def _type_of_current(function: core.Function) -> object:
    return function.variables.get(function.parameters[0])


def _parameters(machine: Machine, program: core.Function) -> tuple[Value, ...]:
    """The data of the entry model that the proposal takes as well."""
    given = machine.bound.arguments
    for name in program.parameters[1:]:
        if name not in given:
            raise Rejected(
                Diagnostic(
                    "E0339",
                    f"the proposal `{program.name}` needs `{name}`, which is no parameter of the model",
                    program.span,
                    help=did_you_mean(name, sorted(given)) or "its parameters are given by the model's data",
                )
            )
    return tuple(to_numbers(given[name], exact=machine.exact) for name in program.parameters[1:])


def _record(program: core.Function, traced: Traced) -> Value:
    """The variables that the proposal reads, from a trace."""
    kind = _type_of_current(program)
    assert isinstance(kind, RecordType)
    assert isinstance(traced.run.event, Finished)
    found = traced.run.event.variables()
    named = variables(found)
    values: list[Value] = []
    for field, _ in kind.fields:
        elements = named.get(field)
        if elements is None:
            raise Rejected(
                Diagnostic(
                    "E0339",
                    f"the proposal `{program.name}` reads `{field}`, which a run of the model does not have",
                    program.span,
                    help=f"the run has {', '.join(named)}",
                )
            )
        values.append(_whole({index: found[address] for index, address in elements.items()}))
    return Record(tuple(name for name, _ in kind.fields), tuple(values))


def _whole(elements: Mapping[tuple[int, ...], Value]) -> Value:
    if () in elements:
        return elements[()]

    def part(index: tuple[int, ...], shape: tuple[int, ...]) -> Value:
        if not shape:
            return elements[index]
        return tuple(part((*index, k), shape[1:]) for k in range(shape[0]))

    return part((), extents(elements))


def _run(
    machine: Machine,
    program: core.Function,
    arguments: tuple[Value, ...],
    source: Source,
    fixed: Mapping[Address, Value] | None,
) -> Drawn | None:
    """What the proposal draws; with values fixed, their densities, None if it cannot draw them."""
    event = machine.start_model(ModelValue(FunctionValue(program), arguments), {}, ())
    made: Drawn = {}
    while not isinstance(event, Finished):
        if not isinstance(event, Sampling):
            raise Rejected(
                Diagnostic(
                    "E0339", f"the proposal `{program.name}` weighs its runs: it may draw only", event.span
                )
            )
        if fixed is None:
            value = draw_from(event, source)
        elif event.address in fixed:
            value = fixed[event.address]
        else:
            return None
        if any(isinstance(part, str) and "#" in part for part in event.address):
            where = show_address(event.address)
            message = f"the proposal `{program.name}` draws `{where}`, which has no name in the model"
            raise Rejected(Diagnostic("E0339", message, event.span))
        density, dimension = density_of(event, value)
        if is_zero(density):
            return None
        made[event.address] = (value, density, dimension)
        event = machine.resume(event.state, value)
    return made
