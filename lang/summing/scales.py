"""On which scale a summed program computes: logarithms, or the weights themselves.

The two are one algebra under two names. Programs run on logarithms, which do not underflow; on the plain
scale finite sums are rational, so that a summed program can be compared with the program itself by `==`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from pplc.lang import core
from pplc.lang.core import Expr


@dataclass(frozen=True, slots=True)
class Scale:
    """The names of the operations.

    density: of a law at a value. times, over: of two weights. plus: the sum of an array of weights.
    product: of an array of weights. kind: of the statement that weighs a run.
    """

    density: str
    times: str
    over: str
    plus: str
    product: str
    kind: OneOf["factor", "weight"]

    @property
    def one(self) -> Expr:
        """The weight 1."""
        return core.Literal(0 if self.kind == "factor" else 1)

    @property
    def zero(self) -> Expr:
        """The weight 0."""
        if self.kind == "weight":
            return core.Literal(0)
        return core.Prim("neg", (core.Prim("infinity", ()),))

    def joined(self, weights: Sequence[Expr]) -> Expr:
        """The product of several weights."""
        if not weights:
            return self.one
        first, *rest = weights
        for weight in rest:
            first = core.Prim(self.times, (first, weight))
        return first

    def weight(self, kind: str, value: Expr) -> Expr:
        """The weight that a statement `factor`, `weight`, `condition` or `observe_soft` gives."""
        if kind == "condition":
            return core.Cond(value, self.one, self.zero)
        given = "factor" if kind == "factor" else "weight"
        if given == self.kind:
            return value
        return core.Prim("log" if given == "weight" else "exp", (value,))

    def inverse_count(self, count: Expr) -> Expr:
        """The weight 1 / count."""
        if self.kind == "weight":
            return core.Prim("div", (core.Literal(1), count))
        return core.Prim("neg", (core.Prim("log", (count,)),))


LOGARITHMS = Scale("logpdf", "add", "sub", "log_sum_exp", "sum", "factor")
PLAIN = Scale("pdf", "mul", "div", "sum", "prod", "weight")
