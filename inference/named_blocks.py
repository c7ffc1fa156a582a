"""Blocks of variables as the user names them: `mu,tau;z`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pplc.inference.metropolis import Block
from pplc.inference.sites import observed
from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import has_missing
from pplc.semantics.values import Address


def parse_blocks(bound: Bound, text: str) -> tuple[Block, ...]:
    """The blocks of an option such as `mu,tau;z`: names of what the program draws, or paths (`f.slope`)."""
    groups = [[name.strip() for name in group.split(",")] for group in text.split(";")] if text else []
    if not all(all(names) for names in groups):
        raise Rejected(
            Diagnostic(
                "E0322",
                f"`{text}` names no variable in one of its blocks",
                help="variables of a block stand with `,` between them, and blocks with `;` between them:"
                " `mu,tau;z`",
            )
        )
    return tuple(named(bound, names) for names in groups)


def named(bound: Bound, names: Sequence[str]) -> Block:
    """The choices of these variables, all elements of arrays, and everything drawn below them."""
    known = frozenset(drawn(bound))
    given = observed(bound.program) - known
    for name in names:
        if not name:
            there = "names stand with one `,` between them, as in `mu,tau`"
            raise Rejected(Diagnostic("E0322", f"a name is missing in `{','.join(names)}`", help=there))
        for part in name.split("."):
            if part in given:
                there = "nothing is drawn for data without missing entries: name variables that are drawn"
                raise Rejected(Diagnostic("E0322", f"`{name}` is observed, not drawn", help=there))
            if part not in known:
                all_known = f"the model draws {', '.join(sorted(known)) or 'nothing that has a name'}"
                there = did_you_mean(part, sorted(known)) or all_known
                raise Rejected(Diagnostic("E0322", f"the model draws no variable `{name}`", help=there))
    paths = [tuple(name.split(".")) for name in names]

    def inside(address: Address) -> bool:
        path = tuple(part for part in address if isinstance(part, str))
        return any(path[: len(wanted)] == wanted for wanted in paths)

    return inside


def drawn(bound: Bound) -> Iterator[str]:
    """The names that the program gives to draws, missing data among them.

    A datum is drawn if the entries that are given for it are not all there; what is handed to a called model
    may be any of the data.
    """
    missing = {name for name, value in bound.arguments.items() if has_missing(value)}
    entry = bound.program.model
    for function in reachable(bound.program):
        for statement in statements(function.body):
            match statement:
                case core.Draw(site=site) if "#" not in site.name:
                    yield site.name
                case core.Observe(name=name, site=site) if name:
                    if name in missing or (missing and (function != entry or name not in entry.parameters)):
                        yield site.name
                case _:
                    pass
