"""Finite variables summed out of a program by a transformation of Core.

The result is a program without these draws whose unnormalised measure over everything else is the same:
sums over a variable's values are loops that end in `log_sum_exp`, chains the forward algorithm,
so that whatever runs and differentiates programs does the same with the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.lang.families import FAMILIES
from pplc.lang.passes.independence import find_independent_loops
from pplc.lang.summing.carried import carried
from pplc.lang.summing.lists import with_lists
from pplc.lang.summing.pending import CannotSum, Code, Sum
from pplc.lang.summing.relevant import relevant
from pplc.lang.summing.renaming import Names
from pplc.lang.summing.scales import LOGARITHMS, PLAIN, Scale
from pplc.lang.summing.unrolling import unrolled
from pplc.lang.summing.walk import Walker

MOST_ENTRIES = 2**14
"""Of a table over variables that meet in a sum of a program that is written out: 14 truth values."""


@dataclass(frozen=True, slots=True)
class Summed:
    """A program without its finite variables.

    program: the rest, without a value: what is reported is found by running the program itself again.
    sums:    by the variable that a sum is bound to, which draw it sums out: what a back end needs to draw it.
    """

    program: core.Program
    sums: Mapping[str, Sum]


def sum_out(
    program: core.Program,
    keep: Callable[[str], bool] = lambda _: False,
    scale: Scale = LOGARITHMS,
    *,
    apart: bool = False,
) -> Summed:
    """The program with every finite variable but those to keep summed out; `CannotSum` says why not.

    keep:  by the name of a site, whether it stays a draw.
    apart: its loops over finite variables are written out, so that elements are variables of their own.
    """
    model = carried(with_lists(program.model), program.enumerations)
    for other in reachable(program)[1:]:
        for statement in statements(other.body):
            if isinstance(statement, core.Draw) and _may_be_discrete(statement.law):
                raise CannotSum(f"`{other.name}` draws finite variables of its own")
    code = Code(Names(model), scale, MOST_ENTRIES if apart else None)
    body = Walker(model, code, keep, apart=apart).whole(relevant(model.body))
    functions = {**program.functions, model.name: replace(model, body=body)}
    return Summed(find_independent_loops(replace(program, functions=functions)), code.sums)


def sum_out_written_out(
    program: core.Program, keep: Callable[[str], bool] = lambda _: False, scale: Scale = LOGARITHMS
) -> tuple[Summed, core.Program]:
    """The same with loops over finite variables written out, and the program written out with its draws."""
    whole, entries = unrolled(program), unrolled(program, apart=True)
    if whole is None or entries is None:
        raise CannotSum("it has no loops that can be written out in few statements")
    return sum_out(entries, keep, scale, apart=True), whole


def _may_be_discrete(law: core.Expr) -> bool:
    return not isinstance(law, core.Law) or law.family not in FAMILIES or FAMILIES[law.family].discrete


__all__ = ["LOGARITHMS", "PLAIN", "CannotSum", "Scale", "Sum", "Summed", "sum_out", "sum_out_written_out"]
