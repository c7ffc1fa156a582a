"""Which variables a program has, by looking at it."""

from __future__ import annotations

from pplc.lang import core
from pplc.lang.analysis import statements


def sites(program: core.Program) -> frozenset[str]:
    """The names that the entry model draws, observes, or records with `let`; those below begin with them."""
    names: set[str] = set()
    for statement in statements(program.model.body):
        match statement:
            case core.Draw(site=site) | core.Observe(site=site) if "#" not in site.name:
                names.add(site.name)
            case core.Let(recorded=recorded) | core.Define(recorded=recorded) if recorded:
                names.add(recorded)
            case _:
                pass
    return frozenset(names)


def observed(program: core.Program) -> frozenset[str]:
    """The parameters of the entry model that it observes, whole or in part."""
    model = program.model
    names = {statement.name for statement in statements(model.body) if isinstance(statement, core.Observe)}
    return frozenset(names) & frozenset(model.parameters)
