"""From a model, tables of data and a request to a run: what the command and the Python API share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pplc.data import Bindings, Signature, bind
from pplc.data_files import Table, reject
from pplc.data_python import raw
from pplc.garbage import rarely_collected
from pplc.inference.auto import Outcome
from pplc.inference.merge import joined
from pplc.inference.predict import unknown_draw
from pplc.inference.progress import Progress, Silent
from pplc.inference.registry import METHODS, settle
from pplc.inference.sites import sites
from pplc.information.answers import Answered
from pplc.information.expressions import drawn_functions
from pplc.information.queries import answer, no_law, nothing_to_set, refuse_later
from pplc.lang import core, syntax
from pplc.lang.analysis import reachable, statements
from pplc.lang.check import Checked, check_query
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_query
from pplc.lang.parse import parse_intervention, parse_query
from pplc.on_trial import OnTrial
from pplc.run import Run
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.values import Address, Record, Tagged, Value
from pplc.session import Session
from pplc.stored import Stored, fingerprint, read
from pplc.symbolic import derivatives, names_of, opened, split
from pplc.untyped import as_list

if TYPE_CHECKING:
    from pplc.api import Model


@dataclass(frozen=True)
class Request:
    """What to do with a model and its data.

    given:   options for the method, by their names in `Options`; those not given have defaults.
    resume:  path of a run file to go on with; empty for a new run.
    queries: to be answered.
    optional: they stand in the file, so that a method that answers none may leave them out.
    unit:    of information, `nats` or `bits`.
    symbolic: parameters of the model that are left open; answers are formulas in them.
    derivatives: whether to answer with the derivatives in these as well.
    table:   whether the laws of all variables are wanted; if not, `auto` looks at the queries alone.
    """

    method: str = "auto"
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resume: str = ""
    queries: Sequence[syntax.Query] = ()
    optional: bool = False
    unit: str = "nats"
    budget: Budget = field(default_factory=Budget)
    symbolic: Sequence[str] = ()
    derivatives: bool = False
    table: bool = True


POINT = Diagnostic(
    "W0303",
    "the queries of the file are left out: `map` finds a point, not a law",
    help="use another method, such as `laplace` or `nuts`",
    severity="warning",
)


def infer(
    model: Model, tables: Sequence[Table], settings: Table | None, request: Request, progress: Progress | None
) -> Run:
    """Binds the data, runs the method, answers the queries; of a run without any draw yet none."""
    given = settle(request.method, request.given)
    request = replace(
        request, given={**given, **({"init": _starts(given["init"])} if "init" in given else {})}
    )
    for query in request.queries:
        refuse_later(query)
    if request.method == "map" and not request.optional and request.queries:
        if all(query.head != "evidence" for query in request.queries):  # no answer is to be had
            raise Rejected(*(d for query in request.queries for d in no_law(query).diagnostics))
    bindings = bind_model(model, tables, settings, request.symbolic)
    if request.symbolic:
        request = replace(request, method=_formulas(request))
    bound = Bound(model.program, bindings.arguments, model.interventions, budget=request.budget)
    _refuse_functions(request, bound)
    progress = Silent(request.given.get("time")) if progress is None else progress
    start = perf_counter()
    notes = (*model.checked.warnings, *bindings.warnings)
    on_trial = OnTrial(request.queries, request.unit, request.given)
    with rarely_collected():
        if request.resume:
            session, outcome = _resumed(bound, request, progress)
        else:
            session = Session(bound, request.method, request.given, progress)
            outcome = session.main(on_trial if request.queries else None, table=request.table)
        asked = () if outcome.result.empty else request.queries
        if request.optional and outcome.method.name == "map" and asked:
            asked, notes = (), (*notes, POINT)
        queries = on_trial.answers or tuple(_answered(query, session, request.unit) for query in asked)
        if request.derivatives:
            queries += derivatives(outcome.result.log_evidence, queries, names_of(bound))
    seconds = perf_counter() - start
    return Run(
        model.name,
        outcome.method,
        outcome.options,
        outcome.why,
        seconds,
        outcome.result,
        bound,
        notes,
        queries,
    )


def _refuse_functions(request: Request, bound: Bound) -> None:
    """Refuses calls of drawn functions where runs cannot be made again, before anything runs."""
    if request.method in ("auto", "exact", "importance"):
        return
    hidden = next(
        (
            statement.span
            for function in reachable(bound.program)
            for statement in statements(function.body)
            if isinstance(statement, core.Draw) and "#" in statement.site.name
        ),
        None,
    )
    asked = [part for query in request.queries for group in query.groups for part in group]
    asked += [part for query in request.queries for part in query.given.conditions]
    for part in asked:
        if hidden is not None and not isinstance(part, syntax.Query) and drawn_functions(part, bound.program):
            raise unknown_draw(hidden)


def _starts(init: Any) -> dict[str, Any]:
    """Where chains start: nested lists of numbers, by variable."""
    if not isinstance(init, Mapping):
        reject(
            "E0319",
            f"`init` must be a mapping from variables to numbers, but it is a `{type(init).__name__}`",
        )
    found: dict[str, Any] = {}
    for name, value in cast("Mapping[str, Any]", init).items():
        try:
            found[name] = np.asarray(value, dtype=np.float64).tolist()
        except (TypeError, ValueError):
            reject("E0319", f"where `{name}` starts must be a number, or a rectangular array of numbers")
    return found


def _answered(query: syntax.Query, session: Session, unit: str) -> Answered:
    """The answer, or why there is none: what else was computed is not lost with it."""
    try:
        return answer(query, session, unit)
    except Rejected as rejected:
        return Answered(format_query(query), errors=rejected.diagnostics)


def bind_model(
    model: Model, tables: Sequence[Table], settings: Table | None, symbolic: Sequence[str] = ()
) -> Bindings:
    """The data as arguments of the entry model; parameters left open are formulas."""
    whole = signature(model.checked, model.name)
    if not symbolic:
        return bind(whole, tables, settings, model.functions)
    closed, left = split(whole, symbolic, [*tables, *([] if settings is None else [settings])])
    bindings = bind(closed, tables, settings, model.functions)
    arguments = {**bindings.arguments, **opened(left, bindings.arguments)}
    return replace(bindings, arguments={name: arguments[name] for name, _, _ in whole.parameters})


def _formulas(request: Request) -> str:
    """The method whose answers are formulas."""
    if request.method not in ("auto", "exact"):
        reject(
            "E0310",
            f"`--symbolic` does not apply to the method `{request.method}`",
            advice="only `exact` has formulas for answers",
        )
    return "exact"


def signature(checked: Checked, entry: str) -> Signature:
    """What data are bound to."""
    sums: dict[str, dict[str, int]] = {}
    for item in checked.program.items:
        if isinstance(item, syntax.TypeDecl):
            sums[item.name] = {c.name: len(c.fields) for c in item.constructors}
    return Signature(entry, checked.models[entry].parameters, sums)


def parse_queries(checked: Checked, texts: Sequence[str]) -> tuple[syntax.Query, ...]:
    """The queries in texts, checked against the model."""
    found: list[syntax.Query] = []
    for text in texts:
        for query in parse_query(text):
            refuse_later(query)
            check_query(checked, query)
            found.append(query)
    return tuple(found)


# ------------------------------------------------------------------ resuming


def _resumed(bound: Bound, request: Request, progress: Progress) -> tuple[Session, Outcome]:
    before = read(request.resume)
    _same(before, bound, request)
    method = METHODS[before.method]
    options = replace(method.fill({**before.options, **request.given}), state=before.result.state)
    result = joined(before.result, method.load()(bound, options, progress))
    count = options.draws if result.draws is None or result.empty else result.draws.count
    outcome = Outcome(
        method,
        replace(options, draws=count, state=None),
        f"goes on with `{request.resume}`",
        result,
    )
    given = {name: value for name, value in before.options.items() if name in method.options}
    session = Session(bound, before.method, given, progress)
    session.know(outcome)
    return session, outcome


def _same(before: Stored, bound: Bound, request: Request) -> None:
    """Refuses to go on with a run of something else, or in another way."""
    if before.fingerprint != fingerprint(bound):
        reject(
            "E0314",
            f"`{before.path}` is a run of another model, or of other data",
            advice="a run can only go on with the same program, data and interventions",
        )
    if request.method not in ("auto", before.method):
        reject("E0314", f"`{before.path}` is a run of the method `{before.method}`, not `{request.method}`")
    changed = [
        name
        for name, value in request.given.items()
        if name not in ("draws", "time", "threads") and before.options.get(name) != value
    ]
    if changed:
        listed = ", ".join(f"`{name}`" for name in changed)
        reject("E0314", f"a run goes on as it began: {listed} cannot change")
    if before.result.state is None:
        reject(
            "E0314",
            f"`{before.path}` is a run of `{before.method}`, which is complete: nothing is left to do",
        )


# ------------------------------------------------------------------ interventions


def interventions(program: core.Program, values: Mapping[str, Any]) -> dict[Address, Value]:
    """The addresses and values of `do`, from names such as `z[3]` and Python values."""
    return {_target(program, name): _value(raw(value), name) for name, value in values.items()}


def _target(program: core.Program, name: str) -> Address:
    item = parse_intervention(f"{name} = 0", name="<do>")
    known = sites(program)
    if item.path[0] not in known:
        raise Rejected(nothing_to_set(item.path[0], known))
    indices = tuple(int(i.value) for i in item.indices if isinstance(i, syntax.Number) and i.is_int)
    return (*item.path, indices) if indices else tuple(item.path)


def _value(value: Any, name: str) -> Value:
    match value:
        case float() if value - value == 0:
            return Fraction(value)
        case _:
            items = as_list(value)
            if items is not None:
                return tuple(_value(item, name) for item in items)
    if not isinstance(value, bool | int | str | Fraction | Tagged | Record):
        reject("E0304", f"`{name}` cannot be set to a value of type `{type(value).__name__}`")
    return value
