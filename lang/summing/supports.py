"""The values of a finite law, in order: how many there are, each by its position, and their masses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pplc.lang import core
from pplc.lang.core import Expr

Step = Callable[[Expr], Expr]


@dataclass(frozen=True, slots=True)
class Support:
    """The values of a law.

    count:  how many; it may be more than have positive mass.
    first:  what the value at a position is computed from: a number it is added to, a list it is in, nothing.
    kind:   how.
    """

    count: Expr
    kind: str
    first: Expr | None = None

    def value(self, position: Expr) -> Expr:
        """The value at a position."""
        match self.kind:
            case "bool":
                return core.Prim("eq", (position, core.Literal(1)))
            case "from" if self.first is not None:
                return core.Prim("add", (self.first, position))
            case "list" if self.first is not None:
                return core.Prim("index", (self.first, position))
            case "one" if self.first is not None:
                return self.first
            case _:
                return position

    def like(self, other: Support) -> bool:
        """Whether equal positions mean equal values."""
        return (self.kind, self.first) == (other.kind, other.first)


def support_of(law: Expr) -> Support | None:
    """The support of a law that is finite whatever its parameters, None if it may not be."""
    match law:
        case core.Law("Bernoulli"):
            return Support(core.Literal(2), "bool")
        case core.Law("Categorical", (core.Prim("list", items),)):
            return Support(core.Literal(len(items)), "position")
        case core.Law("Categorical", (weights,)) if weights is not None:
            return Support(core.Prim("extent", (weights,), (0,)), "position")
        case core.Law("OrderedLogistic", (_, cutpoints)) if cutpoints is not None:
            return Support(_one_more(core.Prim("extent", (cutpoints,), (0,))), "position")
        case core.Law("Binomial" | "BetaBinomial", (n, *_)) if n is not None:
            return Support(_one_more(n), "position")
        case core.Law("Hypergeometric", (_, _, draws)) if draws is not None:
            return Support(_one_more(draws), "position")
        case core.Law("UniformInt", (lower, upper)) if lower is not None and upper is not None:
            if lower == core.Literal(0):
                return Support(_one_more(upper), "position")
            return Support(_one_more(core.Prim("sub", (upper, lower))), "from", lower)
        case core.Law("Uniform", (values,)) if values is not None:
            return Support(core.Prim("len", (values,)), "list", values)
        case core.Law("Empirical", (values, _)) if values is not None:
            return Support(core.Prim("len", (values,)), "list", values)
        case core.Law("Delta", (core.Literal(int() as value) as only,)) if not isinstance(value, bool):
            return Support(
                core.Literal(1), "position" if value == 0 else "from", None if value == 0 else only
            )
        case core.Law("Delta", (value,)) if value is not None:
            return Support(core.Literal(1), "one", value)
        case _:
            return None


def _one_more(count: Expr) -> Expr:
    return core.Prim("add", (count, core.Literal(1)))
