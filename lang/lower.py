"""From the checked syntax tree to the Core IR.

Lowering decides the order of evaluation (left to right), makes every effect a statement, and gives
every draw and observation its site. What it leaves to do is done by the passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pplc.lang import core
from pplc.lang.lower_base import Output, global_name
from pplc.lang.lower_exprs import FunctionLowering
from pplc.lang.lower_types import written_type
from pplc.lang.passes import PIPELINE
from pplc.lang.scope import Resolution
from pplc.lang.syntax import Block, Density, Function, Let, Pattern, Query, QueryItem
from pplc.lang.typesys import Type

if TYPE_CHECKING:
    from pplc.lang.check import Checked


def lower(checked: Checked, entry: str = "") -> core.Program:
    """The Core program of a checked one, run through every pass.

    entry: the model that runs; the program's own if empty. A name that is no model is the caller's
    mistake to report.
    """
    program = lower_program(checked.names, checked.types, entry or checked.entry)
    for improve in PIPELINE:
        program = improve(program)
    return program


def lower_program(names: Resolution, types: Mapping[int, Type], entry: str) -> core.Program:
    """The Core program as lowering makes it, before any pass."""
    output = Output(names, types)
    densities: dict[str, core.UserDensity] = {}
    queries: list[Query] = []
    for item in names.program.items:
        match item:
            case Function(kind, name, _, _, body):
                lowering = FunctionLowering(output, global_name(name), kind)
                output.functions[lowering.name] = lowering.function(item, body)
            case Density(name, parameters, support, log_density):
                body = Block((), log_density, span=log_density.span)
                output.functions[name] = FunctionLowering(output, name, "fn").function(item, body)
                given = tuple(parameter.name for parameter in parameters)
                densities[name] = core.UserDensity(name, given, name, written_type(support, names.aliases))
            case Let(pattern):
                _top_level_let(output, pattern, item)
            case QueryItem(some):
                queries.extend(some)
            case _:
                pass
    sums = {name: tuple(c.name for c in constructors) for name, constructors in names.sums.items()}
    payloads = frozenset(name for name, every in names.sums.items() if any(c.fields for c in every))
    return core.Program(output.functions, global_name(entry), densities, sums, tuple(queries), payloads)


def _top_level_let(output: Output, pattern: Pattern, item: Let) -> None:
    """A function without parameters for each name; a pattern has one for its whole value."""
    for name, body in FunctionLowering(output, "let", "fn").top_level(pattern, item.value):
        output.functions[name] = core.Function(name, "fn", (), (), body)
