"""The one abstract run of a program in which draws are variables of a factor graph.

Loops are unrolled over the data and calls followed. Where a test is random both branches run, each
under a guard: the truth value "this run is here", on which its draws and weights depend; afterwards
variables are chosen between the two. What the run cannot do (loops whose length is random, recursion
without known end) is `Refused`: forward execution does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import assert_never, cast

from pplc.inference.abstract_expressions import Evaluator
from pplc.inference.abstract_laws import entries, paired, split
from pplc.inference.collect import RETURN
from pplc.inference.factor_graph import FactorGraph, Refused
from pplc.inference.random_values import (
    ABSENT,
    FAULT,
    as_value,
    family_in,
    is_mark,
    is_view,
    possible,
    product_in,
)
from pplc.lang import core
from pplc.semantics.calls import Calls, entered
from pplc.semantics.evaluate import extended, has_missing, log_weight, named, replaced
from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue
from pplc.semantics.machine import Machine
from pplc.semantics.number import LogWeight
from pplc.semantics.primitives_arithmetic import is_number, plain
from pplc.semantics.statements import INFER
from pplc.semantics.values import (
    MISSING,
    Address,
    Fault,
    FunctionValue,
    MemoFunction,
    MemoModel,
    ModelValue,
    Number,
    Urn,
    UrnModel,
    Value,
    show_address,
    to_numbers,
)

MOST_CALLS = 60
"""Calls inside calls; recursion that a draw ends has no known depth."""

MOST_STATEMENTS = 300_000
"""Statements of an abstract run; each makes tables, so that longer ones take minutes."""


@dataclass(slots=True)
class Frame:
    """The activation of a function.

    guard:   whether a run is here at all: true, or random.
    returns: values returned so far, each with the guard it was returned under.
    """

    env: dict[str, Value]
    path: Address
    calls: Calls
    guard: Value
    returns: list[tuple[Value, Value]] = field(default_factory=list[tuple[Value, Value]])


class AbstractRun:
    """Runs a program once, and leaves its factor graph and what was recorded.

    recorded: the value of every named draw and `let`, `ABSENT` in runs that do not make it, and of the
              program itself under `RETURN`.
    drawn:    likewise of every draw from a law, named or not.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.bound = machine.bound
        self.graph = FactorGraph(machine.call)
        self.evaluator = Evaluator(self.graph, machine.bound.program)
        self.recorded: dict[Address, Value] = {}
        self.drawn: dict[Address, Value] = {}
        self.memo: dict[tuple[Address, tuple[Value, ...]], Value] = {}
        self.statements = 0
        self.depth = 0

    def run(self) -> None:
        """The entry model."""
        model = self.bound.program.model
        arguments = tuple(to_numbers(self.bound.arguments[name], exact=True) for name in model.parameters)
        self.recorded[RETURN] = self._called(FunctionValue(model), arguments, (), (), True)

    # ------------------------------------------------------------------ control

    def _called(
        self, function: FunctionValue, arguments: tuple[Value, ...], path: Address, calls: Calls, guard: Value
    ) -> Value:
        """The value of a function or model run at a place."""
        frame = Frame(self.machine.activation(function, arguments), path, calls, guard)
        self.depth += 1
        if self.depth > MOST_CALLS:
            raise Refused(f"`{function.function.name}` calls itself too often, or until a draw ends it")
        self._block(function.function.body, frame)
        self.depth -= 1
        value: Value = ()
        if frame.returns:
            *others, (_, value) = frame.returns
            for under, returned in reversed(others):
                value = self.evaluator.merged(under, returned, value)
        return value

    def _block(self, block: core.Block, frame: Frame) -> None:
        for statement in block:
            if frame.guard is False:
                return
            self.statements += 1
            if self.statements > MOST_STATEMENTS:
                raise Refused(f"it has more than {MOST_STATEMENTS:,} statements to unroll", statement.span)
            try:
                self._statement(statement, frame)
            except Refused as refused:
                raise (refused if refused.span.line else Refused(refused.reason, statement.span)) from None
            except Fault as fault:
                raise Refused(fault.message, statement.span) from None

    def _statement(self, statement: core.Stmt, frame: Frame) -> None:
        match statement:
            case core.Let():
                self._let(statement, frame)
            case core.Assign():
                self._assign(statement, frame)
            case core.Define():
                self._define(statement, frame)
            case core.Draw():
                self._sample(statement, frame)
            case core.Observe():
                self._observe(statement, frame)
            case core.Weight():
                self._weigh(statement, frame)
            case core.Call():
                self._call(statement, frame)
            case core.If():
                self._if(statement, frame)
            case core.For():
                self._for(statement, frame)
            case core.While():
                self._while(statement, frame)
            case core.Return(value):
                found = self._value(value, frame)
                frame.returns.append((frame.guard, found.freeze() if isinstance(found, Growing) else found))
                frame.guard = False
            case core.Fail(_, message):
                raise Refused(message, statement.span)
            case _:
                assert_never(statement)

    def _value(self, expression: core.Expr, frame: Frame) -> Value:
        return self.evaluator.value(expression, frame.env)

    def _known(self, expressions: Sequence[core.Expr], frame: Frame) -> tuple[Value, ...]:
        """Values on which the shape of the graph depends: indices, names."""
        values = tuple(self._value(expression, frame) for expression in expressions)
        if self.graph.finder.is_random(values) or any(map(is_mark, values)):
            raise Refused("a place depends on a draw")
        return values

    def _test(self, expression: core.Expr, frame: Frame) -> Value:
        """A truth value that is no error in any run that is here."""
        test = self.graph.tabled(self._value(expression, frame))
        if FAULT in possible(test):
            here = self.evaluator.merged(frame.guard, test, True)
            self.graph.sound(self.graph.tabled(here), "a test")
            test = self.graph.applied("is true", _is_true, test)
        return test

    def _if(self, statement: core.If, frame: Frame) -> None:
        self._branch(self._test(statement.test, frame), statement.then, statement.orelse, frame)

    def _branch(self, test: Value, then_block: core.Block, else_block: core.Block, frame: Frame) -> None:
        """Runs one block where a test holds, and another where it does not."""
        if not is_view(test):
            self._block(then_block if test is True else else_block, frame)
            return
        merged, before = self.evaluator.merged, frame.env
        guard = frame.guard
        yes = merged(guard, test, False)
        no = merged(guard, self.graph.apply("not", _negated, test), False)
        if yes is False or no is False:
            self._block(else_block if yes is False else then_block, frame)
            return
        then, then_here = self._side(then_block, frame, before, yes)
        orelse, else_here = self._side(else_block, frame, before, no)
        if then_here is False or else_here is False:
            frame.guard, frame.env = (else_here, orelse) if then_here is False else (then_here, then)
            return
        if then_here is yes and else_here is no:
            frame.guard = guard
        else:
            frame.guard = merged(test, then_here, else_here)
        # What only one side binds is not read any more.
        frame.env = {name: merged(test, then[name], orelse[name]) for name in then if name in orelse}

    def _side(
        self, block: core.Block, frame: Frame, env: dict[str, Value], guard: Value
    ) -> tuple[dict[str, Value], Value]:
        """The variables and the guard after one side of an `if`."""
        frame.env, frame.guard = dict(env), guard
        self._block(block, frame)
        return frame.env, frame.guard

    def _for(self, statement: core.For, frame: Frame) -> None:
        collected = cast(Value, ())
        for item, here in self._rounds(statement, frame):
            frame.env[statement.name] = item
            self._branch(here, statement.body, (), frame)
            if frame.guard is False:
                return
            if statement.collect is not None:
                keep = here if statement.keep is None else self._kept(statement.keep, here, frame)
                entry = self._value(statement.collect, frame) if keep is not False else ()
                if keep is True and isinstance(collected, tuple):
                    collected = (*collected, plain(entry))
                elif keep is not False:
                    collected = self.graph.applied("list", _longer, collected, keep, entry)
        if statement.into:
            frame.env[statement.into] = collected

    def _rounds(self, statement: core.For, frame: Frame) -> list[tuple[Value, Value]]:
        """The items of a loop, and whether a run has the round at all."""
        items = plain(self._value(statement.iterable, frame))
        if isinstance(items, tuple | range):
            return [(item, True) for item in items]
        lists = [plain(xs) for xs in possible(self.graph.tabled(items)) if not is_mark(xs)]
        if not is_view(items) or not all(isinstance(xs, tuple | range) for xs in lists):
            raise Refused("the length of a loop depends on a draw")
        longest = max((len(xs) for xs in lists if isinstance(xs, tuple | range)), default=0)
        found: list[tuple[Value, Value]] = []
        for k in range(longest):
            here = self.graph.apply(("round", k), _has(k), items)
            those = {xs[k] for xs in lists if isinstance(xs, tuple | range) and len(xs) > k}
            item = those.pop() if len(those) == 1 else self.graph.apply(("item", k), _item(k), items)
            found.append((item, here))
        return found

    def _kept(self, test: core.Expr, here: Value, frame: Frame) -> Value:
        """Whether a round is here and collects."""
        if not is_view(here):
            return self._test(test, frame)
        guard, frame.guard = frame.guard, self.evaluator.merged(frame.guard, here, False)
        keep = self.evaluator.merged(here, self._test(test, frame), False)
        frame.guard = guard
        return keep

    def _while(self, statement: core.While, frame: Frame) -> None:
        while True:
            self._block(statement.head, frame)
            test = self._value(statement.test, frame)
            if test is not True and test is not False:
                raise Refused("the length of a loop depends on a draw")
            if not test or frame.guard is False:
                return
            self._block(statement.body, frame)

    # ------------------------------------------------------------------ values

    def _keep(self, address: Address, value: Value, guard: Value) -> None:
        if named(address):
            self._add(self.recorded, address, value, guard)

    def _add(self, known: dict[Address, Value], address: Address, value: Value, guard: Value) -> None:
        """Notes a value that is made where the guard holds; elsewhere another statement may make it."""
        here = self.evaluator.merged(guard, value, ABSENT) if is_view(guard) else value
        before = known.get(address, ABSENT)
        known[address] = here if before is ABSENT else self.graph.applied("either", _either, here, before)

    def _fixed(self, address: Address, value: Value) -> Value:
        """The value of a draw or `let`, with the elements that `do` sets one by one."""
        if self.bound.interventions:
            for index, element in self.bound.elements(address):
                value = self._with(value, index, to_numbers(element, exact=True))
        return value

    def _with(self, value: Value, index: tuple[Value, ...], element: Value) -> Value:
        """The value with one element set, if it has any."""
        if not index:
            return element
        if is_view(value):
            return self.graph.apply(("do", index), _with_element(index), value, element)
        place = index[0]
        if not isinstance(value, tuple) or not isinstance(place, int) or not 0 <= place < len(value):
            return replaced(value, index, element) if isinstance(value, tuple) else value
        return (*value[:place], self._with(value[place], index[1:], element), *value[place + 1 :])

    def _set(self, address: Address) -> Value | None:
        """What `do` gives, if it sets this address."""
        if self.bound.interventions and self.bound.intervened(address):
            return to_numbers(self.bound.intervention(address), exact=True)
        return None

    def _let(self, statement: core.Let, frame: Frame) -> None:
        value = self._value(statement.value, frame)
        if statement.recorded:
            address = (*frame.path, statement.recorded)
            value = self._reported(address, value, frame)
        frame.env[statement.name] = value

    def _reported(self, address: Address, value: Value, frame: Frame) -> Value:
        if isinstance(value, Growing):
            value = value.freeze()
        given = self._set(address)
        value = self._fixed(address, value if given is None else given)
        self._keep(address, value, frame.guard)
        return value

    def _assign(self, statement: core.Assign, frame: Frame) -> None:
        value = self._value(statement.value, frame)
        if statement.indices:
            indices = tuple(self._value(index, frame) for index in statement.indices)
            value = self._put(frame.env[statement.name], indices, value)
        frame.env[statement.name] = value

    def _put(self, array: Value, indices: tuple[Value, ...], value: Value) -> Value:
        """The array with one entry replaced, wherever that is."""
        if not indices:
            return value
        if not self.graph.finder.is_random(indices) and not is_view(array):
            return replaced(array, indices, value)
        first = self.graph.tabled(indices[0])
        if not isinstance(array, tuple) or is_mark(first):
            raise Refused("an array that is random as a whole is changed")
        if is_view(first) and not all(isinstance(k, int) and 0 <= k < len(array) for k in possible(first)):
            raise Refused("the index of an assignment may be outside the array")
        return tuple(
            self.evaluator.merged(
                self.evaluator.operation("eq", (), [first, k]),
                self._put(entry, indices[1:], value),
                entry,
            )
            for k, entry in enumerate(array)
        )

    def _define(self, statement: core.Define, frame: Frame) -> None:
        indices, value = self._known(statement.indices, frame), self._value(statement.value, frame)
        if statement.recorded:
            value = self._reported((*frame.path, statement.recorded, indices), value, frame)
        self._grow(statement.name, indices, value, frame)

    def _grow(self, name: str, indices: tuple[Value, ...], value: Value, frame: Frame) -> None:
        array = frame.env[name]
        assert isinstance(array, Growing)
        frame.env[name] = array.define(indices, value)

    # ------------------------------------------------------------------ calls

    def _call(self, statement: core.Call, frame: Frame) -> None:
        arguments = tuple(self._value(argument, frame) for argument in statement.args)
        if statement.function == INFER:
            frame.env[statement.name] = self._infer(statement, arguments, frame)
            return
        function = self._value(statement.function, frame)
        match function:
            case FunctionValue(definition) if definition.kind == "model":
                frame.env[statement.name] = ModelValue(function, arguments)
            case FunctionValue():
                frame.env[statement.name] = self._called(
                    function, arguments, frame.path, frame.calls, frame.guard
                )
            case MemoFunction():
                frame.env[statement.name] = self._recalled(function, arguments, frame)
            case _ if is_view(function) and all(
                isinstance(f, FunctionValue) and f.function.kind == "fn" for f in possible(function)
            ):
                frame.env[statement.name] = self.graph.apply("call", self._applied, function, *arguments)
            case _:
                raise Refused("which function is called depends on a draw")

    def _applied(self, function: Value, *arguments: Value) -> Value:
        assert isinstance(function, FunctionValue)
        return self.machine.call(function, arguments)

    def _infer(self, statement: core.Call, arguments: tuple[Value, ...], frame: Frame) -> Value:
        if self.memo:
            raise Refused("`infer` beside memoised functions")
        names = tuple(name for name, _ in statement.keywords)
        values = [self._value(value, frame) for _, value in statement.keywords]

        def law(model: Value, *given: Value) -> Value:
            return self.machine.infer(
                self.machine, model, dict(zip(names, given, strict=True)), {}, frame.path
            )

        return self.graph.apply(("infer", names), law, *arguments, *values)

    def _recalled(self, function: MemoFunction, arguments: tuple[Value, ...], frame: Frame) -> Value:
        if self.graph.finder.is_random(arguments) or frame.guard is not True:
            raise Refused("what a memoised function is asked depends on a draw")
        key = (function.address, arguments)
        if key not in self.memo:
            address = (*function.address, arguments)
            if function.function.function.kind == "model":
                value = self._drawn(ModelValue(function.function, arguments), address, (), True)
            else:
                law = self._called(function.function, arguments, frame.path, frame.calls, True)
                value = self._drawn(law, address, (), True)
            self.memo[key] = value
            self._keep(address, value, True)
        return self.memo[key]

    # ------------------------------------------------------------------ draws

    def _sample(self, statement: core.Draw, frame: Frame) -> None:
        address = self._address(statement.site, frame)
        law = self._value(statement.law, frame)
        value = self._fixed(address, self._drawn(law, address, frame.calls, frame.guard))
        if statement.indices:
            self._grow(statement.name, self._known(statement.indices, frame), value, frame)
        else:
            frame.env[statement.name] = value
        self._keep(address, value, frame.guard)

    def _address(self, site: core.Site, frame: Frame) -> Address:
        where = (*frame.path, site.name)
        return (*where, self._known(site.indices, frame)) if site.indices else where

    def _drawn(self, law: Value, address: Address, calls: Calls, guard: Value) -> Value:
        given = self._set(address)
        if given is not None:
            return given
        match law:
            case ModelValue(function, arguments):
                return self._called(
                    function, arguments, *entered(address, function.function.name, calls), guard
                )
            case MemoModel(function):
                return MemoFunction(address, function)
            case UrnModel() | Urn():
                raise Refused("draws from a Dirichlet process depend on those before them")
            case _:
                value = self._draw(law, address, guard)
                self._add(self.drawn, address, value, guard)
                return value

    def _draw(self, law: Value, address: Address, guard: Value) -> Value:
        """A draw from a law; from an array of independent laws element by element."""
        if is_mark(law):
            raise Refused("the law of a draw is an error")
        parts = split(law)
        if parts is not None:
            return tuple(self._draw(part, address, guard) for part in parts)
        name = show_address(address)
        happened = self._all_happen(law, name)
        if happened is not None:
            return self.evaluator.merged(guard, happened, ABSENT) if is_view(guard) else happened
        if not all(
            isinstance(value, LawValue) or is_mark(value) for value in possible(self.graph.tabled(law))
        ):
            raise Refused("which model is drawn from depends on a draw")
        return self.graph.draw(self.graph.masses, (law,), guard, name)

    def _all_happen(self, law: Value, name: str) -> Value | None:
        """A draw from `Bernoulli` of a product of many probabilities, or of 1 minus one."""
        family = family_in(law)
        if family is None or family.family != "Bernoulli" or family.parametrisation:
            return None
        chance = product_in(family.arguments[0])
        if chance is None or not self.graph.probability_of_all(chance):
            return None
        return self.graph.all_happen(chance, name)

    def _observe(self, statement: core.Observe, frame: Frame) -> None:
        address = self._address(statement.site, frame)
        given = self._set(address)
        if given is not None:
            self._place(statement, (), given, frame)
            self._keep(address, given, frame.guard)
            return
        if self.bound.prior and not statement.name:
            return
        law, value = self._value(statement.law, frame), plain(self._value(statement.value, frame))
        if is_mark(law) or is_mark(value):
            raise Refused("an observation may be an error")
        if self.bound.prior or value is MISSING:
            drawn = self._fixed(address, self._drawn_like(law, value, address, frame))
            self._place(statement, (), drawn, frame)
            self._keep(address, drawn, frame.guard)
        elif statement.name and (has_missing(value) or any(self.bound.elements(address))):
            self._entries(statement, address, tuple(entries(law, value)), frame)
        else:
            self._weigh_value(law, value, frame.guard)

    def _drawn_like(self, law: Value, value: Value, address: Address, frame: Frame) -> Value:
        """A draw in the shape of a datum."""
        pairs = None if value is MISSING else paired(law, value)
        if pairs is None:
            return self._drawn(law, address, frame.calls, frame.guard)
        return tuple(
            self._drawn_like(part, entry, extended(address, (k,)), frame)
            for k, (part, entry) in enumerate(pairs)
        )

    def _entries(
        self,
        statement: core.Observe,
        address: Address,
        parts: Sequence[tuple[tuple[int, ...], Value, Value]],
        frame: Frame,
    ) -> None:
        """Observes the entries of an array one by one; those missing are drawn, or set by `do`."""
        for index, law, value in parts:
            entry = extended(address, index)
            given = self._set(entry)
            if given is None:
                if any(self.bound.elements(entry)):
                    raise Refused("`do` sets a part of one draw")
                if value is not MISSING:
                    self._weigh_value(law, value, frame.guard)
                    continue
                given = self._drawn(law, entry, frame.calls, frame.guard)
            self._place(statement, index, given, frame)
            self._keep(entry, given, frame.guard)

    def _place(self, statement: core.Observe, index: tuple[int, ...], value: Value, frame: Frame) -> None:
        """Puts a value where a datum stood, or an entry of it."""
        if statement.name:
            indices = (*self._known(statement.indices, frame), *index)
            frame.env[statement.name] = replaced(frame.env[statement.name], indices, value)

    def _weigh_value(self, law: Value, value: Value, guard: Value) -> None:
        """The density of a law at a value, entry by entry."""
        value = plain(value)
        if value is MISSING:
            raise Refused("a datum is missing")
        pairs = paired(law, value)
        if pairs is not None:
            for part, entry in pairs:
                self._weigh_value(part, entry, guard)
            return
        happened = self._all_happen(law, "an observation")
        if happened is not None:
            self.graph.weigh(_indicator, (happened, value), guard, "an observation")
            return
        dimensions: set[int] = set()

        def weight(one: Value, at: Value) -> LogWeight:
            assert isinstance(one, LawValue)
            found, dimension = one.log_density_and_dimension(at)
            dimensions.add(dimension)
            return found

        self.graph.weigh(weight, (law, value), guard, "an observation")
        if len(dimensions) > 1 or (dimensions > {0} and is_view(guard)):
            raise Refused("densities and masses meet in one observation")

    def _weigh(self, statement: core.Weight, frame: Frame) -> None:
        if self.bound.prior:
            return
        value, kind = self._value(statement.value, frame), statement.kind
        if is_mark(value):
            raise Refused(f"the value of a `{kind}` may be an error")

        def weight(x: Value) -> LogWeight:
            return log_weight(kind, x, exact=True)

        product = product_in(value)
        if kind == "weight" and product is not None and not product.complement:
            factors = (product.constant, *map(as_value, product.views))
            if all(is_number(x) and cast(Number, x) >= 0 for factor in factors for x in possible(factor)):
                for factor in factors:
                    self.graph.weigh(weight, (factor,), frame.guard, f"the value of a `{kind}`")
                return
        self.graph.weigh(weight, (value,), frame.guard, f"the value of a `{kind}`")


def _with_element(index: tuple[Value, ...]) -> Callable[[Value, Value], Value]:
    return lambda value, element: replaced(value, index, element) if isinstance(value, tuple) else value


def _indicator(happened: Value, value: Value) -> LogWeight:
    return log_weight("condition", happened == value, exact=True)


def _has(k: int) -> Callable[[Value], Value]:
    return lambda items: isinstance(items, tuple | range) and len(items) > k


def _item(k: int) -> Callable[[Value], Value]:
    return lambda items: items[k] if isinstance(items, tuple | range) else FAULT


def _is_true(test: Value) -> Value:
    return test is True


def _negated(test: Value) -> Value:
    return not test


def _longer(collected: Value, keep: Value, entry: Value) -> Value:
    if keep is not True:
        return collected
    assert isinstance(collected, tuple)
    return FAULT if is_mark(entry) else (*collected, entry)


def _either(here: Value, before: Value) -> Value:
    return before if here is ABSENT else here
