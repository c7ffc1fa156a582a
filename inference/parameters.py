"""Which variables particle methods treat as parameters: they are moved, all others are run through.

Andrieu, Doucet & Holenstein, *Particle Markov chain Monte Carlo methods* (JRSS B 2010), section 2.4: static
parameters come first, and the weights of time come in a loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pplc.inference.metropolis import Block
from pplc.inference.named_blocks import named
from pplc.lang import core
from pplc.lang.analysis import callees, statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.bound import Bound


def parameters(bound: Bound, given: Sequence[str]) -> Block:
    """The choices of the variables named, else of those that are `found`; an error if there are none."""
    names = tuple(given) or found(bound.program)
    if not names:
        loops = any(_weighing_loop(bound.program, statement) for statement in bound.program.model.body)
        raise Rejected(
            Diagnostic(
                "E0337",
                "no variable is drawn before the first loop that contains weights, so there is no parameter"
                if loops
                else "no loop contains weights, so no variable is known to be a parameter",
                bound.program.model.span,
                help="name the parameters with `--parameters`, or use `--method smc`",
            )
        )
    return named(bound, names)


def found(program: core.Program) -> tuple[str, ...]:
    """The variables that are drawn before the first loop that contains weights.

    Not those of which the loop, or what follows it, draws elements as well.
    """
    before: list[str] = []
    after: set[str] = set()
    looping = False
    for statement in program.model.body:
        looping = looping or _weighing_loop(program, statement)
        drawn = _drawn((statement,))
        if looping:
            after.update(drawn)
        else:
            before.extend(drawn)
    return tuple(dict.fromkeys(name for name in before if name not in after)) if looping else ()


def _drawn(block: Iterable[core.Stmt]) -> Iterator[str]:
    for statement in statements(tuple(block)):
        if isinstance(statement, core.Draw) and "#" not in statement.site.name:
            yield statement.site.name


def _weighing_loop(program: core.Program, statement: core.Stmt) -> bool:
    return any(
        isinstance(inner, core.For | core.While) and _weighs(program, statements((inner,)), frozenset())
        for inner in statements((statement,))
    )


def _weighs(program: core.Program, block: Iterable[core.Stmt], seen: frozenset[str]) -> bool:
    """Whether statements, or functions that they can call, observe or weigh."""
    for statement in block:
        if isinstance(statement, core.Observe | core.Weight):
            return True
        for name in _mentioned(statement) - seen:
            if name in program.functions:
                body = program.functions[name].body
                if _weighs(program, statements(body), seen | {name}):
                    return True
    return False


def _mentioned(statement: core.Stmt) -> frozenset[str]:
    return callees(core.Function("", "model", (), (), (statement,)))
