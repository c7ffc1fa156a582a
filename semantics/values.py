"""The values of the reference semantics: immutable, hashable, compared by content.

Booleans, ints, reals (`float`; in exact runs `Fraction`) and strings are Python's own. Arrays,
lists, tuples, vectors and matrices are nested tuples, unit is `()`, a range is a `range`. The rest
is defined here; distributions are in `pplc.semantics.laws`, arrays that are being defined element
by element in `pplc.semantics.growing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from pplc.lang.core import Function
    from pplc.lang.typesys import Fn
    from pplc.semantics.growing import Growing
    from pplc.semantics.laws import LawValue

Number: TypeAlias = int | float | Fraction

_Plain: TypeAlias = bool | int | float | Fraction | str | range
_Function: TypeAlias = (
    "FunctionValue | ModelValue | MemoModel | MemoFunction | ForeignFunction | UrnModel | Urn"
)

Value: TypeAlias = "_Plain | tuple[Value, ...] | Record | Tagged | Missing | _Function | LawValue | Growing"

Component: TypeAlias = "str | int | tuple[Value, ...]"
Address: TypeAlias = "tuple[Component, ...]"
"""Where a draw stands: names, tuples of indices (or of arguments of a memoised function), and the
depth of a model that draws from itself at one and the same place."""


class Fault(Exception):
    """An error of the running program that does not yet know where it happened.

    The machine adds the place and makes it a `Diagnostic`; the fields are those of one.
    """

    def __init__(self, code: str, message: str, label: str = "", help: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.label = label
        self.help = help


class Missing(Enum):
    """The type of `MISSING`, an entry of the data that is not known."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Record:
    """`(a: 1, b: 2)`: values by name, the names in the order of the type."""

    names: tuple[str, ...]
    values: tuple[Value, ...]

    def __getitem__(self, name: str) -> Value:
        return self.values[self.names.index(name)]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value of a sum type: its constructor and what that carries."""

    tag: str
    payload: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A `fn` or `model` of the program with the values it captured, in the order of its record.

    Equal to another if both come from the same function and captured equal values. (A program has
    one function of a name; comparing bodies would cost more and say the same.)
    """

    function: Function
    captured: tuple[Value, ...] = ()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FunctionValue)
            and self.function.name == other.function.name
            and self.captured == other.captured
        )

    def __hash__(self) -> int:
        return hash((self.function.name, self.captured))


@dataclass(frozen=True, slots=True)
class ModelValue:
    """A `Model`: a model function and the arguments it is to run with."""

    function: FunctionValue
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class MemoModel:
    """`mem(function)`: the model whose draws are memoised versions of `function`."""

    function: FunctionValue


@dataclass(frozen=True, slots=True)
class MemoFunction:
    """A function drawn from a `MemoModel` at `address`; its table belongs to the run."""

    address: Address
    function: FunctionValue


@dataclass(frozen=True, slots=True)
class UrnModel:
    """`DirichletProcess(concentration, base)`: the model whose draws are random laws, as `Urn`s."""

    concentration: Number
    base: LawValue


@dataclass(frozen=True, slots=True)
class Urn:
    """A random law drawn from a `UrnModel` at `address`; what was drawn from it so far belongs to the run."""

    address: Address
    concentration: Number
    base: LawValue


@dataclass(frozen=True, slots=True, eq=False)
class ForeignFunction:
    """A function that was not written in the language: given from Python for a parameter of the model.

    kind:   its type as declared. python: the function itself.
    call:   its value at values of the language, checked against the type; raises `Fault`.
    extents: the size names of the type that the data give.
    """

    name: str
    kind: Fn
    python: Callable[..., object]
    call: Callable[[tuple[Value, ...]], Value]
    extents: Mapping[str, int]

    def __repr__(self) -> str:
        """The name alone: equal programs have equal texts, wherever the function lies in memory."""
        return f"ForeignFunction({self.name})"


def map_numbers(value: Value, change: Callable[[float | Fraction], float | Fraction]) -> Value:
    """`value` with every real in it changed; ints, bools and what functions captured stay."""
    match value:
        case float() | Fraction():
            return change(value)
        case tuple():
            return tuple(map_numbers(v, change) for v in value)
        case Record(names, values):
            return Record(names, tuple(map_numbers(v, change) for v in values))
        case Tagged(tag, payload):
            return Tagged(tag, tuple(map_numbers(v, change) for v in payload))
        case _:
            return value


def to_numbers(value: Value, *, exact: bool) -> Value:
    """`value` with every real in it made a `Fraction` (the float's exact value), else a float.

    Infinite floats have no fraction and stay floats.
    """
    return map_numbers(value, _exactly if exact else float)


def _exactly(number: float | Fraction) -> float | Fraction:
    if isinstance(number, float):
        return Fraction(number) if number - number == 0 else number
    return number


def shape_of(value: Value) -> tuple[int, ...]:
    """The extents of nested tuples, `()` for anything else; ragged nesting counts as far as it is even.

    >>> shape_of(((1, 2, 3), (4, 5, 6)))
    (2, 3)
    >>> shape_of(((1, 2), (3,)))
    (2,)
    """
    if isinstance(value, range):
        return (len(value),)
    if not isinstance(value, tuple):
        return ()
    if not value:
        return (0,)
    inner = shape_of(value[0])
    for item in value[1:]:
        other = shape_of(item)
        same = 0
        while same < len(inner) and same < len(other) and inner[same] == other[same]:
            same += 1
        inner = inner[:same]
    return (len(value), *inner)


# ------------------------------------------------------------------ as text

_LONG = 12
"""Elements of an array shown in a message; more are elided."""


def show(value: Value) -> str:
    """A value as it stands in messages, close to how the user would write it.

    >>> show((Fraction(1, 4), 2, True, Tagged("Circle", (1.5,))))
    '[0.25, 2, true, Circle(1.5)]'
    """
    match value:
        case bool():
            return "true" if value else "false"
        case Fraction():
            # A formula is one that has no digits.
            return _show_fraction(value) if type(value) is Fraction else str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case range():
            return f"{value.start}..{value.stop}"
        case tuple():
            return _show_items(value, "[", "]")
        case Record(names, values):
            return "(" + ", ".join(f"{n}: {show(v)}" for n, v in zip(names, values, strict=True)) + ")"
        case Tagged(tag, payload):
            return tag + (_show_items(payload, "(", ")") if payload else "")
        case Missing():
            return "missing"
        case FunctionValue(function):
            return f"{function.kind} {function.name}"
        case ModelValue(FunctionValue(function), arguments):
            return function.name + _show_items(arguments, "(", ")")
        case MemoModel(FunctionValue(function)):
            return f"mem({function.name})"
        case MemoFunction(address, _) | Urn(address):
            return show_address(address)
        case UrnModel(concentration):
            return f"DirichletProcess({show(concentration)})"
        case ForeignFunction(name):
            return f"fn {name}"
        case _:
            return str(value)


def _show_fraction(value: Fraction) -> str:
    """As a decimal where it is one of moderate length, otherwise as a quotient."""
    for digits in range(13):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            text = f"{abs(scaled.numerator):0{digits + 1}d}"
            whole, point = (text[:-digits], "." + text[-digits:]) if digits else (text, "")
            return ("-" if value < 0 else "") + whole + point
    return f"{value.numerator}/{value.denominator}" if value.denominator < 10**12 else repr(float(value))


def _show_items(items: tuple[Value, ...], left: str, right: str) -> str:
    shown = [show(item) for item in items[:_LONG]]
    if len(items) > _LONG:
        shown.append(f"… {len(items) - _LONG} more")
    return left + ", ".join(shown) + right


def show_address(address: Address) -> str:
    """An address as users write it: `theta[3]`, `f.slope`, `eyes["bob"]`; a depth is `walk^2`.

    >>> show_address(("f", "z", (0, 3)))
    'f.z[0, 3]'
    """
    text = ""
    for component in address:
        match component:
            case str():
                text += f".{component}" if text else component
            case tuple():
                text += "[" + ", ".join(show(item) for item in component) + "]"
            case int():
                text += f"^{component}"
    return text
