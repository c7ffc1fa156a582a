"""Exact inference by following runs, merged where they agree (`pplc.inference.states`).

Programs with `while` or recursion are cut down to what decides the answers first, so that states come
back or at least grow slowly (`pplc.inference.slicing`). If they never end, all answers are bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from math import exp, inf, log
from typing import NamedTuple

from pplc.inference.answers import (
    ROUNDING,
    UNOBSERVED,
    Bounds,
    Estimate,
    Exact,
    above,
    enclosed_log,
    exact_log,
)
from pplc.inference.continuous.piece import NOTHING, Piece
from pplc.inference.continuous.programs import has_density
from pplc.inference.inner import Merging
from pplc.inference.numerical_answers import described, log_known_to, worst
from pplc.inference.progress import Progress, Silent
from pplc.inference.recursion import Equations
from pplc.inference.reports import reported
from pplc.inference.result import Probability, Result
from pplc.inference.slicing import memoises, without_reports, without_value
from pplc.inference.state_graph import Graph
from pplc.inference.states import CUT, Explorer, can_gain
from pplc.inference.suspended import ordered
from pplc.lang import core
from pplc.lang.analysis import reachable, recursive, statements
from pplc.lang.diagnostics import Diagnostic, Rejected, Span
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, Measure, collected, is_zero, share, total
from pplc.semantics.number import LogRat
from pplc.semantics.runs import Finished
from pplc.semantics.values import Address, Value

ENOUGH = 1e-13
"""Mass of what is cut off laws of infinitely many values, as a share, that is small enough."""

HELPED = 0.1
"""Log of the mass left open by which a second try must be better to be worth a third one."""

WIDE = 1e-12
"""Share of the mass that may be left open before the equations between calls are tried."""

NOTICED = 1e-6
"""Share of the mass left open at which it is said what a program that may never end is asked about."""

LEAST_CUT = 1e-200

BY_RULES = "rules of integration, each against quadrature; the finite part law-exact"
"""How programs with continuous variables are verified."""

MOST_RECURRING = 20_000
"""States among which it is looked for ones that come back, before an endless program is unrolled."""

INFINITE_EVIDENCE = "E0524"

MOST_WEIGHED = 1_000
"""States among which it is looked for weights that add up to infinity."""

MOST_REPORTED = 20_000
"""States of an endless program that are followed for its reports alone, when the rest is known exactly."""


def forward(bound: Bound, progress: Progress) -> Result:
    """The laws of all variables and the evidence of a program; bounds of them for an endless one."""
    value = None
    if not ordered(bound.program):
        bound = _unaddressed(bound)
        _refuse_infinite(bound, progress)
        value = _value(bound, progress)
    budget = bound.budget
    if value is not None:
        budget = replace(budget, states=min(budget.states, MOST_REPORTED))
    if value is not None and bound.open:
        graph = value  # formulas have no bounds: what is reported on the way has none, and is left out
    else:
        graph = _followed(replace(bound, budget=budget), progress)
    states = len(graph.nodes)
    evidence = graph.evidence()
    if graph.stopped and (not graph.rest or is_zero(evidence) or can_gain(bound)):
        note = f"stopped after {counted(states, 'state')}"
        return Result("exact", note=note, no_evidence="it was stopped", stopped=True)
    if is_zero(evidence):
        raise impossible(graph, bound)
    left = share_left(graph)
    laws, densities, left_out = reported(graph, evidence, rational=not graph.rest)
    lefts = dict.fromkeys((*laws, *densities), left) if graph.rest else {}
    diagnostics: dict[str, float] = {"states": states}
    note = counted(states, "state")
    found: Exact | Bounds | Estimate = exact_log(evidence)
    if graph.rest:
        diagnostics["left_out"] = left
        note += f"; runs of relative mass {left:.1g} were not followed: bounds"
        found = enclosed_log(evidence, left)
        if graph.whole:
            found = exact_log(total([evidence, graph.open()]))
        if value is not None and share_left(value) < left:
            whole = value.evidence()
            laws["return"] = reported(value, whole, rational=not value.rest)[0]["return"]
            if value.rest:
                lefts["return"] = share_left(value)
                found = enclosed_log(whole, lefts["return"])
            else:
                del lefts["return"]
                found = exact_log(whole)
            way = counted(len(value.nodes), "state") if value.nodes else "equations between calls"
            note = f"{way} for the value and the evidence, {note} for the rest"
            same = _returned(bound.program)
            if same in laws:
                laws[same] = laws["return"]
                lefts = {name: left for name, left in lefts.items() if name != same}
                if "return" in lefts:
                    lefts[same] = lefts["return"]
        if max(lefts.values(), default=0.0) > NOTICED and not graph.whole:
            note += "; some may never end, and all answers are given that a run ends"
    elif not isinstance(evidence, LogRat) and not weighs(bound.program):
        note += "; in floating point"
        found = UNOBSERVED
    elif not isinstance(evidence, LogRat):
        note += "; in floating point"
        found = log_known_to(exact_log(evidence), worst([graph.world]))
    if graph.world.numerical:
        note += f"; {described(graph.world.numerical, graph.world.rounding)}"
    if left_out:
        note += f"; not reported, having no rule: {', '.join(f'`{name}`' for name in left_out)}"
    return Result(
        "exact",
        laws=laws,
        densities=densities,
        left=lefts,
        log_evidence=found,
        diagnostics=diagnostics,
        note=note,
        numerical=worst([graph.world]),
        missing=tuple(left_out),
        stopped=graph.stopped,
        verified=BY_RULES if has_density(bound.program) else "",
    )


def weighs(program: core.Program) -> bool:
    """Whether anything is observed, weighed or required: if not, the evidence is 1."""
    return any(
        isinstance(statement, core.Observe | core.Weight)
        for function in reachable(program)
        for statement in statements(function.body)
    )


def followed(bound: Bound, progress: Progress, *, forgets: bool = True) -> Graph:
    """The graph of all states of a program that report something or decide what does.

    forgets: continuous variables that nothing reads any more are integrated out on the way.
    """
    return _followed(bound if ordered(bound.program) else _unaddressed(bound), progress, forgets=forgets)


def _followed(bound: Bound, progress: Progress, *, forgets: bool = True) -> Graph:
    """The graph of a program; laws of infinitely many values are cut off where it does not matter.

    The data may make what is cut off weigh more than it did before them: it is then cut off later.
    """
    machine = Machine(bound, exact=True, infer=Merging())
    cut = CUT
    graph = Explorer(machine, progress, forgetful=True, forgets=forgets).explore()
    before = inf
    while ordered(machine.bound.program) and graph.rest and not graph.stopped and cut > LEAST_CUT:
        left = float(graph.open()) - float(graph.evidence())
        if left <= log(ENOUGH) or left > before - HELPED or graph.world.numerical or graph.whole:
            break
        before = left
        cut = max(LEAST_CUT, cut * exp(max(log(ENOUGH / 10) - left, -100.0)))
        graph = Explorer(machine, progress, forgetful=True, cut=cut, forgets=forgets).explore()
    return graph


def _unaddressed(bound: Bound) -> Bound:
    """The program without the indices of anonymous sites, which are reported nowhere."""
    if bound.interventions or memoises(bound.program):
        return bound
    names = frozenset(name for name in _reported(bound.program) if "#" not in name)
    return replace(bound, program=without_reports(bound.program, names))


def _reported(program: core.Program) -> Iterator[str]:
    for function in reachable(program):
        for statement in statements(function.body):
            match statement:
                case core.Draw(site=site) | core.Observe(site=site):
                    yield site.name
                case core.Let(recorded=name) | core.Define(recorded=name):
                    yield name
                case _:
                    pass


def _refuse_infinite(bound: Bound, progress: Progress) -> None:
    """Refuses a program whose weights add up to infinity, if that shows where nothing but they is followed.

    What counts rounds may only be reported, or returned: without it the states of a loop come back.
    """
    entry = bound.program.model.name
    if not can_gain(bound) or bound.open:  # of formulas it is assumed that they add up
        return
    if memoises(bound.program) or bound.interventions or has_density(bound.program):
        return
    if entry in recursive({function.name: function for function in reachable(bound.program)}):
        return
    program = without_reports(without_value(bound.program), ())
    budget = replace(bound.budget, states=min(bound.budget.states, MOST_WEIGHED))
    few = replace(bound, program=program, budget=budget)
    machine = Machine(few, exact=True, infer=Merging(), record=lambda _: False)
    try:
        Explorer(machine, progress, forgetful=True).explore()
    except Rejected as rejected:
        if rejected.diagnostics[0].code == INFINITE_EVIDENCE:
            raise


def _value(bound: Bound, progress: Progress) -> Graph | None:
    """The states that decide the value and the evidence of an endless program, if these are fewer.

    They may come back, or grow less than those that decide reports; None if they do not help.
    """
    if memoises(bound.program) or bound.interventions:
        return None
    program = without_reports(bound.program, ())
    recurs = bool(recursive({function.name: function for function in reachable(program)}))
    if program == bound.program and not recurs:
        return None
    budget = replace(bound.budget, states=min(bound.budget.states, MOST_RECURRING))
    machine = Machine(
        replace(bound, program=program, budget=budget), exact=True, infer=Merging(), record=lambda _: False
    )
    if recurs and not bound.open and not has_density(program):
        with suppress(Rejected):  # what there is to refuse, following runs will show, and where
            whole = Equations(machine).whole(progress)
            if whole is not None:
                return whole
    graph: Graph | None = None
    try:
        graph = Explorer(machine, progress, forgetful=True).explore()
        if graph.stopped or is_zero(graph.evidence()):
            return None
        if not recurs or bound.open or has_density(program) or share_left(graph) <= WIDE:
            return graph
        equations = Equations(machine).solve(progress)
    except Rejected as rejected:
        if all(d.code in ("E0405", "E0406", "E0502", "E0503") for d in rejected.diagnostics):
            return graph  # what else the program is, following its runs will show
        raise
    return graph if equations is None or share_left(graph) <= share_left(equations) else equations


def _returned(program: core.Program) -> str:
    """The name under which what the model returns is reported, if it draws it and always returns it."""
    body = program.model.body
    returns = [statement for statement in statements(body) if isinstance(statement, core.Return)]
    match returns, body[-1:]:
        case [core.Return(core.Variable(name))], (core.Return(),):
            pass
        case _:
            return ""
    for statement in body:
        match statement:
            case core.Draw(made, (), site) if made == name and not site.indices:
                return site.name
            case _:
                pass
    return ""


def share_left(graph: Graph) -> float:
    """An upper bound of the mass of the runs not followed, as a share of the mass of the others."""
    if not graph.rest:
        return 0.0
    if all(isinstance(weight, LogRat) for weight in (graph.evidence(), graph.open())):
        return above(Fraction(share(graph.open(), graph.evidence())) * (1 + Fraction(1, 2**200)))
    return above(float(share(graph.open(), graph.evidence())) * (1 + ROUNDING) + ROUNDING)


class Ended(NamedTuple):
    """What finished runs recorded, and the density over the continuous variables in it."""

    recorded: frozenset[tuple[Address, Value]]
    piece: Piece = NOTHING


class Joint(NamedTuple):
    """An unnormalised joint law.

    left: upper bound of the mass of the runs not followed, as a share of the mass of the others.
    rest: what those runs have recorded so far, with upper bounds of their masses, on the same scale; or their
          masses themselves, as rationals.
    """

    measure: Measure[Ended]
    left: float = 0.0
    rest: tuple[tuple[Mapping[Address, Value], Probability], ...] = ()


def joint(
    bound: Bound,
    record: Callable[[Address], bool],
    key: Callable[[dict[Address, Value]], frozenset[tuple[Address, Value]]],
    progress: Progress | None = None,
    names: frozenset[str] | None = None,
) -> Joint:
    """The unnormalised joint law of what is recorded: `key` of each outcome (value under `RETURN`).

    names: of the entry's own variables, the only ones that `record` keeps, if that is known; what only
    decides others is then cut away.
    """
    if not (names is None or ordered(bound.program) or memoises(bound.program) or bound.interventions):
        bound = replace(bound, program=without_reports(bound.program, names))
    machine = Machine(bound, exact=True, infer=Merging(), record=record)
    explorer = Explorer(machine, progress or Silent(), forgetful=False)
    graph = explorer.explore()
    if graph.stopped and can_gain(bound):  # what was not followed may weigh anything
        message = "the method `exact` was stopped before it had any answer"
        raise Rejected(Diagnostic("E0321", message, help="give it more time, or another method"))
    bounded = graph.rest and not graph.whole
    ends = (
        (Ended(key(dict(edge.recorded)), edge.piece), float(mass) if bounded else mass, edge.dimension)
        for edge, mass in graph.edges(ONE(True))
        if edge.target is None and not is_zero(mass)
    )
    measure = collected(ends)
    if not graph.rest or is_zero(graph.evidence()):
        return Joint(measure)
    rest: list[tuple[Mapping[Address, Value], Probability]] = []
    for node in graph.rest:
        if node.whole:
            rest.append((node.recorded, share(graph.left(node), graph.evidence())))
        elif not is_zero(graph.left(node)):
            recorded = {} if node.event is None else Finished((), node.event.state.recorded).variables()
            rest.append((recorded, float(share(graph.left(node), graph.evidence()))))
    return Joint(measure, share_left(graph), tuple(rest))


def impossible(graph: Graph, bound: Bound) -> Rejected:
    """The error when no run has positive weight."""
    return no_runs(graph.dead_end if graph.dead_end.line else bound.program.model.span)


def no_runs(span: Span) -> Rejected:
    """The error when no run has positive weight; the last ones end at the place given."""
    return Rejected(
        Diagnostic(
            "E0403",
            "the evidence is impossible: no run of the model has positive weight (Z = 0)",
            span,
            "the last runs end here",
            "check the data, the conditions and the supports of the distributions",
        )
    )
