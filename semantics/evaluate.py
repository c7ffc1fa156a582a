"""Pure expressions of Core, and the small operations on values and addresses a run needs.

Expressions are turned into Python functions of the environment once, and then called.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from operator import itemgetter
from typing import TypeAlias, assert_never

from pplc.lang import core
from pplc.lang.diagnostics import Diagnostic, Rejected, Span
from pplc.semantics.faults import RESTRICT, index_outside
from pplc.semantics.formula import Formula, Open, as_rational
from pplc.semantics.laws import LawValue, make_law, make_user_law
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.ode import solved
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.primitives_arithmetic import Static
from pplc.semantics.runs import Env
from pplc.semantics.symbolic.elementary import exp
from pplc.semantics.symbolic.expression import Unknown
from pplc.semantics.values import MISSING, Address, Fault, FunctionValue, Value, show

Compiled: TypeAlias = Callable[[Env], Value]
Call: TypeAlias = "Callable[[FunctionValue, tuple[Value, ...]], Value]"


class LocatedFault(Fault):
    """A fault that knows the expression it happened in."""

    def __init__(self, fault: Fault, span: Span) -> None:
        super().__init__(fault.code, fault.message, fault.label, fault.help)
        self.span = span


def _placed(fault: Fault, span: Span) -> LocatedFault:
    """A fault with its place: of expressions inside each other the innermost."""
    return fault if isinstance(fault, LocatedFault) else LocatedFault(fault, span)


def located(fault: Fault, span: Span) -> Rejected:
    """The error to show: at the expression that failed, else at the statement."""
    where = fault.span if isinstance(fault, LocatedFault) else span
    return Rejected(Diagnostic(fault.code, fault.message, where, fault.label, fault.help))


class Compiler:
    """Compiles the expressions of one program; `call` runs a deterministic function."""

    def __init__(self, program: core.Program, exact: bool, call: Call) -> None:
        self.program = program
        self.exact = exact
        self.call = call
        self._compiled: dict[int, Compiled] = {}
        self._kept: list[core.Expr] = []  # so that the ids stay theirs

    def compiled(self, expression: core.Expr) -> Compiled:
        """The function of the environment that gives the expression's value."""
        found = self._compiled.get(id(expression))
        if found is None:
            found = self._compiled[id(expression)] = self._compile(expression)
            self._kept.append(expression)
        return found

    def _compile(self, expression: core.Expr) -> Compiled:
        match expression:
            case core.Literal(value):
                constant: Value = value
                if not self.exact and isinstance(value, Fraction):
                    constant = float(value)
                return lambda env: constant
            case core.Variable(name):
                return itemgetter(name)
            case core.Global(name):
                function = FunctionValue(self.program.functions[name])
                return lambda env: function
            case core.Closure(name, captured):
                definition = self.program.functions[name]
                return lambda env: FunctionValue(definition, tuple(env[x] for x in captured))
            case core.Cond(test, then, orelse):
                tested, yes, no = self.compiled(test), self.compiled(then), self.compiled(orelse)
                return lambda env: yes(env) if tested(env) is True else no(env)
            case core.Prim():
                return self._primitive(expression)
            case core.Law():
                return self._law(expression)
            case _:
                assert_never(expression)

    def _primitive(self, expression: core.Prim) -> Compiled:
        static = expression.static
        operation = self._solve if expression.op == "ode" else PRIMITIVES[expression.op]
        exact, span = self.exact, expression.span
        arguments = tuple(self.compiled(argument) for argument in expression.args)

        def value(env: Env) -> Value:
            try:
                return operation(static, exact, *[argument(env) for argument in arguments])
            except Fault as fault:
                raise _placed(fault, span) from None

        if len(arguments) != 2:
            return value
        first, second = arguments

        def value_of_two(env: Env) -> Value:
            """The same without a list: most of the time of an interpreted run is spent here."""
            try:
                return operation(static, exact, first(env), second(env))
            except Fault as fault:
                raise _placed(fault, span) from None

        return value_of_two

    def _solve(self, static: Static, exact: bool, *arguments: Value) -> Value:
        """`ode`, which calls a function."""
        return solved(self.call, *arguments)

    def _law(self, expression: core.Law) -> Compiled:
        family, parametrisation, exact, span = (
            expression.family,
            expression.parametrisation,
            self.exact,
            expression.span,
        )
        arguments = tuple(None if a is None else self.compiled(a) for a in expression.args)
        density = self.program.densities.get(family)
        maker = FunctionValue(self.program.functions[density.function]) if density else None

        def law(env: Env) -> LawValue:
            values = [None if argument is None else argument(env) for argument in arguments]
            try:
                if density is not None and maker is not None:
                    return make_user_law(density, maker, values, self.call)
                return make_law(family, values, parametrisation, exact=exact, call=self.call)
            except Fault as fault:
                raise _placed(fault, span) from None

        return law


def log_weight(kind: str, value: Value, *, exact: bool) -> LogWeight:
    """The log of the weight that a `factor`, `weight`, `condition` or `observe_soft` gives."""
    if kind == "condition":
        if exact:
            return LogRat(Fraction(1 if value is True else 0))
        return 0.0 if value is True else -math.inf
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise Fault("E0404", f"`{kind}` needs a number, not {show(value)}", f"this is {show(value)}")
    if isinstance(value, Formula):
        return _open_weight(kind, value)
    if isinstance(value, Unknown) and kind == "factor":
        return LogRat(exp(value))
    if isinstance(value, float) and math.isnan(value):
        raise Fault("E0404", f"the value of this `{kind}` is not a number (NaN)", "not a number")
    if kind == "factor":
        if exact and value == 0:
            return LogRat(Fraction(1))
        if value == math.inf:
            raise Fault("E0404", "the value of this `factor` is infinite", "infinite")
        return float(value)
    if isinstance(value, Unknown) and not (0 <= value <= 1 if kind == "observe_soft" else value >= 0):
        wanted = (
            "a truth value between 0 and 1" if kind == "observe_soft" else "a number that is not negative"
        )
        message = f"`{kind}` needs {wanted}, which could not be shown of `{value}`"
        raise Fault("E0404", message, f"`{value}` may be outside", RESTRICT)
    if kind == "observe_soft" and not 0 <= value <= 1:
        message = f"`observe_soft` needs a truth value between 0 and 1, not {show(value)}"
        raise Fault("E0404", message, f"this is {show(value)}", "`weight(w)` takes any number from 0 on")
    if value < 0 or value == math.inf:
        advice = "`factor(l)` takes the logarithm of a weight" if value < 0 else ""
        message = f"`weight` needs a finite number that is not negative, not {show(value)}"
        raise Fault("E0404", message, f"this is {show(value)}", advice)
    if exact and not isinstance(value, float):
        return LogRat(as_rational(value))
    return math.log(value) if value > 0 else -math.inf


def _open_weight(kind: str, value: Formula) -> LogWeight:
    """A weight whose value is left open: that it is one is taken for granted."""
    match kind:
        case "weight":
            value.assume_positive()
        case "observe_soft":
            value.assume_probability()
        case _:
            raise Open(value)
    return LogRat(value)


# ------------------------------------------------------------------ places and addresses


def has_missing(value: Value) -> bool:
    """Whether an array has entries that are missing."""
    if isinstance(value, tuple):
        return any(has_missing(entry) for entry in value)
    return value is MISSING


def entry_of(value: Value, index: tuple[int, ...]) -> Value:
    """The entry of a nested array at an index."""
    for position in index:
        assert isinstance(value, tuple)
        value = value[position]
    return value


def replaced(value: Value, indices: tuple[Value, ...], entry: Value) -> Value:
    """The array with one entry replaced; the entry itself if there are no indices."""
    if not indices:
        return entry
    if not isinstance(value, tuple):
        raise TypeError(f"only an array can be assigned to at an index, not {show(value)}")
    position = indices[0]
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position < len(value):
        raise index_outside(position, len(value))
    return (*value[:position], replaced(value[position], indices[1:], entry), *value[position + 1 :])


def extended(address: Address, index: tuple[int, ...]) -> Address:
    """The address of an entry of the array observed at `address`."""
    last = address[-1]
    return (*address[:-1], (*last, *index)) if isinstance(last, tuple) else (*address, index)


def named(address: Address) -> bool:
    """Whether every part of an address is a name of the user's, outside recursion and `infer`."""
    for part in address:  # noqa: SIM110  a generator would take three times as long
        if ("#" in part) if isinstance(part, str) else isinstance(part, int):
            return False
    return True


INFER_MARK = "infer#"


def nesting(address: Address) -> int:
    """How many `infer`s an address stands inside."""
    level = 0
    while level < len(address) and address[level] == INFER_MARK:
        level += 1
    return level


__all__ = [
    "INFER_MARK",
    "Compiled",
    "Compiler",
    "entry_of",
    "extended",
    "has_missing",
    "located",
    "log_weight",
    "named",
    "nesting",
    "replaced",
]
