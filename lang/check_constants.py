"""What an expression says before it runs: its value as a number or a size, and what it depends on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from pplc.lang import syntax as s
from pplc.lang.check_state import Checker, Entry
from pplc.lang.typesys import UNKNOWN_SIZE, Extent, Size, SizeVariable, shape_of, shifted
from pplc.lang.walk import children

_LARGEST_EXPONENT = 400
"""Decimal digits of a literal that is computed with; `1e400000000` stays a literal."""


def entry_of(c: Checker, expr: s.Expr) -> Entry | None:
    """What is known of the variable that an expression is."""
    if not isinstance(expr, s.Name):
        return None
    binding = c.binding(expr)
    if binding is None:
        return None
    return c.globals.get(binding.unique) if binding.kind == "global" else c.entries.get(binding.unique)


def constant(c: Checker, expr: s.Expr) -> Fraction | None:
    """The value of an expression of written numbers; None if it is not one."""
    match expr:
        case s.Number(decimal):
            return Fraction(decimal) if _is_small(decimal) else None
        case s.Name():
            entry = entry_of(c, expr)
            return None if entry is None else entry.constant
        case s.Unary("-", operand):
            value = constant(c, operand)
            return None if value is None else -value
        case s.Unary("+", operand):
            return constant(c, operand)
        case s.Binary("+" | "-" | "*" | "/" as op, left, right):
            a, b = constant(c, left), constant(c, right)
            if a is None or b is None or max(_bits(a), _bits(b)) > 4 * _LARGEST_EXPONENT:
                return None
            if op == "/":
                return a / b if b else None
            return a + b if op == "+" else a - b if op == "-" else a * b
        case _:
            return None


def _is_small(decimal: Decimal) -> bool:
    digits = len(decimal.as_tuple().digits)
    return not decimal or (abs(decimal.adjusted()) <= _LARGEST_EXPONENT and digits <= _LARGEST_EXPONENT)


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def size_value(c: Checker, expr: s.Expr) -> Extent:
    """The value of an integer expression as a size: a number, or a name plus a constant."""
    value = constant(c, expr)
    if value is not None:
        return Size("", int(value)) if value.denominator == 1 and abs(value) < 2**63 else UNKNOWN_SIZE
    match expr:
        case s.Name():
            entry = entry_of(c, expr)
            return UNKNOWN_SIZE if entry is None or entry.size is None else c.unify.size(entry.size)
        case s.Binary("+" | "-" as op, left, right):
            ours, theirs = size_value(c, left), size_value(c, right)
            if isinstance(theirs, Size) and not theirs.name:
                return shifted(ours, theirs.offset if op == "+" else -theirs.offset)
            if op == "+" and isinstance(ours, Size) and not ours.name:
                return shifted(theirs, ours.offset)
            return difference(ours, theirs) if op == "-" else UNKNOWN_SIZE
        case s.Call(s.Name("len") as function, (s.Argument(value=argument),)):
            binding = c.binding(function)
            kind = c.types.get(id(argument))
            if binding is None or binding.kind != "builtin" or kind is None:
                return UNKNOWN_SIZE
            shape = shape_of(c.unify.head(kind))
            return c.unify.size(shape[0]) if shape else UNKNOWN_SIZE
        case _:
            return UNKNOWN_SIZE


def difference(high: Extent, low: Extent) -> Extent:
    """`high - low`, where that is a size."""
    match high, low:
        case Size(name, offset, declared), Size(other, shift, _) if not other:
            return Size(name, offset - shift, declared)
        case Size(name, offset), Size(other, shift) if name == other:
            return Size("", offset - shift)
        case SizeVariable(), Size("", shift):
            return shifted(high, -shift)
        case _:
            return UNKNOWN_SIZE


def range_size(c: Checker, low: s.Expr, high: s.Expr) -> Extent:
    """The number of integers in `low..high`."""
    size = difference(size_value(c, high), size_value(c, low))
    return Size("", 0) if isinstance(size, Size) and not size.name and size.offset < 0 else size


# ------------------------------------------------------------------ dependence


def names_in(node: s.Node) -> Iterator[s.Name]:
    """Every name in an expression, those inside anonymous functions included."""
    stack: list[s.Node] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, s.Name):
            yield current
        stack.extend(children(current))


def is_latent(c: Checker, expr: s.Node) -> bool:
    """Whether a value depends on a draw."""
    stack: list[s.Node] = [expr]
    while stack:
        current = stack.pop()
        if isinstance(current, s.Sample):
            return True
        if isinstance(current, s.Name):
            entry, binding = entry_of(c, current), c.binding(current)
            if (entry is not None and entry.latent) or (
                binding is not None and binding.kind == "builtin" and binding.name == "flip"
            ):
                return True
        stack.extend(children(current))
    return False


def latent_name(c: Checker, expr: s.Node) -> str:
    """One drawn variable that a value depends on; empty if there is none of a name."""
    for name in names_in(expr):
        entry = entry_of(c, name)
        if entry is not None and entry.latent:
            return name.name
    return ""
