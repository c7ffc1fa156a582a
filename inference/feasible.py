"""Whether a program has a log density on R^n: what gradient methods ask before they run.

The cheap reasons are found in the program; only a program that has none of them is looked at with torch.
"""

from __future__ import annotations

from collections.abc import Iterator

from pplc.lang import core
from pplc.lang.diagnostics import Rejected
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.semantics.bound import Bound, statements

_DISCRETE = frozenset({"Delta", "Empirical"})


def refuses(bound: Bound) -> str:
    """Why gradient methods cannot handle the program; empty if they can."""
    reachable = list(_functions(bound.program))
    drawn = [s for f in reachable for s in statements(f.body) if isinstance(s, core.Draw)]
    laws = [name for s in drawn for name in _families(s.law)]
    if all(_is_discrete(name) for name in laws) and not any(_is_opaque(s.law) for s in drawn):
        if not any(_is_missing_place(s) for f in reachable for s in statements(f.body)):
            return "it has no continuous variables"
    for s in drawn:
        match s.law:
            case core.Law(family) if family in FAMILIES and FAMILIES[family].discrete:
                if not FAMILIES[family].finite:
                    return f"`{s.site.name}` is drawn from `{family}`, which has infinitely many values"
            case _:
                pass
    for f in reachable:
        if f.kind == "model" and f.name in _called_from(bound.program, f.name):
            return f"`{f.name}` draws from itself, so that the number of variables is random"
    from pplc.inference.gradient import found_density, one_thread

    try:
        with one_thread():
            density = found_density(bound)
    except Rejected as rejected:
        return rejected.diagnostics[0].message
    return "" if density.size else "it has no continuous variables"


def _functions(program: core.Program) -> Iterator[core.Function]:
    """The functions that the entry model can reach by name."""
    seen: set[str] = set()
    todo = [program.entry]
    while todo:
        name = todo.pop()
        if name in seen or name not in program.functions:
            continue
        seen.add(name)
        function = program.functions[name]
        yield function
        todo.extend(_names(function))
        todo.extend(program.densities[d].function for d in program.densities if d in _laws(function))


def _called_from(program: core.Program, name: str) -> set[str]:
    """The functions reachable from a function, itself only if it is reached again."""
    seen: set[str] = set()
    todo = list(_names(program.functions[name]))
    while todo:
        found = todo.pop()
        if found not in seen and found in program.functions:
            seen.add(found)
            todo.extend(_names(program.functions[found]))
    return seen


def _expressions(function: core.Function) -> Iterator[core.Expr]:
    for statement in statements(function.body):
        match statement:
            case core.Let(value=value) | core.Weight(value=value) | core.Return(value=value):
                yield from _inside(value)
            case core.Assign(indices=indices, value=value) | core.Define(indices=indices, value=value):
                for each in (*indices, value):
                    yield from _inside(each)
            case core.Draw(indices=indices, law=law):
                for each in (*indices, law):
                    yield from _inside(each)
            case core.Observe(law=law, value=value):
                yield from _inside(law)
                yield from _inside(value)
            case core.Call(function=called, args=args, keywords=keywords):
                for each in (called, *args, *(value for _, value in keywords)):
                    yield from _inside(each)
            case core.If(test=test) | core.While(test=test):
                yield from _inside(test)
            case core.For(iterable=iterable, collect=collect, keep=keep):
                for maybe in (iterable, collect, keep):
                    if maybe is not None:
                        yield from _inside(maybe)
            case core.Fail():
                pass


def _inside(expression: core.Expr) -> Iterator[core.Expr]:
    yield expression
    match expression:
        case core.Prim(args=args):
            for each in args:
                yield from _inside(each)
        case core.Law(args=arguments):
            for maybe in arguments:
                if maybe is not None:
                    yield from _inside(maybe)
        case core.Cond(test, then, orelse):
            for each in (test, then, orelse):
                yield from _inside(each)
        case _:
            pass


def _names(function: core.Function) -> Iterator[str]:
    for expression in _expressions(function):
        match expression:
            case core.Global(name) | core.Closure(name):
                yield name
            case _:
                pass


def _laws(function: core.Function) -> set[str]:
    return {e.family for e in _expressions(function) if isinstance(e, core.Law)}


def _families(law: core.Expr) -> Iterator[str]:
    """The families in the expression of a law, those inside combinators included."""
    for expression in _inside(law):
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
