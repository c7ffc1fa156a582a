"""Blocks of variables as the user names them: `mu,tau;z`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pplc.inference.metropolis import Block
from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean
from pplc.semantics.values import Address


def parse_blocks(program: core.Program, text: str) -> tuple[Block, ...]:
    """The blocks of an option such as `mu,tau;z`: names of what the program draws, or paths (`f.slope`)."""
    groups = [[name.strip() for name in group.split(",")] for group in text.split(";")] if text else []
    return tuple(named(program, names) for names in groups)


def named(program: core.Program, names: Sequence[str]) -> Block:
    """The choices of these variables, all elements of arrays, and everything drawn below them."""
    known = frozenset(drawn(program))
    for name in names:
        for part in name.split("."):
            if part not in known:
                there = did_you_mean(part, sorted(known)) or f"the model draws {', '.join(sorted(known))}"
                raise Rejected(Diagnostic("E0322", f"the model draws no variable `{name}`", help=there))
    paths = [tuple(name.split(".")) for name in names]

    def inside(address: Address) -> bool:
        path = tuple(part for part in address if isinstance(part, str))
        return any(path[: len(wanted)] == wanted for wanted in paths)

    return inside


def drawn(program: core.Program) -> Iterator[str]:
    """The names that the program gives to draws, missing data among them."""
    for function in reachable(program):
        for statement in statements(function.body):
            match statement:
                case core.Draw(site=site) | core.Observe(site=site) if "#" not in site.name:
                    yield site.name
                case _:
                    pass
