"""What to do about two types or sizes that disagree, and the user's own words for messages."""

from __future__ import annotations

from pplc.lang.check_unify import Clash
from pplc.lang.syntax import Expr
from pplc.lang.typesys import (
    Array,
    Base,
    Bool,
    Dist,
    Extent,
    Fn,
    Int,
    List,
    Matrix,
    Model,
    Option,
    Real,
    Size,
    String,
    Type,
    Vector,
    show,
    show_size,
)


def text_of(expr: Expr, otherwise: str = "this") -> str:
    """An expression as it stands in the file, if it is short and on one line."""
    span = expr.span
    text = span.file.line(span.line)[span.column - 1 : span.end_column - 1]
    return text if span.line == span.end_line and 0 < len(text) <= 30 else otherwise


def size_help(found: Type | Extent, wanted: Type | Extent) -> str:
    """What to do about two sizes that differ."""
    match found, wanted:
        case Size(name, 0), Size(other, 0) if name and other:
            return f"if `{name}` and `{other}` are always equal, use one name for both"
        case Size(""), Size(other, 0) if other:
            return f"`{other}` is a size of the data and may differ from {show_size(found)}"
        case _:
            return ""


def type_help(found: Type, wanted: Type, clash: Clash) -> str:
    """What to do about a value of another type than expected."""
    match found, wanted:
        case (Model(inner) | Dist(inner) | Base(inner), _) if not isinstance(
            wanted, Model | Dist | Base | Fn
        ):
            return f"`~` draws from it: `~…` has type `{show(inner)}`"
        case Fn(random=True), Fn(random=False):
            return "`flip` draws when it is called, and a `fn` may not"
        case Fn(), _ if not isinstance(wanted, Fn):
            return "call it: a function is not the value it returns"
        case Real(), Int():
            return "`floor(x)` or `round(x)` make an integer of a real number"
        case List(), (Array() | Vector() | Matrix()):
            return "a list may have any length; an array has the size that its type says"
        case Array(element), Bool() | Int() | Real() | String() if type(element) is type(wanted):
            return "take an element of it, as in `x[i]`"
        case _, Option():
            return ""
        case _:
            pass
    if clash.what == "domain":
        return (
            "only values that are known to lie in it fit; declare the place `real` where any number will do"
        )
    return ""
