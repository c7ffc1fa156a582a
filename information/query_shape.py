"""The parts of a query: the one expression or the list of expressions it asks about."""

from __future__ import annotations

from fractions import Fraction

from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected


def expressions(query: syntax.Query) -> tuple[syntax.Expr, ...]:
    """What is asked about, of a query that takes one list of expressions, such as `posterior(x, y)`."""
    items = query.groups[0] if query.groups else ()
    found = tuple(item for item in items if not isinstance(item, syntax.Query))
    if not found or len(query.groups) > 1 or len(found) < len(items) or query.options:
        raise _badly_formed(query)
    return found


def one(query: syntax.Query) -> syntax.Expr:
    """The expression of a query that takes one, such as `E[x]`; for `quantile` the first of its two."""
    found = expressions(query)
    if len(found) != (2 if query.head == "quantile" else 1):
        raise _badly_formed(query)
    return found[0]


FORMS = {
    "posterior": "posterior(x, y)",
    "prior": "prior(x, y)",
    "P": "P(x > 0)` or `P(x > 0 | y == 1)",
    "E": "E[x]",
    "sd": "sd(x)",
    "var": "var(x)",
    "quantile": "quantile(x, 0.9)",
    "evidence": "evidence",
}


def _badly_formed(query: syntax.Query) -> Rejected:
    return Rejected(
        Diagnostic(
            "E0609",
            f"`{query.head}` is written `{FORMS[query.head]}`",
            query.span,
            "something else stands here",
        )
    )


def level(query: syntax.Query) -> Fraction:
    """The probability of a `quantile`, strictly between 0 and 1."""
    one(query)
    at = query.groups[0][1]
    if isinstance(at, syntax.Number) and 0 < at.value < 1:
        return at.value
    raise Rejected(
        Diagnostic(
            "E0609",
            "the second argument of `quantile` is a number strictly between 0 and 1",
            at.span,
            "not such a number",
        )
    )
