"""Laws over a list with the list in them, so that draws from equal lists are seen to have equal values."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import bound, inside, statements
from pplc.lang.core import Block, Expr
from pplc.lang.passes.rewriting import bottom_up, with_expressions


def with_lists(function: core.Function) -> core.Function:
    """The model whose laws `Uniform` and `Empirical` name a variable for no list that reads nothing."""
    times = Counter(name for statement in statements(function.body) for name in bound(statement))
    known = {
        s.name: s.value
        for s in statements(function.body)
        if isinstance(s, core.Let) and times[s.name] == 1 and _is_list(s.value)
    }

    def change(part: Expr) -> Expr:
        match part:
            case core.Law("Uniform" | "Empirical", (core.Variable(name), *rest)) if name in known:
                return replace(part, args=(known[name], *rest))
            case _:
                return part

    def block(old: Block) -> Block:
        return tuple(with_expressions(s, lambda expr: bottom_up(expr, change), block) for s in old)

    return replace(function, body=block(function.body)) if known else function


def _is_list(expr: Expr) -> bool:
    if not isinstance(expr, core.Prim) or expr.op not in ("list", "values"):
        return False
    return all(isinstance(part, core.Prim | core.Literal) for part in inside(expr))
