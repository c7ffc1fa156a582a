"""Exact inference: the laws of all variables and the evidence, by whichever way is in reach.

Long loops over few states are passed through as matrix products (`pplc.inference.chain`), in floating
point. Other programs are followed run by run, merging equal states (`pplc.inference.forward`), in
rationals; if there are many states and the program is static, its variables are summed out one by one
instead (`pplc.inference.elimination`).

Invariants: the laws and the evidence equal those of `pplc.semantics.representations.enumerated`, as
rationals, as long as these fit their budget (`pplc.inference.state_graph.MOST_BITS`); after that in floats,
which is said.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from math import inf

from pplc.inference import elimination
from pplc.inference import forward as following
from pplc.inference.answers import UNOBSERVED, Exact, exact_log
from pplc.inference.chain import Chain, chain
from pplc.inference.collect import RETURN, variables
from pplc.inference.continuous.programs import has_density
from pplc.inference.elimination import MOST_ROWS, Plan, plan
from pplc.inference.elimination import run as eliminate
from pplc.inference.factor_graph import Refused
from pplc.inference.forward import Ended, Joint, forward, no_runs, weighs
from pplc.inference.options import Options
from pplc.inference.progress import Progress, Silent
from pplc.inference.result import Index, Probability, Result
from pplc.inference.states import ENDLESS, can_gain
from pplc.inference.suspended import ordered
from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.families import FAMILIES
from pplc.lang.wording import about, counted
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import located
from pplc.semantics.formula import Open
from pplc.semantics.measure import is_zero
from pplc.semantics.number import LogRat
from pplc.semantics.symbolic.densities import LOG_DENSITIES
from pplc.semantics.values import Address, Fault, Value, show_address

FIRST_STATES = 1_000
"""States that are followed before other ways are looked at."""

FEW_STATES = 2_000
"""States between the loops of a program that is passed through as matrix products."""

OPEN_STATES = 500
"""States of a program that may go on for ever and has formulas for answers; they must come back."""

INSTEAD = "choose another method, such as `--method importance`, or let `--method auto` choose"

HOPELESS = 1_000
"""How many times more states than may be kept following is to take, by estimate, to be refused untried.

The estimate takes the constraints of a program for independent, and may be far too high.
"""

TOO_MANY = "E0503"

OPEN = "E0560"
"""The value of what is left open was needed."""


def refuses(bound: Bound) -> str:
    """Why the program cannot be enumerated, as far as its text says; empty if it may be."""
    for function in reachable(bound.program):
        for statement in statements(function.body):
            match statement:
                case core.Draw(law=core.Law("Uniform", (_,))):
                    pass  # of a list, which is finite
                case core.Draw(site=site, law=core.Law("Flat")):
                    return f"`{site.name}` is continuous, and `Flat` has no rules for exact inference"
                case core.Draw(site=site, law=core.Law(family)) if family in FAMILIES:
                    if not FAMILIES[family].discrete and family not in (*LOG_DENSITIES, "MvNormal"):
                        return f"`{site.name}` is continuous, and `{family}` has no rules for exact inference"
                    if (
                        FAMILIES[family].discrete
                        and not FAMILIES[family].finite
                        and (bound.open or can_gain(bound))
                    ):
                        return f"`{site.name}` has infinitely many values (`{family}`)"
                case _:
                    pass
    return ""


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """The laws of all variables and the evidence; bounds of them for an endless program."""
    if not bound.open:
        return _run(bound, options, progress)
    from pplc.inference.formulas.exact import by_formulas  # imports sympy

    if has_density(bound.program):
        try:
            return _costing(by_formulas(_few(bound), progress))
        except Fault as fault:
            raise located(fault, bound.program.model.span) from None
    try:
        return _run(bound, options, progress)
    except Open as fault:  # of a float that meets a formula, at no place of its own
        refused = located(fault, bound.program.model.span)
    except Rejected as rejected:
        if rejected.diagnostics[0].code != OPEN:
            raise
        refused = rejected
    try:  # with exponentials and roots, where rational functions do not do
        return _costing(by_formulas(_few(bound), progress))
    except Fault:
        raise refused from None
    except Rejected as rejected:
        raise (rejected if rejected.diagnostics[0].code == TOO_MANY else refused) from None


def _run(bound: Bound, options: Options, progress: Progress) -> Result:  # noqa: ARG001
    if has_density(bound.program):
        return _costing(forward(bound, progress))
    few = replace(bound, budget=replace(bound.budget, states=min(bound.budget.states, FEW_STATES)))
    found = None if bound.open else chain(few, progress)
    if found is not None:
        return _passed(found, bound)
    if not ordered(bound.program):
        return _costing(_closed(bound, progress) if bound.open else forward(bound, progress))
    first = min(bound.budget.states, FIRST_STATES)
    try:
        return _costing(forward(replace(bound, budget=replace(bound.budget, states=first)), progress))
    except Rejected as rejected:
        if first == bound.budget.states or rejected.diagnostics[0].code != TOO_MANY:
            raise
        many = rejected.diagnostics[0]
    cost = f"following runs takes more than {counted(first, 'state')}"
    try:
        planned = plan(bound)
    except Refused as refused:
        cost += f"; the program is not static: {refused}"
        planned = None
    if planned is not None:
        cost += f"; summing out variables takes tables of {counted(planned.rows, 'row')}"
        if planned.rows > MOST_ROWS:
            cost += f", because of `{planned.widest}`"
            _refuse_hopeless(planned, bound, many)
        else:
            try:
                return replace(_eliminated(planned, bound), cost=cost)
            except Refused as refused:  # rows are only guessed before tables are made
                cost += f", but {refused}"
    try:
        return replace(forward(bound, progress), cost=cost)
    except Rejected as rejected:
        if rejected.diagnostics[0].code != TOO_MANY:
            raise
        raise Rejected(replace(rejected.diagnostics[0], help=f"{cost}. {many.help}")) from None


def eliminable(bound: Bound, many: Diagnostic) -> Plan | None:
    """The program as a factor graph, if its tables are not too large; else its runs are to be followed.

    many: the error of following only few, which says where the runs grow.
    """
    try:
        planned = plan(bound)
    except Refused:
        return None
    if planned.rows <= MOST_ROWS:
        return planned
    _refuse_hopeless(planned, bound, many)
    return None


def _refuse_hopeless(planned: Plan, bound: Bound, many: Diagnostic) -> None:
    """An error if both ways cost too much by estimate."""
    if planned.followed <= HOPELESS * bound.budget.states:
        return
    message = (
        f"exact inference is out of reach: following runs takes {about(planned.followed)} states or more,"
        f" summing out variables tables of {about(planned.rows)} rows, because of `{planned.widest}`"
    )
    raise Rejected(replace(many, message=message, help=INSTEAD))


def _closed(bound: Bound, progress: Progress) -> Result:
    """The formulas of a program that may go on for ever, if its states come back."""
    try:
        return forward(_few(bound), progress)
    except Rejected as rejected:
        first = rejected.diagnostics[0]
        if first.code not in (TOO_MANY, *ENDLESS):
            raise
        states = counted(_few(bound).budget.states, "state")
        message = f"more than {states} do not come to an end, so that answers have no formulas"
        advice = "give the parameters values: then answers have bounds"
        raise Rejected(replace(first, code="E0561", message=message, help=advice)) from None


def _few(bound: Bound) -> Bound:
    return replace(bound, budget=replace(bound.budget, states=min(bound.budget.states, OPEN_STATES)))


def _costing(result: Result) -> Result:
    states = counted(int(result.diagnostics.get("states", 0)), "state")
    return replace(result, cost=f"following runs takes {states}")


def _passed(found: Chain, bound: Bound) -> Result:
    laws, evidence = found.laws()
    if evidence == -inf:
        raise no_runs(found.span)
    grouped: dict[str, dict[Index, dict[Value, Probability]]] = {}
    for name, elements in variables(sorted(laws, key=lambda address: address == RETURN)).items():
        grouped[name] = {index: dict(laws[address]) for index, address in elements.items()}
    return Result(
        "exact",
        laws=grouped,
        log_evidence=Exact(evidence) if weighs(bound.program) else UNOBSERVED,
        diagnostics={"states": found.states},
        note=f"{counted(found.states, 'state')}; in floating point",
        cost=f"passing through loops takes {counted(found.edges, 'edge')} between states",
    )


def _eliminated(planned: Plan, bound: Bound) -> Result:
    answers = eliminate(planned)
    if is_zero(answers.evidence):
        raise no_runs(bound.program.model.span)
    unlisted = [f"`{show_address(address)}`" for address in planned.left_out]
    return Result(
        "exact",
        laws=answers.laws,
        log_evidence=exact_log(answers.evidence) if weighs(bound.program) else UNOBSERVED,
        diagnostics={"rows": answers.rows},
        note=f"variable elimination, tables of up to {counted(answers.rows, 'row')}"
        + ("" if isinstance(answers.evidence, LogRat) else "; in floating point")
        + (f"; not reported, having too many values: {', '.join(unlisted)}" if unlisted else ""),
    )


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
    waiting = progress or Silent()
    if not ordered(bound.program) or has_density(bound.program):
        return following.joint(_few(bound) if bound.open else bound, record, key, waiting, names)
    first = min(bound.budget.states, FIRST_STATES)
    small = replace(bound, budget=replace(bound.budget, states=first))
    try:
        return following.joint(small, record, key, waiting, names)
    except Rejected as rejected:
        if first == bound.budget.states or rejected.diagnostics[0].code != TOO_MANY:
            raise
        many = rejected.diagnostics[0]
    planned = eliminable(bound, many)
    if planned is not None:
        with suppress(Refused):
            return Joint(elimination.joint(planned, record, key).map(Ended))
    return following.joint(bound, record, key, waiting, names)
