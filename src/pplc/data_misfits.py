"""What conversion of data knows, and how it says that a value does not fit its type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from pplc.data_files import MAX_EXPONENT, Cell, Raw
from pplc.lang import typesys
from pplc.lang.typesys import Type

HUGE = 10**MAX_EXPONENT


class Misfit(Exception):
    """A value that is not of the wanted type; `code` is E0304 to E0307."""

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice


@dataclass
class Sizes:
    """What is known about the size names, and how."""

    known: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])

    def unify(self, size: typesys.Extent, length: int, what: str, origin: str) -> None:
        """The axis of `what` has this length: check it, or learn from it."""
        if not isinstance(size, typesys.Size):
            return
        if not size.name:
            if length != size.offset:
                raise Misfit("E0305", f"{what} must have {elements(size.offset)}, but it has {length}")
            return
        implied = length - size.offset
        if size.name not in self.known:
            if implied < 0:
                raise Misfit(
                    "E0305", f"{what} must have at least {elements(size.offset)}, but it has {length}"
                )
            self.known[size.name] = (implied, origin)
            return
        value, source = self.known[size.name]
        if value != implied:
            wanted = typesys.show_size(size)
            raise Misfit(
                "E0307",
                f"{what} must have {wanted} = {elements(value + size.offset)}, but it has {length}",
                f"`{size.name}` is {value} because of {source}",
            )


@dataclass(frozen=True)
class Context:
    """What conversion needs to know.

    origin: the file, for messages.
    sums:   sum type -> constructor -> number of values it carries.
    """

    origin: str
    sizes: Sizes
    sums: Mapping[str, Mapping[str, int]]
    binary: bool = False


def elements(n: int) -> str:
    """`1 element`, `2 elements`."""
    return f"{n} element" if n == 1 else f"{n} elements"


def place(what: str, context: Context) -> str:
    """A value and the file it is in."""
    return f"`{what}` in {context.origin}"


def found(raw: Raw) -> str:
    """What a value is, after `but`: `it is the string "three"`."""
    match raw:
        case None:
            return "it is missing"
        case list():
            return f"it is a list of {len(raw)}"
        case dict():
            return "it is an object"
        case Cell(text):
            return f"it is `{text[:40]}`"
        case bool():
            return f"it is `{'true' if raw else 'false'}`"
        case str():
            return f'it is the string "{raw[:40]}"'
        case int():
            return f"it is {raw}" if abs(raw) < HUGE else "it is a huge integer"
        case float() | Fraction():
            return f"it is {float(raw):g}"
        case _:
            return f"it is a Python `{type(raw).__name__}`"


def wrong(kind: Type, raw: Raw, what: str, context: Context, advice: str = "") -> Misfit:
    """A value of another kind than its type's."""
    return Misfit("E0304", f"{place(what, context)} must be {described(kind)}, but {found(raw)}", advice)


def described(kind: Type) -> str:
    """What a value of a type is, after `must be`."""
    match kind:
        case typesys.Bool():
            return "`true` or `false`"
        case typesys.Int():
            return "an integer"
        case typesys.Real("positive"):
            return "a positive number"
        case typesys.Real("unit"):
            return "a number from 0 to 1"
        case typesys.Real():
            return "a number"
        case typesys.String():
            return "a string"
        case typesys.Array() | typesys.List():
            return f"a list, of type `{typesys.show(kind)}`"
        case typesys.Tuple(items):
            return f"a list of {len(items)}, of type `{typesys.show(kind)}`"
        case typesys.Record():
            return f"an object, of type `{typesys.show(kind)}`"
        case _:
            return f"of type `{typesys.show(kind)}`"
