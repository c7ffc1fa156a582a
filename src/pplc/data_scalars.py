"""One raw value as a number, truth value, string or constructor."""

from __future__ import annotations

from fractions import Fraction
from math import isinf, isnan

from pplc.data_files import MAX_EXPONENT, Cell, Raw, number
from pplc.data_misfits import HUGE, Context, Misfit, described, found, place, wrong
from pplc.lang import typesys
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import Type
from pplc.semantics.values import Tagged, Value


def scalar(kind: Type, raw: Raw, what: str, context: Context) -> Value:
    """The value of a type that is not made of others."""
    if raw is None:
        raise Misfit(
            "E0304",
            f"{place(what, context)} is missing, but the type is `{typesys.show(kind)}`",
            f"write `{typesys.show(kind)}?` if entries may be missing: they become random variables",
        )
    if isinstance(raw, list | dict):
        raise wrong(kind, raw, what, context)
    match kind:
        case typesys.Bool():
            return _bool(kind, raw, what, context)
        case typesys.Int():
            value = _number(kind, raw, what, context)
            if value.denominator != 1:
                raise wrong(kind, raw, what, context)
            return int(value)
        case typesys.Real(domain):
            value = Fraction(_number(kind, raw, what, context))
            if (domain == "positive" and value <= 0) or (domain == "unit" and not 0 <= value <= 1):
                raise Misfit("E0306", f"{place(what, context)} must be {described(kind)}, but {found(raw)}")
            return value
        case typesys.String():
            if isinstance(raw, Cell):
                return raw.text
            if isinstance(raw, str):
                return raw
            raise wrong(kind, raw, what, context)
        case typesys.Sum(name):
            return _constructor(name, kind, raw, what, context)
        case typesys.Fn() | typesys.Model() | typesys.Dist() | typesys.Base():
            raise Misfit(
                "E0304",
                f"`{what}` is of type `{typesys.show(kind)}`, which data cannot give",
                "define it in the model file and call the model from another one",
            )
        case _:
            raise wrong(kind, raw, what, context)


def _bool(kind: Type, raw: Raw, what: str, context: Context) -> bool:
    text = raw.text.lower() if isinstance(raw, Cell) else raw
    if text in (True, "true", "1") and not (isinstance(raw, str)):
        return True
    if text in (False, "false", "0") and not (isinstance(raw, str)):
        return False
    raise wrong(kind, raw, what, context)


def _number(kind: Type, raw: Raw, what: str, context: Context) -> int | Fraction:
    match raw:
        case bool():
            raise wrong(kind, raw, what, context, "for truth values declare the parameter `bool`")
        case int() | Fraction():
            if abs(raw) > HUGE:
                raise Misfit("E0304", f"{place(what, context)} is beyond ±1e{MAX_EXPONENT}")
            return raw
        case float():
            if isnan(raw):
                raise Misfit("E0304", f"{place(what, context)} is not a number (NaN)", _missing_advice(kind))
            if isinf(raw):
                raise Misfit("E0304", f"{place(what, context)} is infinite")
            return Fraction(raw)
        case Cell(text):
            try:
                return number(text)
            except ValueError as error:
                raise Misfit(
                    "E0304", f"{place(what, context)} must be {described(kind)}, but {error}"
                ) from None
        case _:
            raise wrong(kind, raw, what, context)


def _missing_advice(kind: Type) -> str:
    return f"write `{typesys.show(kind)}?` if entries may be missing"


def _constructor(name: str, kind: Type, raw: Raw, what: str, context: Context) -> Value:
    text = raw.tag if isinstance(raw, Tagged) else raw.text if isinstance(raw, Cell) else raw
    constructors = context.sums.get(name, {})
    if not isinstance(text, str):
        raise wrong(kind, raw, what, context, "write the name of the alternative as a string")
    if text not in constructors:
        known = ", ".join(f"`{constructor}`" for constructor in constructors)
        near = did_you_mean(text, constructors)
        raise Misfit("E0304", f"{place(what, context)} is `{text}`, but `{name}` is one of {known}", near)
    if isinstance(raw, Tagged) and len(raw.payload) == constructors[text]:
        return raw
    if constructors[text]:
        raise Misfit(
            "E0304",
            f"{place(what, context)} is `{text}`, which carries values; data can only name plain ones",
        )
    return Tagged(text)
