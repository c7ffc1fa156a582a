"""Python functions and torch modules as parameters of a model: what they are given, and what they give.

A function gets floats, ints, truth values and strings as they are, arrays as NumPy arrays, tuples as
tuples, lists as lists, records as dicts, a missing value as None. A torch module gets tensors, and so does
a function that raises a TypeError otherwise, such as one written with `torch.sin`. What comes back is
checked against the declared type at every call.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import isnan
from typing import Any

import numpy as np

from pplc.data_convert import convert
from pplc.data_files import Raw
from pplc.data_misfits import Context, Misfit, Sizes
from pplc.data_python import raw
from pplc.lang import typesys
from pplc.lang.diagnostics import Diagnostic, Span
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import Fn, Type
from pplc.semantics.faults import failed
from pplc.semantics.values import Fault, ForeignFunction, Missing, Record, Value, to_numbers

Python = Callable[..., object]
Sums = Mapping[str, Mapping[str, int]]


def refused(
    given: Mapping[str, Any], parameters: tuple[tuple[str, Type, Span], ...], model: str
) -> list[Diagnostic]:
    """What is wrong with the functions given to a model, before any is called."""
    kinds = {name: (kind, span) for name, kind, span in parameters if isinstance(kind, Fn)}
    errors: list[Diagnostic] = []
    for name, function in given.items():
        if name not in kinds:
            advice = did_you_mean(name, kinds) or (
                f"there are {', '.join(f'`{known}`' for known in kinds)}" if kinds else ""
            )
            message = f"`{model}` has no parameter `{name}` of function type"
            errors.append(Diagnostic("E0323", message, help=advice))
            continue
        kind, span = kinds[name]
        label = f"declared as `{typesys.show(kind)}`"
        if not callable(function):
            message = f"`{name}` must be a function, but it is a Python `{type(function).__name__}`"
            errors.append(Diagnostic("E0323", message, span, label))
        elif not all(_is_data(part) for part in (*kind.parameters, kind.result)):
            message = f"`{name}` cannot come from Python: it takes or gives what is no data"
            errors.append(Diagnostic("E0323", message, span, label))
    return errors


def _is_data(kind: Type) -> bool:
    match kind:
        case Fn() | typesys.Model() | typesys.Dist() | typesys.Base():
            return False
        case _:
            return all(map(_is_data, typesys.children(kind)))


def foreign(name: str, kind: Fn, python: Python, sizes: Sizes, sums: Sums) -> ForeignFunction:
    """The value of a parameter `name` of function type."""
    known = dict(sizes.known)

    def call(arguments: tuple[Value, ...]) -> Value:
        given = [_given(part, value) for part, value in zip(kind.parameters, arguments, strict=True)]
        result = _called(name, python, given)
        context = Context("Python", Sizes(dict(known)), sums, binary=True)
        try:
            return _result(kind.result, result, f"{name}(…)", context)
        except Misfit as misfit:
            label = f"`{name}` is `{typesys.show(kind)}`"
            raise Fault("E0452", misfit.message, label, misfit.advice) from None

    return ForeignFunction(name, kind, python, call, {size: value for size, (value, _) in known.items()})


# ------------------------------------------------------------------ there


def _given(kind: Type, value: Value) -> object:
    match kind, value:
        case _, Missing():
            return None
        case typesys.Option(element), _:
            return _given(element, value)
        case typesys.Array() | typesys.Vector() | typesys.Matrix(), tuple() | range():
            return np.array(_plain(value))
        case typesys.List(element), tuple() | range():
            return [_given(element, item) for item in value]
        case typesys.Tuple(items), tuple():
            return tuple(_given(item, part) for item, part in zip(items, value, strict=True))
        case typesys.Record(fields), Record():
            return {name: _given(part, value[name]) for name, part in fields}
        case typesys.Real(), int() | float() | Fraction():
            return float(value)
        case _:
            return value


def _plain(value: Value) -> object:
    match value:
        case tuple() | range():
            return [_plain(item) for item in value]
        case Missing():
            return np.nan
        case Fraction():
            return float(value)
        case _:
            return value


def _called(name: str, python: Python, given: list[object]) -> Raw:
    torch: Any = sys.modules.get("torch")
    try:
        if torch is None:
            return raw(python(*given))
        from pplc.inference.torch_foreign import inputs

        with torch.no_grad():
            if isinstance(python, torch.nn.Module):
                return raw(python(*inputs(python, given)))
            try:
                return raw(python(*given))
            except TypeError:
                return raw(python(*inputs(python, given)))
    except Exception as error:  # whatever a function of the user's may raise
        raise failed(name, error) from error


# ------------------------------------------------------------------ and back


def _result(kind: Type, value: Raw, what: str, context: Context) -> Value:
    """A result as a value; reals are floats, and may be infinite."""
    match kind, value:
        case typesys.Real("real"), int() | float() | Fraction() if not isinstance(value, bool):
            if isnan(value):
                raise Misfit("E0452", f"`{what}` is not a number (NaN)")
            return float(value)
        case typesys.Tuple(items), list() if len(items) == len(value):
            return tuple(_result(item, part, what, context) for item, part in zip(items, value, strict=True))
        case typesys.Array(element, sizes), list():
            context.sizes.unify(sizes[0], len(value), f"`{what}`", "its result")
            inner = element if len(sizes) == 1 else typesys.Array(element, sizes[1:])
            return tuple(_result(inner, part, f"{what}[{k}]", context) for k, part in enumerate(value))
        case typesys.List(element), list():
            return tuple(_result(element, part, f"{what}[{k}]", context) for k, part in enumerate(value))
        case _:
            return to_numbers(convert(kind, value, what, context), exact=False)
