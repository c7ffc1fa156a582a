"""Queries put to an exact outcome on trial: `auto` takes it if it answers all of them.

It may have no closed form for the laws of some variables, which is no matter if no query is about these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from pplc.inference.answers import Bounds, Estimate, Exact, Truncated
from pplc.inference.auto import WIDEST, Outcome
from pplc.inference.progress import Progress
from pplc.inference.registry import METHODS
from pplc.information.answers import Answer, Answered
from pplc.information.queries import NO_RULE, answer
from pplc.lang import syntax
from pplc.lang.diagnostics import Rejected
from pplc.lang.formatter import format_query
from pplc.semantics.bound import Bound
from pplc.session import Session

OPEN = (*NO_RULE, "E0321")
"""Errors of queries that another method may not meet: no rule, too much work, no time."""


class OnTrial:
    """The queries of a run, as `pplc.inference.auto.Asking`.

    answers: theirs, once an exact outcome has answered all; one that makes no sense has its error.
    """

    def __init__(self, queries: Sequence[syntax.Query], unit: str, given: Mapping[str, Any]) -> None:
        self.queries = queries
        self.unit = unit
        self.given = {name: value for name, value in given.items() if name in METHODS["exact"].options}
        self.answers: tuple[Answered, ...] = ()

    def __call__(self, outcome: Outcome, bound: Bound, progress: Progress) -> str:
        """Why a query has no exact answer; empty if all have."""
        session = Session(bound, "exact", self.given, progress)
        session.know(outcome)
        answers: list[Answered] = []
        for query in self.queries:
            try:
                found = answer(query, session, self.unit)
            except Rejected as rejected:
                if any(diagnostic.code in OPEN for diagnostic in rejected.diagnostics):
                    return f"`{format_query(query)}`: {rejected.diagnostics[0].message}"
                found = Answered(format_query(query), errors=rejected.diagnostics)
            if progress.stopped() or not all(map(settled, found.numbers)):
                return f"`{format_query(query)}` has no answer that is known to the last digits"
            answers.append(found)
        self.answers = tuple(answers)
        return ""


def settled(found: Answer) -> bool:
    """Whether an answer is exact, or leaves open as little as `auto` takes."""
    match found:
        case Exact():
            return True
        case Bounds(lower, upper):
            return -inf < lower <= upper < inf and upper - lower <= WIDEST * max(1.0, abs(lower))
        case Truncated(_, left):
            return left <= WIDEST
        case Estimate():
            return False
