"""Quotients of integrals as formulas: rational functions of the open parameters, or closed forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from pplc.inference.formulas.writing import Term, Writer
from pplc.semantics.closed_form import ClosedField, ClosedForm
from pplc.semantics.formula import Field, Formula, algebra, fractions
from pplc.semantics.symbolic.expression import Latent
from pplc.semantics.symbolic.ranges import Ranges

sp = algebra()

MOST_GENERATORS = 12
"""Generators up to which each is one of the field: greatest common divisors in many symbols take for ever."""


class Quotients:
    """Numbers that are sums of terms divided by one of them, as formulas.

    sums: by name; the shared denominator stands under `whole`.
    """

    def __init__(
        self,
        parameters: Mapping[Latent, Formula],
        ranges: Ranges,
        sums: Mapping[str, Sequence[Term]],
    ) -> None:
        self.home: Field = next(iter(parameters.values())).field
        self.writer = Writer(parameters, ranges)
        expressions = self.writer.written(list(sums.values()))
        used = {symbol for e in expressions for symbol in e.free_symbols}
        shared = self.writer.exponentials is None or self.writer.exponentials.short
        if not shared or len(used & self.writer.means.keys()) > MOST_GENERATORS:
            expressions = [self._by_products(e) for e in expressions]
            used = {symbol for e in expressions for symbol in e.free_symbols}
        further = [symbol for symbol in self.writer.means if symbol in used]
        self.field = fractions([*self.home.ring.symbols, *further])
        self.elements = {name: self.field.from_expr(e) for name, e in zip(sums, expressions, strict=True)}

    def _by_products(self, expression: Any) -> Any:
        """An expression with a generator in the place of every product of generators: a sum of few terms."""
        generators = [symbol for symbol in self.writer.means if symbol in expression.free_symbols]
        terms: list[Any] = []
        for term in sp.Add.make_args(sp.expand(expression)):
            known, product = term.as_independent(*generators, as_Add=False)
            if product != 1:
                meaning = self.writer.meaning(product)
                product = self.writer.generator(("product", product), meaning, positive=False)
            terms.append(known * product)
        return sp.Add(*terms)

    def formula(self, element: Any) -> Fraction:
        """An element as a number: rational, a rational function, or a closed form."""
        expression = element.as_expr()
        if not expression.free_symbols & self.writer.means.keys():
            return self.home.made(self.home.ring.from_expr(expression))
        home = self.home
        wide = ClosedField(home.ring, home.names, home.assumed, home)
        found = self.writer.meaning(expression.factor())
        if self._squares(element):  # of roots, which are what they are roots of
            top, bottom = map(sp.expand, sp.fraction(sp.together(found)))
            found = sp.factor(top / bottom)
        return ClosedForm(wide, sp.powsimp(found, combine="exp"))

    def _squares(self, element: Any) -> bool:
        """Whether a root stands in a fraction to a power of two or more."""
        roots = [k for k, symbol in enumerate(self.field.symbols) if symbol in self.writer.roots]
        monomials = (m for part in (element.numer, element.denom) for m in part.itermonoms())
        return any(monomial[k] > 1 for monomial in monomials for k in roots)
