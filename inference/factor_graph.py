"""The factor graph of a program, as its abstract run builds it.

A variable has finitely many values; a factor is a table over a few variables. What a program computes
from one variable is a `View` of it and costs nothing; what it computes from several becomes a variable
of its own. Three things never become one large table: a choice between random values is one factor per
side (context-specific independence: Boutilier et al. 1996), a product of probabilities is a chain of
"all of them so far" (the noisy-or of Díez & Galán 2003), and sums and the like are folded pairwise.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias, cast

from pplc.inference.random_values import (
    ABSENT,
    FAULT,
    Family,
    Finder,
    Product,
    View,
    as_value,
    at,
    family_in,
    is_mark,
    is_view,
    kinds,
    mark_in,
    possible,
    product_in,
    view_in,
)
from pplc.lang.diagnostics import NOWHERE, Rejected, Span
from pplc.semantics.laws import LawValue, make_law
from pplc.semantics.laws_base import Call
from pplc.semantics.measure import is_zero, times
from pplc.semantics.number import CERTAIN, LogWeight, log_weight
from pplc.semantics.primitives_arithmetic import is_number, mul, sub
from pplc.semantics.values import Fault, Number, Value

MOST_ROWS = 200_000
"""Rows of one table of the program's own, such as the law of a draw given what it depends on."""

MOST_VALUES = 20_000
"""Values of one variable."""

SMALL = 64
"""Rows up to which a product or a choice is simply one table."""

ERRORS = (Fault, Rejected, IndexError, TypeError)
"""What a function raises for values that no run gives it: those of another arm of a `match`, say."""

Row: TypeAlias = "tuple[int, ...]"


class Refused(Exception):
    """The program cannot be eliminated; forward execution is to run it, or to find its error."""

    def __init__(self, reason: str, span: Span = NOWHERE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


@dataclass(frozen=True, slots=True)
class Table:
    """A factor as it was built: rows of positions of the variables' values, and log weights.

    defines: whether it says what the last variable of its scope is, given the others.
    """

    scope: tuple[int, ...]
    rows: Sequence[Row]
    weights: Sequence[LogWeight]
    defines: bool = True


class Suspect(NamedTuple):
    """A variable that must not have the values at these places: in such a run `what` would be an error."""

    variable: int
    places: frozenset[int]
    what: str


@dataclass(slots=True)
class Variable:
    """A variable: its values, and what it is called in messages."""

    values: tuple[Value, ...]
    name: str


class FactorGraph:
    """Variables and factors, and the ways to make more of them.

    call:     runs a deterministic function of the program.
    variables, tables: the graph so far.
    constant: weights that nothing random takes part in.
    suspects: errors that only impossible runs may meet.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.finder = Finder()
        self.variables: list[Variable] = []
        self.tables: list[Table] = []
        self.constant: LogWeight = CERTAIN
        self.suspects: list[Suspect] = []
        self._made: dict[Hashable, Value] = {}
        self._mapped: dict[Hashable, tuple[Value, ...]] = {}
        self._rows: dict[Hashable, tuple[list[Row], dict[Value, int]]] = {}
        self._laws: dict[LawValue, tuple[tuple[Value, LogWeight], ...]] = {}

    # ------------------------------------------------------------------ functions of what is random

    def roots(self, *values: object) -> tuple[int, ...]:
        """The variables that values depend on, each once, in order."""
        found: dict[int, None] = {}
        for value in values:
            for random in self.finder.random(value):
                views = (random,) if isinstance(random, View) else random.views
                found.update(dict.fromkeys(view.root for view in views))
        return tuple(found)

    def rows(self, roots: Sequence[int]) -> Iterable[Row]:
        """Every assignment of some variables, by positions of their values."""
        count = self._count(roots)
        if count > MOST_ROWS:
            widest = max(roots, key=lambda root: len(self.variables[root].values))
            raise Refused(f"a table of {count:,} rows over `{self.variables[widest].name}` and others")
        return itertools.product(*(range(len(self.variables[root].values)) for root in roots))

    def _count(self, roots: Iterable[int]) -> int:
        count = 1
        for root in roots:
            count *= len(self.variables[root].values)
        return count

    def count(self, *values: Value) -> int:
        """How many assignments the variables have that values depend on."""
        return self._count(self.roots(*values))

    def apply(self, key: Hashable, function: Callable[..., Value], *arguments: Value) -> Value:
        """The value of a function of random arguments; `key` tells functions apart.

        Where the function fails, or is given a `FAULT`, stands `FAULT`; it matters only if a run gets there.
        `ABSENT` stands where an argument is: no run makes such a combination.
        """
        return self.applied(key, lambda *given: _result(function, given), *arguments)

    def applied(self, key: Hashable, function: Callable[..., Value], *arguments: Value) -> Value:
        """`apply` of a function that cannot fail and knows what to do with marks."""
        arguments = tuple(self.tabled(argument) for argument in arguments)
        roots = self.roots(*arguments)
        if not roots:
            return function(*arguments)
        if len(roots) == 1:
            return self._mapped_view(key, function, roots[0], arguments)
        known = (key, arguments, kinds(arguments))
        if known not in self._made:
            self._made[known] = self._child(key, function, roots, arguments)
        return self._made[known]

    def _mapped_view(
        self, key: Hashable, function: Callable[..., Value], root: int, arguments: tuple[Value, ...]
    ) -> Value:
        """A function of one variable; equal functions of equal values are computed once."""
        given = tuple(
            possible(argument) if is_view(argument) or not self.roots(argument) else None
            for argument in arguments
        )
        known = (key, given, kinds(given))
        if None not in given and known in self._mapped:
            return self.view(root, self._mapped[known])
        values = tuple(
            function(*(at(argument, {root: k}) for argument in arguments))
            for k in range(len(self.variables[root].values))
        )
        if None not in given:
            self._mapped[known] = values
        return self.view(root, values)

    def _child(
        self,
        key: Hashable,
        function: Callable[..., Value],
        roots: tuple[int, ...],
        arguments: tuple[Value, ...],
    ) -> Value:
        rows, places = self._listed(key, function, roots, arguments)
        if len(places) == 1:
            return next(iter(places))
        child = self.variable(tuple(places), _name(key))
        self.tables.append(Table((*roots, child), list(rows), (CERTAIN,) * len(rows)))
        return as_value(View(child, tuple(places)))

    def _listed(
        self,
        key: Hashable,
        function: Callable[..., Value],
        roots: tuple[int, ...],
        arguments: tuple[Value, ...],
    ) -> tuple[list[Row], dict[Value, int]]:
        """The rows of a function of several variables, and its values; of equal functions computed once."""
        views = [view_in(argument) for argument in arguments]
        given = tuple(
            argument if view is None else (roots.index(view.root), view.values)
            for argument, view in zip(arguments, views, strict=True)
        )
        plain = all(v is not None or not self.roots(a) for a, v in zip(arguments, views, strict=True))
        known = (key, given, kinds(given)) if plain else None
        if known is not None and known in self._rows:
            return self._rows[known]
        places: dict[Value, int] = {}
        rows: list[Row] = []
        for digits in self.rows(roots):
            where = dict(zip(roots, digits, strict=True))
            value = function(*(at(argument, where) for argument in arguments))
            rows.append((*digits, places.setdefault(value, len(places))))
            if len(places) > MOST_VALUES:
                raise Refused(f"`{_name(key)}` has more than {MOST_VALUES:,} values")
        if known is not None:
            self._rows[known] = rows, places
        return rows, places

    def variable(self, values: tuple[Value, ...], name: str) -> int:
        """A new variable."""
        self.variables.append(Variable(values, name))
        return len(self.variables) - 1

    def view(self, root: int, values: tuple[Value, ...]) -> Value:
        """A function of one variable; the value itself if it is the same for all."""
        first = values[0]
        if all(value is first or (value == first and type(value) is type(first)) for value in values):
            return first
        return as_value(View(root, values))

    def tabled(self, value: Value) -> Value:
        """The value with products and laws of random parameters made into views of variables."""
        product, family = product_in(value), family_in(value)
        if product is not None:
            return self._multiplied(product)
        if family is not None:
            return self._family(family)
        if isinstance(value, tuple) and any(isinstance(x, Product) for x in self.finder.random(value)):
            return tuple(self.tabled(item) for item in value)
        return value

    def _family(self, law: Family) -> Value:
        def made(*arguments: Value) -> Value:
            given = iter(arguments)
            values = [None if argument is None else next(given) for argument in law.arguments]
            return make_law(law.family, values, law.parametrisation, exact=True, call=self.call)

        key = (law.family, law.parametrisation, tuple(a is None for a in law.arguments))
        return self.apply(key, made, *(a for a in law.arguments if a is not None))

    # ------------------------------------------------------------------ choices

    def choose(self, test: Value, then: Value, orelse: Value) -> Value:
        """`then` where the test holds, else `orelse`; neither may hold anything random but at its top."""
        if test is True or test is False:
            return then if test else orelse
        if then is orelse or (then == orelse and kinds(then) == kinds(orelse)):
            return then
        if product_in(then) is not None or product_in(orelse) is not None:
            return self._factored(test, then, orelse)
        then, orelse = self.tabled(then), self.tabled(orelse)
        roots = self.roots(test, then, orelse)
        if len(roots) == 1 or self._count(roots) <= SMALL or not (is_view(then) or is_view(orelse)):
            return self.applied("if", _chosen, test, then, orelse)
        return self._decided(test, {True: then, False: orelse})

    def select(self, index: Value, choices: Mapping[Value, Value]) -> Value:
        """The choice that a random index names; `FAULT` for one that is not there."""
        tested = view_in(self.tabled(index))
        assert tested is not None
        wanted = {v: v if is_mark(v) else self.tabled(choices.get(v, FAULT)) for v in tested.values}
        if not any(is_view(choice) for choice in wanted.values()):
            return self.view(tested.root, tuple(wanted[v] for v in tested.values))
        return self._decided(index, wanted)

    def _decided(self, test: Value, given: Mapping[Value, Value]) -> Value:
        """One of several random values: a variable with one factor per choice, which says what it is then."""
        test = self.tabled(test)
        choices = {v: v if is_mark(v) else given.get(v, FAULT) for v in possible(test)}
        items = tuple(choices.items())
        known = ("choice", test, items, kinds((test, items)))
        if known in self._made:
            return self._made[known]
        places: dict[Value, int] = {}
        for choice in choices.values():
            for value in possible(choice):
                places.setdefault(value, len(places))
        child = self.variable(tuple(places), "if")
        for wanted, choice in choices.items():
            parents = self.roots(test, choice)
            rows: list[Row] = []
            for digits in self.rows(parents):
                where = dict(zip(parents, digits, strict=True))
                if at(test, where) == wanted:
                    rows.append((*digits, places[at(choice, where)]))
                else:
                    rows.extend((*digits, place) for place in range(len(places)))
            self.tables.append(Table((*parents, child), rows, (CERTAIN,) * len(rows)))
        self._made[known] = as_value(View(child, tuple(places)))
        return self._made[known]

    # ------------------------------------------------------------------ products

    def multiply(self, left: Value, right: Value) -> Value:
        """The product of two random numbers, kept as one unless both are whole."""
        first, second = self._as_product(left), self._as_product(right)
        if first is None or second is None or (_whole(left) and _whole(right)):
            return self.apply("mul", _times, left, right)
        constant = mul(True, first.constant, second.constant)
        if constant == 0 and not isinstance(constant, float):
            return 0
        return self._product(constant, (*first.views, *second.views))

    def one_minus(self, value: Value) -> Value:
        """1 minus a random number."""
        product = product_in(value)
        if product is not None:
            return as_value(Product(product.constant, product.views, not product.complement))
        return self.apply("sub", _difference, 1, value)

    def _product(self, constant: Number, views: tuple[View, ...]) -> Value:
        return as_value(Product(constant, views)) if views else constant

    def _as_product(self, value: Value) -> Product | None:
        """A number as a product; None if it is something else in some runs."""
        product, view = product_in(value), view_in(value)
        if product is not None:
            return self._as_product(self._multiplied(product)) if product.complement else product
        if view is not None:
            return Product(1, (view,)) if all(map(is_number, view.values)) else None
        return Product(cast(Number, value), ()) if is_number(value) else None

    def _factored(self, test: Value, then: Value, orelse: Value) -> Value:
        """A choice between products: what they share stays outside."""
        both = product_in(then), product_in(orelse)
        if all(product is not None and product.complement for product in both):
            return self.one_minus(self.choose(test, self.one_minus(then), self.one_minus(orelse)))
        first, second = self._as_product(then), self._as_product(orelse)
        if first is None or second is None:
            return self.choose(test, self.tabled(then), self.tabled(orelse))
        shared: list[View] = []
        left = list(second.views)
        for view in first.views:
            if view in left:
                left.remove(view)
                shared.append(view)
        rest = self.choose(
            test,
            self.tabled(self._product(first.constant, _without(first.views, shared))),
            self.tabled(self._product(second.constant, tuple(left))),
        )
        return self.multiply(rest, self._product(1, tuple(shared)))

    def _multiplied(self, product: Product) -> Value:
        """A product as a variable, or a view of one."""
        value: Value = product.constant
        for view in product.views:
            value = self.apply("mul", _times, value, as_value(view))
        return self.one_minus(value) if product.complement else value

    def probability_of_all(self, product: Product) -> bool:
        """Whether a product is of probabilities, so many that a table of it would not be small."""
        rows = self.count(as_value(product))
        numbers = itertools.chain((product.constant,), *(view.values for view in product.views))
        return rows > SMALL and all(is_number(x) and 0 <= cast(Number, x) <= 1 for x in numbers)

    def all_happen(self, product: Product, name: str) -> Value:
        """A truth value that holds with the probability that a product of probabilities is.

        One event for each factor; the variables say whether all have happened so far.
        """
        before: Value = True
        for view in (*((product.constant,) if product.constant != 1 else ()), *product.views):
            chance = as_value(view) if isinstance(view, View) else view
            before = self.draw(_happens, (before, chance), True, name)
        return self.apply("not", _negated, before) if product.complement else before

    # ------------------------------------------------------------------ draws and weights

    def draw(
        self,
        masses: Callable[..., Iterable[tuple[Value, LogWeight]]],
        arguments: tuple[Value, ...],
        guard: Value,
        name: str,
    ) -> Value:
        """A variable whose law, given the arguments, `masses` lists; `ABSENT` where the guard is false."""
        arguments = tuple(self.tabled(argument) for argument in arguments)
        parents = self.roots(guard, *arguments)
        places: dict[Value, int] = {}
        rows: list[Row] = []
        weights: list[LogWeight] = []
        for digits in self.rows(parents):
            where = dict(zip(parents, digits, strict=True))
            law: Iterable[tuple[Value, LogWeight]] = ((ABSENT, CERTAIN),)
            if at(guard, where) is True:
                given = tuple(at(argument, where) for argument in arguments)
                mark = mark_in(given)
                law = masses(*given) if mark is None else ((mark, CERTAIN),)
            for value, weight in law:
                if not is_zero(weight):
                    rows.append((*digits, places.setdefault(value, len(places))))
                    weights.append(weight)
            if len(places) > MOST_VALUES:
                raise Refused(f"`{name}` has more than {MOST_VALUES:,} values")
        if not places:
            raise Refused(f"`{name}` has no value of positive probability")
        if len(places) == 1 and all(weight == CERTAIN for weight in weights):
            return self.sound(next(iter(places)), f"the law of `{name}`")
        child = self.variable(tuple(places), name)
        self.tables.append(Table((*parents, child), rows, weights))
        return self.sound(as_value(View(child, tuple(places))), f"the law of `{name}`")

    def sound(self, value: Value, what: str) -> Value:
        """The value, of which an error is suspected if it may be `FAULT`."""
        if value is FAULT:
            raise Refused(f"{what} is an error")
        view = view_in(value)
        if view is not None and FAULT in view.values:
            places = frozenset(k for k, v in enumerate(view.values) if v is FAULT)
            self.suspects.append(Suspect(view.root, places, what))
        return value

    def masses(self, law: Value) -> tuple[tuple[Value, LogWeight], ...]:
        """The finite table of a law."""
        assert isinstance(law, LawValue)
        if law not in self._laws:
            try:
                found = law.masses()
            except Fault as fault:
                raise Refused(fault.message) from None
            if found is None:
                raise Refused(f"{law.describe()} has infinitely many values")
            self._laws[law] = tuple(found)
        return self._laws[law]

    def weigh(
        self, weight: Callable[..., LogWeight], arguments: tuple[Value, ...], guard: Value, what: str
    ) -> None:
        """A factor: the weight of the arguments where the guard holds, else 1."""
        arguments = tuple(self.tabled(argument) for argument in arguments)
        parents = self.roots(guard, *arguments)
        rows: list[Row] = []
        weights: list[LogWeight] = []
        faults: list[Row] = []
        for digits in self.rows(parents):
            where = dict(zip(parents, digits, strict=True))
            found: LogWeight = CERTAIN
            if at(guard, where) is True:
                given = tuple(at(argument, where) for argument in arguments)
                mark = mark_in(given)
                try:
                    found = weight(*given) if mark is None else CERTAIN
                except ERRORS:
                    mark = FAULT
                if mark is FAULT:
                    faults.append(digits)
            if not is_zero(found):
                rows.append(digits)
                weights.append(found)
        if not parents:
            if faults:
                raise Refused(f"{what} is an error")
            self.constant = times(self.constant, weights[0]) if weights else log_weight(Fraction(0))
            return
        self.tables.append(Table(parents, rows, weights, defines=False))
        if faults:
            failing = set(faults)
            child = self.variable((True, FAULT), what)
            every = [(*digits, int(digits in failing)) for digits in self.rows(parents)]
            self.tables.append(Table((*parents, child), every, (CERTAIN,) * len(every)))
            self.suspects.append(Suspect(child, frozenset({1}), what))


def _result(function: Callable[..., Value], arguments: tuple[Value, ...]) -> Value:
    mark = mark_in(arguments)
    if mark is not None:
        return mark
    try:
        return function(*arguments)
    except ERRORS:
        return FAULT


def _chosen(test: Value, then: Value, orelse: Value) -> Value:
    if is_mark(test):
        return test
    return then if test is True else orelse


def _times(left: Value, right: Value) -> Value:
    return mul(True, cast(Number, left), cast(Number, right))


def _difference(left: Value, right: Value) -> Value:
    return sub(True, cast(Number, left), cast(Number, right))


def _negated(test: Value) -> Value:
    return not test


def _happens(so_far: Value, chance: Value) -> tuple[tuple[Value, LogWeight], ...]:
    """The law of "all have happened", given whether all before have and the chance of this one."""
    if so_far is not True:
        return ((False, CERTAIN),)
    p = cast(Number, chance)
    return (True, log_weight(p)), (False, log_weight(1 - p))


def _whole(value: Value) -> bool:
    return all(isinstance(x, int) for x in possible(value))


def _without(views: tuple[View, ...], shared: Sequence[View]) -> tuple[View, ...]:
    left = list(views)
    for view in shared:
        left.remove(view)
    return tuple(left)


def _name(key: Hashable) -> str:
    return str(cast("tuple[object, ...]", key)[0]) if isinstance(key, tuple) else str(key)
