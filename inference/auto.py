"""`auto`: looks at a bound program, picks a method, runs it, and says why.

Exact enumeration comes first, on trial: a finite program may still have too many states, which shows
only when it runs. Then NUTS, if the density is differentiable once finite variables are summed out;
then importance sampling, which runs everything that can be drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import thread_time
from typing import Any, TypeAlias

from pplc.inference.answers import Estimate
from pplc.inference.continuous.programs import has_density
from pplc.inference.options import Options
from pplc.inference.progress import Progress, TooLate
from pplc.inference.registry import METHODS, Method
from pplc.inference.result import Result
from pplc.inference.states import ENDLESS
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound

TRIAL_STATES = 50_000
"""States that exact enumeration may keep on trial: a few hundred megabytes."""

TRIAL_SECONDS = 20.0

DENSE_SECONDS = 3.0
"""The same for programs with continuous variables, most of which have no closed form."""

PATIENT_SECONDS = 2.0
"""Seconds after which integrals over two variables are broken off, which may take a minute."""

WIDEST = 1e-6
"""Share of the mass of an endless program that exact bounds may leave open."""

INSIDE = "."
"""In the name of a variable of a model that is called. Where that draws from itself, bounds may be wide."""

PROMISING = 0.1
"""Share of its draws that a method has made by the end of a trial, if it is to go on.

The rest takes nine times as long at most.
"""

TRIAL_STEPS = 200_000
"""Steps that one run may take where there are bounds instead: some seconds."""

TOO_LARGE = (*ENDLESS, "E0502", "E0503", "E0521", "E0525", "E0526")
"""Errors of the exact engine that another method may not meet: endless runs, many states, no closed form."""


QUERIES = "`pplc query` may have exact answers"
"""Where a table has gaps. Queries need not all laws."""

NO_METHOD = "E0510"

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
    """Progress with a deadline of its own, in time of this thread, however busy the machine.

    enough:  share of the work that must be done by then for it to go on.
    patient: seconds after which one long computation is broken off.
    """

    def __init__(self, inner: Progress, seconds: float, enough: float = inf, patient: float = inf) -> None:
        self._inner = inner
        self._deadline = thread_time() + seconds
        self._patience = thread_time() + patient
        self._enough = enough
        self._promising = False

    def advance(self, task: str, done: int, total: int | None = None, note: str = "") -> None:
        """Passed on."""
        if total and done >= self._enough * total:
            self._promising = True
        self._inner.advance(task, done, total, note)

    def warn(self, warning: Diagnostic) -> None:
        """Passed on."""
        self._inner.warn(warning)

    def stopped(self) -> bool:
        """Whether the trial is over, or everything is to stop."""
        return self.over or self._inner.stopped()

    def late(self) -> bool:
        """Whether its own patience is at an end."""
        return not self._promising and thread_time() >= self._patience

    @property
    def over(self) -> bool:
        """Whether its own time is up, and too little was done in it."""
        return not self._promising and thread_time() >= self._deadline

    def passed(self) -> None:
        """It was a success: what came of it goes on without a deadline."""
        self._promising = True


Asking: TypeAlias = Callable[[Outcome, Bound, Progress], str]
"""Puts the queries to an exact outcome, of the bound program given: why some are not answered, or empty."""


def infer(
    bound: Bound,
    name: str,
    given: Mapping[str, Any],
    progress: Progress,
    asking: Asking | None = None,
    *,
    table: bool = True,
) -> Outcome:
    """Runs the named method, or the one that `auto` picks, with the options given.

    asking: the queries, if there are any. table: whether the laws of all variables are wanted, too.
    """
    if name == "auto":
        return _auto(bound, given, progress, asking, table=table)
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


@dataclass(frozen=True)
class Left:
    """What came of an exact trial that `auto` does not take at once.

    why:    it does not, in words.
    bounds: the outcome, if it is one of bounds, which is better than none.
    known:  whether it found the evidence, or was not asked.
    """

    why: str
    bounds: Outcome | None = None
    known: bool = False


def _auto(
    bound: Bound, given: Mapping[str, Any], progress: Progress, asking: Asking | None, *, table: bool
) -> Outcome:
    exact = METHODS["exact"]
    refused, unwanted = exact.refuses(bound), _wants_draws(bound, given)
    if refused or unwanted:
        found: Outcome | Left = Left(refused or unwanted, known=not refused)
    else:
        found = _exact(bound, given, progress, asking, table=table)
    if isinstance(found, Outcome):
        return found
    reasons = [f"not exact: {found.why}"]
    if found.bounds is None:
        outcome = _drawn(bound, given, reasons, progress)
        result = outcome.result if found.known else replace(outcome.result, tried=("exact",))
        return replace(outcome, result=result)
    trial = Trial(progress, TRIAL_SECONDS, PROMISING)
    budget = replace(bound.budget, steps=min(bound.budget.steps, TRIAL_STEPS))
    try:
        outcome = _drawn(replace(bound, budget=budget), given, reasons, trial)
    except Rejected as rejected:
        if any(d.code not in (*ENDLESS, NO_METHOD) for d in rejected.diagnostics):
            raise
        why = f"not drawn: {rejected.diagnostics[0].message}"
    else:
        if not outcome.result.empty and not (outcome.result.stopped and trial.over):
            return outcome
        why = f"not {outcome.method.name}: it takes much more than {TRIAL_SECONDS:.3g} s"
    _applies(exact, given)
    return replace(found.bounds, why=f"{found.why}; {why}")


def _drawn(bound: Bound, given: Mapping[str, Any], reasons: list[str], progress: Progress) -> Outcome:
    """The outcome of the first method that draws and can handle the program."""
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
            NO_METHOD,
            "no method of this version can handle the model",
            bound.program.model.span,
            help="\n".join(reasons),
        )
    )


def _wants_draws(bound: Bound, given: Mapping[str, Any]) -> str:
    """Why a program with continuous variables is not tried exactly: an option speaks of draws."""
    spoken = [name for name in given if name not in METHODS["exact"].options]
    return f"`{spoken[0]}` speaks of draws" if spoken and has_density(bound.program) else ""


def _exact(
    bound: Bound, given: Mapping[str, Any], progress: Progress, asking: Asking | None, *, table: bool
) -> Outcome | Left:
    """The exact outcome, or why it is left."""
    limit = given.get("time")
    dense = has_density(bound.program)
    most = DENSE_SECONDS if dense else TRIAL_SECONDS
    seconds = most if limit is None else min(most, limit / 3)
    trial = Trial(progress, seconds, patient=min(seconds, PATIENT_SECONDS))
    try:
        found = _tried(bound, given, trial, asking, seconds, table=table)
    except TooLate:  # of the integrals that are left over, only those over two variables are broken off
        said = f"integration over two variables takes more than {min(seconds, PATIENT_SECONDS):.3g} s"
        return Left(f"{said} (`--method exact` waits for it)", known=True)
    trial.passed()
    return found


def _tried(
    bound: Bound,
    given: Mapping[str, Any],
    trial: Trial,
    asking: Asking | None,
    seconds: float,
    *,
    table: bool,
) -> Outcome | Left:
    """The same; `TooLate` if an integral was broken off."""
    method = METHODS["exact"]
    allowed = {key: value for key, value in given.items() if key in method.options}
    options = method.fill(allowed)
    states = min(bound.budget.states, TRIAL_STATES)
    dense = has_density(bound.program)
    tried = replace(bound, budget=replace(bound.budget, states=states))
    late = Left(f"{'integration' if dense else 'enumeration'} takes more than {seconds:.3g} s", known=dense)
    try:
        result = method.load()(tried, options, trial)
    except Rejected as rejected:
        codes = (*TOO_LARGE, *NOT_ALWAYS) if dense else TOO_LARGE
        if all(d.code in codes for d in rejected.diagnostics):
            first = rejected.diagnostics[0]
            return Left(f"{first.message} ({first.help})" if first.code == "E0503" else first.message)
        raise
    outcome = Outcome(method, options, "", result)
    if result.stopped:
        # It was this trial that ended it; that bounds are of what was followed until then, they say.
        bounds = replace(outcome, result=replace(result, stopped=False)) if result.left else None
        return replace(late, bounds=bounds)
    outside = [share for name, share in result.left.items() if INSIDE not in name]
    left = max(outside or result.left.values(), default=0.0)
    if left > WIDEST:
        if asking is not None and not table and not asking(outcome, tried, trial):
            _applies(method, given)
            return replace(outcome, why=f"the queries have exact answers: {result.note}")
        beyond = f"it has no end, and {left:.1g} of its mass lies beyond the states that were followed"
        return Left(beyond, outcome, known=True)
    if dense and isinstance(result.log_evidence, Estimate):
        return Left("its integrals are not known to the last digits")
    if result.missing:
        lacking = _lacking(result.missing)
        if asking is not None and not table:
            lacking = asking(outcome, tried, trial)
            if lacking and trial.over:
                return replace(late, known=True)
        if lacking:
            return Left(lacking, known=True)
    elif dense:
        rough = _integrated(outcome, tried, trial, asking, table=table)
        if rough:
            return Left(f"the law of `{rough}` is known at points only ({QUERIES})", known=True)
    _applies(method, given)
    kind = "within narrow bounds" if result.left else "finite"
    if dense:
        kind = "in closed form" if result.numerical is None else "by proved integrals"
        kind = "the queries have exact answers" if result.missing else kind
    return replace(outcome, why=f"{kind}: {result.note}" if result.note else kind)


def _lacking(missing: Sequence[str]) -> str:
    names = " and ".join(", ".join(f"`{name}`" for name in missing).rsplit(", ", 1))
    laws, have = ("law", "has") if len(missing) == 1 else ("laws", "have")
    return f"the {laws} of {names} {have} no closed form ({QUERIES})"


def _integrated(outcome: Outcome, tried: Bound, trial: Trial, asking: Asking | None, *, table: bool) -> str:
    """Finds on trial what is to be reported, which may need more integrals over two variables.

    The name of a variable whose quantiles are not known as well as all else is; empty if there is none.
    """
    if table:
        for name, elements in outcome.result.densities.items():
            for law in elements.values():
                if law.blur > 0:
                    return name
                _ = law.table
    if asking is not None:
        asking(outcome, tried, trial)
    return ""


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
