"""Whether a program has a log density on R^n: what gradient methods ask before they run.

The cheap reasons are found in the program; only a program that has none of them is looked at with torch.
"""

from __future__ import annotations

from collections.abc import Iterator

from pplc.lang import core
from pplc.lang.analysis import inside, reachable, recursive, statements
from pplc.lang.diagnostics import Rejected
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.semantics.bound import Bound

_DISCRETE = frozenset({"Delta", "Empirical"})


def refuses(bound: Bound) -> str:
    """Why gradient methods cannot handle the program; empty if they can."""
    functions = reachable(bound.program)
    drawn = [s for f in functions for s in statements(f.body) if isinstance(s, core.Draw)]
    laws = [name for s in drawn for name in _families(s.law)]
    if all(_is_discrete(name) for name in laws) and not any(_is_opaque(s.law) for s in drawn):
        if not any(_is_missing_place(s) for f in functions for s in statements(f.body)):
            return "it has no continuous variables"
    for s in drawn:
        match s.law:
            case core.Law(family) if family in FAMILIES and FAMILIES[family].discrete:
                if not FAMILIES[family].finite:
                    return f"`{s.site.name}` is drawn from `{family}`, which has infinitely many values"
            case _:
                pass
    circular = recursive(bound.program.functions)
    for f in functions:
        if f.kind == "model" and f.name in circular:
            return f"`{f.name}` draws from itself, so that the number of variables is random"
    from pplc.inference.gradient import found_density, one_thread

    try:
        with one_thread():
            found_density(bound)
    except Rejected as rejected:
        return rejected.diagnostics[0].message
    except (RuntimeError, ValueError, IndexError) as error:
        # torch's own complaints; asked for by name, the method shows them as the bug they are.
        return f"its density cannot be evaluated by torch ({str(error).splitlines()[0]})"
    return ""


def _families(law: core.Expr) -> Iterator[str]:
    """The families in the expression of a law, those inside combinators included."""
    for expression in inside(law):
        if isinstance(expression, core.Law):
            yield expression.family


def _is_opaque(law: core.Expr) -> bool:
    """Whether a law is not written where it is drawn from, and may be anything."""
    return not isinstance(law, core.Law)


def _is_discrete(name: str) -> bool:
    if name in FAMILIES and name != "Uniform":
        return FAMILIES[name].discrete
    return name in _DISCRETE or (name in COMBINATORS and name not in ("Flat", "Uniform"))


def _is_missing_place(statement: core.Stmt) -> bool:
    """Whether an observation may draw missing entries."""
    return isinstance(statement, core.Observe) and bool(statement.name)
