"""Queries of a program and their answers: probabilities, moments, laws, the evidence, information.

`|` conditions further: in exact laws by renormalising, in draws by weighing with the indicator of the
event. `do(…)` runs the program again with the intervention; `prior` runs it without its observations,
conditions and weights. Answers are rational where the law is. A query of continuous variables for which the
exact engine has no rule is refused by itself; under `auto` it is estimated from draws of the exact law.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pplc.inference.predict import not_drawn
from pplc.inference.result import Result
from pplc.inference.sites import sites
from pplc.information.answers import Answered, Runs
from pplc.information.asked import UNITS
from pplc.information.decision_queries import read_by
from pplc.information.exact_queries import answer_exactly
from pplc.information.expressions import evaluate, mentioned
from pplc.information.sampled_queries import answer_from_draws
from pplc.lang import check_queries, core, syntax
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected, Span
from pplc.lang.formatter import format_query
from pplc.lang.suggest import did_you_mean
from pplc.lang.undrawn import undrawn
from pplc.semantics.evaluate import located
from pplc.semantics.values import Address, Fault, Value

LATER = ("bounds",)
"""Heads that the language knows and this version does not answer."""

BASIC = ("posterior", "prior", "P", "E", "sd", "var", "quantile", "evidence")
"""Heads about laws and moments. All others are about information: `pplc.information.finite_queries`."""

NO_RULE = ("E0425", "E0503", "E0525", "E0526")
"""Errors of queries that the exact engine has no rule for, or too much work with; draws may answer them.

Where a function has no value for some numbers (E0425), draws may never be such.
"""

HEADS = tuple(head for head in check_queries.HEADS if head not in LATER)


def answer(query: syntax.Query, runs: Runs, unit: str = "nats") -> Answered:
    """Answers one query; `Rejected` with E06xx if it makes no sense or nothing here answers it.

    unit: of information, `nats` or `bits`; of the limits and rates in the query as well.
    """
    refuse_later(query)
    if unit not in UNITS:
        raise Rejected(
            Diagnostic("E0319", f"there is no unit of information `{unit}`", help="it is `nats` or `bits`")
        )
    prior = query.prior or query.head == "prior"
    interventions = dict(_intervention(item, runs) for item in query.given.interventions)
    text = format_query(query)
    if query.head == "evidence":
        return _evidence(query, text, runs.result(interventions, prior=prior), runs)
    if prior:
        refuse_undrawn(query, runs.program)
    result = runs.result(interventions, prior=prior)
    if result.method == "map":
        raise no_law(query)

    def found(result: Result) -> Answered:
        try:
            if result.ends is not None:
                from pplc.information.formula_queries import answer_by_formulas, no_formula

                if query.head not in BASIC:
                    raise no_formula(query)
                return answer_by_formulas(query, text, runs, result)
            if query.head not in BASIC:
                # Programs without such a query start sooner without the many modules that answer it.
                from pplc.information.finite_answers import answer_finite

                return answer_finite(query, text, runs, interventions, result, prior=prior, unit=unit)
            if result.laws is not None:
                return answer_exactly(query, text, runs, interventions, result, prior=prior)
        except Fault as fault:  # no rule; or no formula, where a parameter is left open
            raise located(fault, query.span) from None
        return answer_from_draws(query, text, runs, result)

    try:
        return found(result)
    except Rejected as rejected:
        if result.draws is not None and result.draws.caveat:
            raise _unreached(query) from None
        if any(diagnostic.code not in NO_RULE for diagnostic in rejected.diagnostics):
            raise
        drawn = runs.drawn(interventions, prior=prior)
        if drawn is None:
            raise
    return found(drawn)


def refuse_undrawn(query: syntax.Query, program: core.Program) -> None:
    """Refuses a query about data that are not drawn before the data, or about what is computed from them."""
    paths = [re.split(r"[.\[]", name) for name in _mentioned(query)]
    found = undrawn(program)
    data = {path[0] for path in paths} & found.observed.keys()  # `f.y` is what a called model draws itself
    computed = {part for path in paths for part in path} & found.names.keys()
    for name in sorted(data | computed):
        datum = found.names.get(name, name)
        raise not_drawn(
            f"`{name}` has no law before the data"
            + (f", as `{datum}` is not drawn" if name != datum else ""),
            found.observed[datum],
            f"observes what is computed from `{datum}`",
        )


def _mentioned(query: syntax.Query) -> Iterator[str]:
    """The longest paths that a query spells, those of the queries in it included."""
    for part in (*(item for group in query.groups for item in group), *query.given.conditions):
        yield from _mentioned(part) if isinstance(part, syntax.Query) else mentioned(part)
    if query.decision is not None:
        for expr in read_by(query.decision):
            yield from mentioned(expr)


def _unreached(query: syntax.Query) -> Rejected:
    """The error of asking runs that were stopped half way about what they have not made."""
    return Rejected(
        Diagnostic(
            "E0321",
            "the runs were stopped half way, before they had all that this query reads",
            query.span,
            "not there yet",
            "go on with `--resume`, after `--out`, or give them more `--time`",
        )
    )


def no_law(query: syntax.Query) -> Rejected:
    """The error of asking about a point."""
    return Rejected(
        Diagnostic(
            "E0612",
            "`map` finds a point, not a law, so that it answers no queries",
            query.span,
            help="use another method, such as `laplace` or `nuts`",
        )
    )


def refuse_later(query: syntax.Query) -> None:
    """Refuses heads that this version does not answer, before anything runs."""
    if query.head in HEADS:
        return
    if query.head not in LATER:
        raise Rejected(
            Diagnostic(
                "E0608",
                f"there is no query `{query.head}`",
                query.span,
                help=did_you_mean(query.head, [*HEADS, *LATER])
                or f"the queries are {', '.join(f'`{head}`' for head in HEADS)}",
            )
        )
    message = f"the query `{query.head}` is not available in this version"
    raise Rejected(
        Diagnostic(
            "E0605",
            message,
            query.span,
            help="causal bounds come with later ones",
        )
    )


def _evidence(query: syntax.Query, text: str, result: Result, runs: Runs) -> Answered:
    if query.given.conditions:
        raise Rejected(
            Diagnostic(
                "E0604",
                "`evidence` takes no further conditions",
                query.span,
                help="the probability of an event given the data is `P(event)`",
            )
        )
    if result.log_evidence is None:
        reason = result.no_evidence or f"the method `{result.method}` does not estimate it"
        others = ", ".join(runs.with_evidence(result))
        advice = f"it comes from {others}" if others else "no other method of this version gives it"
        if result.stopped:
            advice = "go on with `--resume`, after `--out`, or give it more `--time`"
        raise Rejected(
            Diagnostic(
                "E0607",
                f"the evidence is not known: {reason}",
                query.span,
                help=advice,
            )
        )
    return Answered(text, result.log_evidence, unit="nats")


def _intervention(item: syntax.DoItem, runs: Runs) -> tuple[Address, Value]:
    known = sites(runs.program)
    if item.path[0] not in known:
        raise Rejected(nothing_to_set(item.path[0], known, item.span))
    world = runs.world({}, exact=True)
    indices = tuple(evaluate(index, world) for index in item.indices)
    address: Address = (*item.path, indices) if indices else tuple(item.path)
    return address, evaluate(item.value, world)


def nothing_to_set(name: str, known: frozenset[str], span: Span = NOWHERE) -> Diagnostic:
    """The error of `do` on a name that the model does not draw, observe or define."""
    advice = did_you_mean(name, known) or f"it has {', '.join(sorted(known))}"
    return Diagnostic("E0611", f"the model has no variable `{name}` to set", span, help=advice)
