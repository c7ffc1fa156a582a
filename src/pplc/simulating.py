"""Data sets drawn from a model: from its prior, or anew from the draws of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING, Any

from pplc.data import bind
from pplc.data_files import Table, reject
from pplc.inference.collect import RETURN, Run, split, variables
from pplc.inference.exact_draws import drawing, predicted, repeated
from pplc.inference.predict import not_drawn, posterior_runs, prior_runs
from pplc.inference.progress import Silent
from pplc.inference.registry import settle
from pplc.inference.sites import observed
from pplc.inferring import signature
from pplc.lang import typesys
from pplc.lang.diagnostics import Span
from pplc.lang.typesys import Size, Type
from pplc.lang.undrawn import undrawn
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.values import Address, Missing, Record, Tagged, Value, show
from pplc.untyped import as_list

if TYPE_CHECKING:
    from pplc.api import Model


def simulate(
    model: Model,
    tables: Sequence[Table],
    settings: Table | None,
    draws: int,
    seed: int,
    *,
    from_run: str = "",
    budget: Budget | None = None,
) -> list[dict[str, Any]]:
    """One mapping for each data set: the parameters of the model, those it observes drawn anew, and the
    variables behind them. Values are plain Python ones.
    """
    wanted = settle("auto", {"draws": draws, "seed": seed})
    draws, seed = wanted["draws"], wanted["seed"]
    for datum, span in undrawn(model.program).observed.items():
        raise not_drawn(f"`{datum}` cannot be drawn", span, f"observes what is computed from `{datum}`")
    arguments = _arguments(model, [*tables, *([settings] if settings else [])])
    bound = Bound(model.program, arguments, model.interventions, budget=budget or Budget())
    if from_run:
        from pplc.stored import fingerprint, read

        stored = read(from_run)
        if stored.fingerprint != fingerprint(bound):
            reject("E0314", f"`{from_run}` is a run of another model, or of other data")
        if stored.result.draws is None:
            drawn = drawing(bound, draws, seed, Silent()).drawn
            runs = predicted(bound, repeated(bound, drawn, Silent()), seed, Silent())
            return [_data(bound, run) for run in runs]
        per_chain = -(-draws // stored.result.draws.chains)
        chains = posterior_runs(bound, stored.result.draws, per_chain, seed, Silent())
        runs = [run for round_ in zip(*chains, strict=True) for run in round_][:draws]
    else:
        runs = prior_runs(bound, draws, seed, Silent())
    return [_data(bound, run) for run in runs]


def _arguments(model: Model, tables: Sequence[Table]) -> Mapping[str, Value]:
    """The arguments; what is observed and not given is wholly missing, in the shape of its type."""
    given = {name: value for table in tables for name, value in table.values.items()}
    parameters = model.checked.models[model.name].parameters
    wanted = observed(model.program)
    sizes = _sizes(parameters, given)
    blanks: dict[str, Any] = {}
    for name, kind, span in parameters:
        if name in given or name not in wanted:
            continue
        lengths: list[int] = []
        for size in typesys.shape_of(kind):
            length = _length(size, sizes)
            if length is None:
                shown = typesys.show_size(size)
                reject(
                    "E0309",
                    f"the size `{shown}` of `{name}` is not known",
                    span,
                    f"declared as `{typesys.show(kind)}`",
                    f"give it with `--set {shown}=10`, or give data that have it",
                )
            lengths.append(length)
        blanks[name] = _blank(lengths)
    loose = tuple((name, _optional(kind) if name in blanks else kind, at) for name, kind, at in parameters)
    shape = replace(signature(model.checked, model.name), parameters=loose)
    return bind(shape, [*tables, Table("the simulation", blanks)]).arguments


def _optional(kind: Type) -> Type:
    """The plain type with missing entries allowed."""
    dense = typesys.dense(kind)
    scalar = typesys.scalar_of(kind)
    option = scalar if isinstance(scalar, typesys.Option) else typesys.Option(scalar)
    return typesys.array(option, typesys.shape_of(dense))


def _blank(shape: list[int]) -> Any:
    return [_blank(shape[1:]) for _ in range(shape[0])] if shape else None


def _length(size: typesys.Extent, known: Mapping[str, int]) -> int | None:
    if not isinstance(size, Size):
        return None
    if not size.name:
        return size.offset
    return known[size.name] + size.offset if size.name in known else None


def _sizes(parameters: Sequence[tuple[str, Type, Span]], given: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that the data show: by name, or as the length of a parameter."""
    known: dict[str, int] = {}
    for name, kind, _ in parameters:
        value: Any = given.get(name)
        for size in typesys.shape_of(kind):
            items = as_list(value)
            if items is None:
                break
            if isinstance(size, Size) and size.name:
                known.setdefault(size.name, len(items) - size.offset)
            value = items[0] if items else None
    return {**known, **{name: value for name, value in given.items() if type(value) is int}}


# ------------------------------------------------------------------ plain values


def _data(bound: Bound, run: Run) -> dict[str, Any]:
    found = {name: plain(value) for name, value in bound.arguments.items()}
    rest: dict[Address, Value] = {}
    for address, value in run.items():
        name, index = split(address)
        if name in bound.arguments:  # a datum drawn anew, or an entry of one
            place: list[Any] = [name, *index]
            inside: Any = reduce(getitem, place[:-1], found)
            inside[place[-1]] = plain(value)
        elif address != RETURN or value != ():
            rest[address] = value
    for name, elements in variables(rest).items():
        found[name] = _assemble({index: plain(rest[address]) for index, address in elements.items()})
    return found


def _assemble(cells: Mapping[tuple[int, ...], Any]) -> Any:
    if () in cells:
        return cells[()]
    first = sorted({index[0] for index in cells})
    return [_assemble({index[1:]: cell for index, cell in cells.items() if index[0] == i}) for i in first]


def plain(value: Value) -> Any:
    """A value as JSON has it: numbers, lists, objects; plain alternatives of sum types as strings."""
    match value:
        case bool() | int() | float() | str():
            return value
        case Missing():
            return None
        case tuple() | range():
            return [plain(item) for item in value]
        case Record(names, values):
            return {name: plain(item) for name, item in zip(names, values, strict=True)}
        case Tagged(tag, ()):
            return tag
        case Tagged():
            return show(value)
        case _:
            number = getattr(value, "numerator", None)
            if number is None:
                return None
            return number if value.denominator == 1 else float(value)  # type: ignore[union-attr, arg-type]
