"""The log joint density of a model at given values of its draws, and the model for Pyro."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pplc.data_files import Table, reject
from pplc.inference.collect import split
from pplc.inference.predict import to_value
from pplc.inferring import bind_model
from pplc.lang.suggest import did_you_mean
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import entry_of, extended
from pplc.semantics.laws import LawValue
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, times
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.answering import weight_of
from pplc.semantics.runs import Finished, Observing, Sampling, Weighing
from pplc.semantics.values import Address, Value, show_address

if TYPE_CHECKING:
    from pplc.api import Model

Arrays = Mapping[str, npt.NDArray[Any]]


def log_density(
    model: Model, values: Mapping[str, Any], tables: Sequence[Table], *, gradient: bool
) -> float | tuple[float, dict[str, npt.NDArray[np.float64]]]:
    """The log of the density of all draws at `values`, times that of the observations and weights.

    With `gradient`, also the derivative by every real draw, in the shapes of the values.
    """
    bound = _bound(model, tables)
    arrays = {name: np.asarray(value) for name, value in values.items()}
    total, used = reference_density(bound, arrays)
    for name in arrays:
        if name not in used:
            reject("E0304", f"the model draws no `{name}`", advice=did_you_mean(name, used))
    if not gradient:
        return total
    from pplc.inference.pyro_gradient import gradient_at

    return total, gradient_at(bound, arrays)


def reference_density(bound: Bound, arrays: Arrays) -> tuple[float, set[str]]:
    """The log density by the reference interpreter, and the names it asked for."""
    machine = Machine(bound, exact=False, infer=Nested())
    total = ONE(exact=False)
    used: set[str] = set()
    event = machine.start()
    while not isinstance(event, Finished):
        match event:
            case Sampling(law, address, _, state):
                value = _value(address, arrays, used)
                total = times(total, drawn_density(bound, address, law, value))
                event = machine.resume(state, value)
            case Observing(state=state):
                total = times(total, weight_of(event)[0])
                event = machine.resume(state)
            case Weighing(factor, _, state):
                total = times(total, factor)
                event = machine.resume(state)
    return float(total), used


def drawn_density(bound: Bound, address: Address, law: LawValue, value: Value) -> LogWeight:
    """The log density of a draw, without that of the independent entries that `do` sets one by one."""
    if not any(bound.elements(address)):
        return law.log_density(value)
    total = ONE(exact=False)
    for index, entry in law.elements():
        if not bound.intervened(extended(address, index)):
            total = times(total, entry.log_density(entry_of(value, index)))
    return total


def _value(address: Address, arrays: Arrays, used: set[str]) -> Value:
    """The value given for a draw, as `theta`, or under the name of the element."""
    name, index = split(address)
    shown = show_address(address)
    key, place = (shown, ()) if shown in arrays else (name, index)
    if key not in arrays:
        reject("E0309", f"no value for the draw `{shown}`", advice="give a value for every draw of the model")
    used.add(key)
    try:
        value = to_value(arrays[key][place])
    except IndexError:
        value = None
    if value is None:
        reject("E0305", f"the value of `{key}` has no element {list(place)}")
    return value


def to_pyro(model: Model, tables: Sequence[Table]) -> Any:
    """The model with its data as a Pyro model: a function without parameters."""
    from pplc.inference.pyro_model import to_pyro as convert

    return convert(_bound(model, tables))


def _bound(model: Model, tables: Sequence[Table]) -> Bound:
    return Bound(model.program, bind_model(model, tables, None).arguments, model.interventions)
