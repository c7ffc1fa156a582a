"""Which programs have continuous variables."""

from __future__ import annotations

from pplc.lang import core
from pplc.lang.analysis import expressions, inside, reachable, statements
from pplc.lang.families import FAMILIES


def has_density(program: core.Program) -> bool:
    """Whether a program may draw from a law that has a density."""
    return any(
        _dense(part)
        for function in reachable(program)
        for statement in statements(function.body)
        if not isinstance(statement, core.Observe)
        for expression in expressions(statement)
        for part in inside(expression)
    )


def _dense(expression: core.Expr) -> bool:
    match expression:
        case core.Law("Uniform", (_,)):
            return False  # of a list
        case core.Law(family) if family in FAMILIES:
            return not FAMILIES[family].discrete
        case _:
            return False
