"""The joint density of a program by the reference machine, at values that an engine gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from pplc.densities import drawn_density
from pplc.inference.collect import split
from pplc.inference.predict import to_value
from pplc.lang.check import check_text
from pplc.lang.lower import lower
from pplc.lang.typesys import Option, Real, Type, scalar_of
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.number import log_sum_exp
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.values import MISSING, Address, Value, show_address


def bound_of(text: str, data: Mapping[str, Any] | None = None) -> Bound:
    """A program with its data, given as Python numbers and lists."""
    program = lower(check_text(text))
    types = program.model.variables
    given = {name: _value(value, _is_real(types[name])) for name, value in (data or {}).items()}
    return Bound(program, given)


def _is_real(kind: Type) -> bool:
    entry = scalar_of(kind)
    return isinstance(entry.element if isinstance(entry, Option) else entry, Real)


def _value(value: Any, real: bool) -> Value:
    if isinstance(value, list):
        return tuple(_value(item, real) for item in value)
    if value is None:
        return MISSING
    return Fraction(repr(value)) if real else value


def joint(bound: Bound, known: Callable[[Address], Value | None]) -> float:
    """The log density at the known draws, discrete ones that are not known summed out."""
    machine = Machine(bound, exact=False, infer=Nested())

    def total(event: Event, so_far: float) -> float:
        while True:
            match event:
                case Finished():
                    return so_far
                case Sampling(law, address, _, state):
                    value = known(address)
                    if value is None:
                        masses = law.masses()
                        assert masses is not None, f"{address} is not known"
                        return log_sum_exp(
                            [total(machine.resume(state, v), so_far + float(m)) for v, m in masses]
                        )
                    so_far += float(drawn_density(bound, address, law, value))
                    event = machine.resume(state, value)
                case Observing(law, value, _, _, state):
                    so_far += float(law.log_density(value))
                    event = machine.resume(state)
                case Weighing(weight, _, state):
                    so_far += float(weight)
                    event = machine.resume(state)

    return total(machine.start(), 0.0)


def lookup(values: Mapping[str, Any], draw: int) -> Callable[[Address], Value | None]:
    """The values of one draw, by address, from arrays [draw, *shape] by variable."""

    def known(address: Address) -> Value | None:
        name, index = split(address)
        whole = values.get(show_address(address))
        if whole is not None:
            return to_value(whole[draw])
        array = values.get(name)
        if array is None or array.ndim < 1 + len(index):
            return None
        return to_value(array[(draw, *index)])

    return known


def close(a: float, b: float, tolerance: float = 1e-9) -> bool:
    """Whether two numbers agree, relative to their size or to 1."""
    return a == b or (math.isfinite(a) and abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)))
