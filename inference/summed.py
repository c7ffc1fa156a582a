"""Which finite variables of a program with data are summed out by code (`pplc.lang.summing`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import assigned, statements
from pplc.lang.passes.constants import fold_constants
from pplc.lang.passes.rewriting import bottom_up, with_expressions
from pplc.lang.summing import CannotSum, Summed, sum_out, sum_out_written_out
from pplc.lang.summing.before_branches import before_branches
from pplc.semantics.bound import Bound
from pplc.semantics.values import MISSING, Value, shape_of


def summed(bound: Bound) -> tuple[Summed, core.Program] | None:
    """The program with its finite variables summed out, and with them, its loops written out if need be.

    None if it has none, or the pass cannot. What `do` sets and entries that are missing are sites; a sum over
    code has none. Such programs, like those that the pass cannot sum, are left to Pyro, which enumerates the
    values of a run's draws.
    """
    if bound.prior:
        return None
    program = before_branches(bound.program)
    known = sized(replace(bound, program=program))
    try:
        found = sum_out(known)
    except CannotSum:
        try:
            found, program = sum_out_written_out(known)
        except CannotSum:
            return None
    gone = _sites(program) - _sites(found.program)
    if not found.sums or any(address[0] in gone for address in bound.interventions):
        return None
    if any(_missing(value) for name, value in bound.arguments.items() if name in gone):
        return None
    return found, program


def sized(bound: Bound) -> core.Program:
    """The program with the lengths and whole numbers of its data as constants."""
    model = bound.program.model
    changed = assigned(model)

    def known(part: core.Expr) -> core.Expr:
        match part:
            case core.Prim("extent" | "len" as op, (core.Variable(name),), static) if name in bound.arguments:
                shape = shape_of(bound.arguments[name])
                axis = int(static[0]) if op == "extent" and static else 0
                return core.Literal(shape[axis], span=part.span) if axis < len(shape) else part
            case core.Variable(name) if name in bound.arguments and name not in changed:
                value = bound.arguments[name]
                if isinstance(value, int) and not isinstance(value, bool):
                    return core.Literal(value, span=part.span)
                return part
            case _:
                return part

    def inside(block: core.Block) -> core.Block:
        return tuple(with_expressions(s, lambda expr: bottom_up(expr, known), inside) for s in block)

    functions = {**bound.program.functions, model.name: replace(model, body=inside(model.body))}
    return fold_constants(replace(bound.program, functions=functions))


def _sites(program: core.Program) -> Counter[str]:
    """How often each name of a site occurs; a parameter is there as often as it is observed."""
    found: Counter[str] = Counter()
    for statement in statements(program.model.body):
        match statement:
            case core.Draw(site=site):
                found[site.name] += 1
            case core.Observe(name, _, site):
                found.update({site.name, name} if name else {site.name})
            case core.Let(recorded=recorded) | core.Define(recorded=recorded):
                found[recorded] += 1
            case _:
                pass
    return found


def _missing(value: Value) -> bool:
    return value is MISSING or (isinstance(value, tuple) and any(map(_missing, value)))
