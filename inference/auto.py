"""`auto`: looks at a bound program, picks a method, runs it, and says why.

Exact enumeration comes first, on trial: a finite program may still have too many states, which shows
only when it runs. Then NUTS, if the density is differentiable once finite variables are summed out;
then importance sampling, which runs everything that can be drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from pplc.inference.answers import Estimate
from pplc.inference.continuous.programs import has_density
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.registry import METHODS, Method
from pplc.inference.result import Result
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound

TRIAL_STATES = 50_000
"""States that exact enumeration may keep on trial: a few hundred megabytes."""

TRIAL_SECONDS = 20.0

TRIAL_GRID = 1
"""Continuous variables that are integrated numerically on trial: with two it may take a minute."""

DENSE_SECONDS = 3.0
"""The same for programs with continuous variables, most of which have no closed form."""

WIDEST = 1e-6
"""Share of the mass of an endless program that exact bounds may leave open."""

TOO_LARGE = ("E0405", "E0502", "E0503", "E0521", "E0525", "E0526")
"""Errors of the exact engine that another method may not meet: endless runs, many states, no closed form."""


NOT_ALWAYS = ("E0401", "E0404", "E0425")
"""Errors of a number outside its domain. One made of continuous variables may never be drawn there."""


@dataclass(frozen=True)
class Outcome:
    """What ran, with which options, why, and what came out."""

    method: Method
    options: Options
    why: str
    result: Result


class Trial:
    """Progress with a deadline of its own."""

    def __init__(self, inner: Progress, seconds: float) -> None:
        self._inner = inner
        self._deadline = monotonic() + seconds

    def advance(self, task: str, done: int, total: int | None = None, note: str = "") -> None:
        """Passed on."""
        self._inner.advance(task, done, total, note)

    def warn(self, warning: Diagnostic) -> None:
        """Passed on."""
        self._inner.warn(warning)

    def stopped(self) -> bool:
        """Whether the trial is over, or everything is to stop."""
        return monotonic() >= self._deadline or self._inner.stopped()


def infer(bound: Bound, name: str, given: Mapping[str, Any], progress: Progress) -> Outcome:
    """Runs the named method, or the one that `auto` picks, with the options given."""
    if name == "auto":
        return _auto(bound, given, progress)
    return _run(bound, METHODS[name], given, "asked for", progress)


def _run(bound: Bound, method: Method, given: Mapping[str, Any], why: str, progress: Progress) -> Outcome:
    options = method.fill(given)
    return Outcome(method, options, why, method.load()(bound, options, progress))


def unanswered(method: Method, result: Result, advice: str) -> Diagnostic:
    """The error when a method was stopped before its first draw."""
    message = f"the method `{method.name}` was stopped before it had any answer"
    if result.diagnostics.get("attempts"):
        message += f": none of {counted(int(result.diagnostics['attempts']), 'run')} was kept"
    return Diagnostic("E0321", message, help=advice)


def _auto(bound: Bound, given: Mapping[str, Any], progress: Progress) -> Outcome:
    reasons: list[str] = []
    exact = METHODS["exact"]
    why_not = exact.refuses(bound) or _wants_draws(bound, given) or _finite(bound, given, progress, reasons)
    if isinstance(why_not, Outcome):
        return why_not
    if why_not:
        reasons.append(f"not exact: {why_not}")
    for name, reason in (("nuts", "its density is differentiable"), ("importance", "it can be drawn from")):
        method = METHODS[name]
        why_not = method.refuses(bound)
        if why_not:
            reasons.append(f"not {name}: {why_not}")
            continue
        _applies(method, given)
        return _run(bound, method, given, "; ".join([*reasons, reason]), progress)
    raise Rejected(
        Diagnostic(
            "E0510",
            "no method of this version can handle the model",
            bound.program.model.span,
            help="\n".join(reasons),
        )
    )


def _wants_draws(bound: Bound, given: Mapping[str, Any]) -> str:
    """Why a program with continuous variables is not tried exactly: an option speaks of draws."""
    spoken = [name for name in given if name not in METHODS["exact"].options]
    return f"`{spoken[0]}` speaks of draws" if spoken and has_density(bound.program) else ""


def _finite(bound: Bound, given: Mapping[str, Any], progress: Progress, reasons: list[str]) -> Outcome | str:
    """The exact outcome, or why the trial failed."""
    method = METHODS["exact"]
    allowed = {key: value for key, value in given.items() if key in method.options}
    options = method.fill(allowed)
    states = min(bound.budget.states, TRIAL_STATES)
    limit = given.get("time")
    dense = has_density(bound.program)
    most = DENSE_SECONDS if dense else TRIAL_SECONDS
    seconds = most if limit is None else min(most, limit / 3)
    trial = Trial(progress, seconds)
    budget = replace(bound.budget, states=states, grid=min(bound.budget.grid, TRIAL_GRID))
    try:
        result = method.load()(replace(bound, budget=budget), options, trial)
    except Rejected as rejected:
        codes = (*TOO_LARGE, *NOT_ALWAYS) if dense else TOO_LARGE
        if all(d.code in codes for d in rejected.diagnostics):
            first = rejected.diagnostics[0]
            return f"{first.message} ({first.help})" if first.code == "E0503" else first.message
        raise
    if result.stopped:
        return f"{'integration' if dense else 'enumeration'} takes more than {seconds:.3g} s"
    left = max(result.left.values(), default=0.0)
    if left > WIDEST:
        return f"it has no end, and {left:.1g} of its mass lies beyond the states that were followed"
    _applies(method, given)
    kind = "in closed form" if dense else "finite"
    if dense and isinstance(result.log_evidence, Estimate):
        return "its integrals are not known to the last digits"
    if result.diagnostics.get("without_rule"):
        return "the laws of some variables have no closed form"
    why = f"{kind}: {result.note}" if result.note else kind
    return Outcome(method, options, "; ".join([*reasons, why]), result)


def _applies(method: Method, given: Mapping[str, Any]) -> None:
    """An option that the chosen method does not take is an error, never ignored."""
    wrong = [name for name in given if name not in method.options]
    if wrong:
        raise Rejected(
            *(
                Diagnostic(
                    "E0310",
                    f"`auto` chose the method `{method.name}`, to which `{name}` does not apply",
                    help="leave the option out, or name another method",
                )
                for name in wrong
            )
        )
