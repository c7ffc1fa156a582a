"""The run-time errors of values, functions and distributions, each made in one place."""

from __future__ import annotations

from pplc.semantics.symbolic.expression import depends
from pplc.semantics.values import MISSING, Fault, Value, show

RESTRICT = "a prior on fewer values, or a `condition` before this, keeps it there"

NO_VALUE = "a missing entry becomes a variable where it is observed, and has no value before"


def outside_domain(family: str, parameter: str, value: Value, domain: str) -> Fault:
    """A parameter of a distribution is outside its domain, or not shown to be inside always."""
    if depends(value):
        return Fault(
            "E0401",
            f"`{parameter}` of `{family}` must be {domain}, which could not be shown of `{show(value)}`",
            f"`{show(value)}` may be outside",
            RESTRICT,
        )
    return Fault(
        "E0401",
        f"`{parameter}` of `{family}` must be {domain}, but it is {show(value)}",
        f"`{parameter}` is {show(value)}",
    )


def index_outside(index: Value, extent: int) -> Fault:
    """An index is negative or past the end."""
    allowed = f"from 0 to {extent - 1}" if extent else "of which there are none"
    return Fault(
        "E0402",
        f"the index {show(index)} is outside the array, whose indices are {allowed}",
        f"this index is {show(index)}",
        "indices count from 0; negative ones are not allowed" if isinstance(index, int) and index < 0 else "",
    )


def undefined_element(indices: tuple[int, ...]) -> Fault:
    """An element is read before the statement that defines it has run."""
    return Fault(
        "E0422",
        f"element {_place(indices)} is read before it is defined",
        f"{_place(indices)} is not defined yet",
    )


def part_of_one_draw() -> Fault:
    """`do` sets a part of an observation whose parts depend on each other."""
    return Fault(
        "E0433",
        "`do` sets one entry of an observation whose entries depend on each other",
        "observed as one",
        "set the whole observation, or observe the entries one by one",
    )


def defined_twice(indices: tuple[int, ...]) -> Fault:
    """An element of an array is defined a second time."""
    return Fault(
        "E0423",
        f"element {_place(indices)} is defined twice",
        "already defined",
        "elements made by `~` or `:=` are defined once; an array that changes is a `var`",
    )


def division_by_zero(function: str, dividend: Value) -> Fault:
    """`/`, `//`, `%` or a power divides by zero."""
    return Fault("E0424", f"`{function}` divides {show(dividend)} by zero", "the divisor is 0")


def not_always(function: str, argument: Value, domain: str) -> Fault:
    """A function is not shown to have a value for all values of its argument."""
    message = f"`{function}` needs {domain}, which could not be shown of `{show(argument)}`"
    return Fault("E0425", message, f"`{show(argument)}` may be outside", RESTRICT)


def outside_function(function: str, argument: Value, domain: str) -> Fault:
    """An argument of a function is where the function has no value."""
    return Fault(
        "E0425", f"`{function}` needs {domain}, but was given {show(argument)}", f"this is {show(argument)}"
    )


def shapes_differ(function: str, left: tuple[int, ...], right: tuple[int, ...], help: str = "") -> Fault:
    """Two arrays whose shapes do not fit together."""
    return Fault(
        "E0426",
        f"`{function}` cannot join arrays of shapes {show_shape(left)} and {show_shape(right)}",
        f"{show_shape(left)} with {show_shape(right)}",
        help,
    )


def too_large(function: str, what: str) -> Fault:
    """A number or an array that would not fit in memory."""
    return Fault("E0427", f"`{function}` would make {what}", "too large")


def no_number(function: str, arguments: str) -> Fault:
    """A result that is not a number, such as infinity less infinity."""
    return Fault("E0428", f"`{function}` of {arguments} is not a number", "not a number")


def wrong_kind(function: str, expected: str, value: Value) -> Fault:
    """A value that the operation cannot take; of those the type checker lets pass most are missing data."""
    return Fault(
        "E0429",
        f"`{function}` needs {expected}, but was given {show(value)}",
        f"this is {show(value)}",
        NO_VALUE if value is MISSING else "",
    )


def unavailable(member: str, law: str, why: str = "") -> Fault:
    """A distribution does not have what was asked of it."""
    return Fault(
        "E0511", f"`{member}` of {law} is not available" + (f": {why}" if why else ""), "not available"
    )


def failed(function: str, error: Exception) -> Fault:
    """A function given from Python raised an exception."""
    said = str(error).splitlines()[0] if str(error) else "without a message"
    message = f"the Python function `{function}` failed: {type(error).__name__}: {said}"
    return Fault("E0451", message, "called here")


def wrong_result(function: str, kind: str, found: str) -> Fault:
    """A function given from Python gave what is not of its type."""
    return Fault(
        "E0452",
        f"the result of the Python function `{function}` does not fit: {found}",
        f"`{function}` is `{kind}`",
    )


def show_shape(shape: tuple[int, ...]) -> str:
    """`[3, 4]` for a matrix of 3 rows."""
    return "[" + ", ".join(map(str, shape)) + "]" if shape else "a number"


def _place(indices: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, indices)) + "]"
