"""Data that a program observes, but not as they stand, so that they are not drawn before the data.

`observe y[i] ~ d` draws `y[i]` from `d` where a program runs without its data. An observation of something
that is computed from data (a field of a record, a `let`, a member of a list that a loop goes through) is one
of no place that a draw could be put in. It is left out like a weight, and the data that it speaks of keep the
values that they were given. Nothing that is said of a program before its data may rest on those.

What is computed from which data is followed through the text, whatever path a run takes, so that more may be
found to rest on them than does, and never less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from pplc.lang import core
from pplc.lang.analysis import expressions, parts, reachable, reads, statements
from pplc.lang.core import Expr, Function, Stmt
from pplc.lang.diagnostics import Span

Data: TypeAlias = frozenset[str]
"""Parameters of the entry model."""

NONE: Data = frozenset()
LENGTHS = frozenset(("extent", "len"))


class Undrawn(NamedTuple):
    """What is not drawn before the data, and what rests on it.

    observed: the data, by name, each with the first observation that speaks of it without drawing it.
    names:    the variables that are computed from those: `let`s, and what is returned as `return`.
    read:     the first place where the law of a draw, or whether something is done, rests on them, with
              the datum; None if there is none, so that all else has its law before the data.
    """

    observed: Mapping[str, Span]
    names: Mapping[str, str]
    read: tuple[str, Span] | None


def undrawn(program: core.Program) -> Undrawn:
    """What a program observes, but would not draw before its data."""
    return _Flow(program).found()


class _Flow:
    """From which data each variable of each function is computed.

    drawn: the parameters that a function observes under their names, by function. What a called model
    draws in place of its parameter is read below, but is no place of the data that were handed to it.
    places: the single places, such as `y[0]`, that a called model observes: it draws and reads its own.
    """

    def __init__(self, program: core.Program) -> None:
        self.program = program
        self.functions = reachable(program)
        self.data: defaultdict[tuple[str, str], Data] = defaultdict(lambda: NONE)
        self.handed: defaultdict[tuple[str, str], Data] = defaultdict(lambda: NONE)
        self.returned: defaultdict[str, Data] = defaultdict(lambda: NONE)
        self.drawn = frozenset(
            (function.name, statement.name)
            for function, statement in self._statements()
            if isinstance(statement, core.Observe) and statement.name
            if all(any(reads(index)) for index in statement.indices)  # the whole, or place after place
        )
        self.places = frozenset(
            (function.name, statement.name, statement.indices)
            for function, statement in self._statements()
            if isinstance(statement, core.Observe) and statement.name and function.name != program.entry
        )
        for name in program.model.parameters:
            self.data[program.entry, name] = frozenset((name,))
        self.changed = True
        while self.changed:
            self.changed = False
            for function in self.functions:
                for statement in statements(function.body):
                    self._follow(function, statement)

    # ------------------------------------------------------------------ following

    def _follow(self, function: Function, statement: Stmt) -> None:
        def give(name: str, *values: Expr) -> None:
            self._add(function.name, name, self._of(function, *values))

        for expr in expressions(statement):
            self._capture(function, expr)
        match statement:
            case core.Let(name, value) | core.Assign(name, _, value) | core.Define(name, _, value):
                give(name, value)
            case core.Draw(name, _, _, law):
                give(name, law)
            case core.For(name, iterable, _, collect, keep, into):
                give(name, iterable)
                give(into, *(expr for expr in (collect, keep) if expr is not None))
            case core.Call(name, callee, args, keywords):
                self._call(function, name, callee, (*args, *(value for _, value in keywords)))
            case core.Return(value):
                grown = self.returned[function.name] | self._of(function, value)
                self.changed = self.changed or grown != self.returned[function.name]
                self.returned[function.name] = grown
            case _:
                pass

    def _call(self, function: Function, name: str, callee: Expr, args: tuple[Expr, ...]) -> None:
        """Arguments come to the parameters; of a callee that the text does not name, to those of all."""
        known = self.program.functions.get(callee.name) if isinstance(callee, core.Global) else None
        for target in (known,) if known else self.functions:
            for parameter, argument in zip(target.parameters, args, strict=False):
                self._add(target.name, parameter, self._of(function, argument))
        if known is None:
            self._add(function.name, name, self._of(function, callee, *args))
            for target in self.functions:
                self._add(function.name, name, self.returned[target.name])
        else:
            self._add(function.name, name, self.returned[known.name])

    def _capture(self, function: Function, expr: Expr) -> None:
        """What a closure captures has the same name inside it."""
        if isinstance(expr, core.Closure):
            for name in expr.captured:
                self._add(expr.function, name, self.data[function.name, name])
        for part in parts(expr):
            self._capture(function, part)

    def _add(self, function: str, name: str, data: Data) -> None:
        known = self.handed if (function, name) in self.drawn else self.data
        if name and not data <= known[function, name]:
            known[function, name] |= data
            self.changed = True

    def _of(self, function: Function, *values: Expr) -> Data:
        """The data that values are computed from; a length is no datum that could be drawn."""
        found = NONE
        for value in values:
            if isinstance(value, core.Prim) and value.op in LENGTHS:
                continue
            if self._own(function, value):
                continue
            inner = parts(value)
            found |= self._of(function, *inner) if inner else NONE
            if not inner:
                found = found.union(*(self.data[function.name, name] for name in reads(value)))
        return found

    def _own(self, function: Function, value: Expr) -> bool:
        """Whether an expression reads a place that the function, a called model, draws itself."""
        match value:
            case core.Prim("index", (core.Variable(name), *indices)):
                return (function.name, name, tuple(indices)) in self.places
            case _:
                return False

    # ------------------------------------------------------------------ finding

    def found(self) -> Undrawn:
        observed: dict[str, Span] = {}
        for function, statement in self._statements():
            if isinstance(statement, core.Observe):
                data = self.handed[function.name, statement.name]
                if not statement.name:
                    data = self._of(function, statement.value)
                elif function.name != self.program.entry:  # it draws places of its own, all of them or some
                    data |= self.data[function.name, statement.name]
                for name in sorted(data):
                    if (self.program.entry, name) not in self.drawn:
                        observed.setdefault(name, statement.span)
        if not observed:
            return Undrawn({}, {}, None)
        names = dict(self._names(frozenset(observed)))
        return Undrawn(observed, names, next(self._readings(frozenset(observed)), None))

    def _statements(self) -> Iterator[tuple[Function, Stmt]]:
        for function in self.functions:
            for statement in statements(function.body):
                yield function, statement

    def _names(self, undrawn: Data) -> Iterator[tuple[str, str]]:
        for function, statement in self._statements():
            match statement:
                case core.Let(_, value, recorded) | core.Define(_, _, value, recorded) if recorded:
                    data = self._of(function, value) & undrawn
                case core.Return(value) if function.name == self.program.entry:
                    recorded, data = "return", self._of(function, value) & undrawn
                case _:
                    continue
            if data:
                yield recorded, min(data)

    def _readings(self, undrawn: Data) -> Iterator[tuple[str, Span]]:
        """Where something that is left without the data rests on what is not drawn."""
        for function, statement in self._statements():
            match statement:
                case core.Draw(law=law):
                    data = self._of(function, law)
                case core.Observe(name=name, law=law) if name:
                    data = self._of(function, law)
                case core.If(test) | core.While(test=test):
                    data = self._of(function, test)
                case core.For(keep=core.Variable() as keep):
                    data = self._of(function, keep)
                case _:
                    continue
            if data & undrawn:
                yield min(data & undrawn), statement.span


__all__ = ["Undrawn", "undrawn"]
