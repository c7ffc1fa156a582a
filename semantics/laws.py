"""Distributions as run-time values: `make_law` makes every one that Core's `Law` can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from pplc.lang import core
from pplc.lang.families import COMBINATORS
from pplc.semantics.faults import outside_domain, wrong_kind
from pplc.semantics.laws_base import Call, LawValue
from pplc.semantics.laws_bounded import Censored, Truncated, censored, truncated
from pplc.semantics.laws_density import Flat, UserLaw, flat, make_user_law
from pplc.semantics.laws_family import FamilyLaw
from pplc.semantics.laws_finite import Finite, delta, finite_law, weighted_list
from pplc.semantics.laws_given import family_law, family_ranks, quick_law, with_defaults
from pplc.semantics.laws_lifted import Lifted, fitted, over
from pplc.semantics.laws_mixture import Mixture, mixture, zero_inflated
from pplc.semantics.laws_ordered import Ordered, ordered
from pplc.semantics.laws_parameters import probabilities
from pplc.semantics.laws_transformed import Transformed, transformed
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.primitives_arithmetic import plain
from pplc.semantics.primitives_structure import counted
from pplc.semantics.values import Fault, Value, to_numbers

__all__ = [
    "Censored",
    "FamilyLaw",
    "Finite",
    "Flat",
    "LawValue",
    "Lifted",
    "Mixture",
    "Ordered",
    "Transformed",
    "Truncated",
    "UserLaw",
    "finite_law",
    "fitted",
    "make_law",
    "make_user_law",
]

Arguments: TypeAlias = "Sequence[Value | None]"
Maker: TypeAlias = "Callable[[Arguments, bool, Call], LawValue]"


def make_law(family: str, arguments: Arguments, parametrisation: int, *, exact: bool, call: Call) -> LawValue:
    """The law of a family or combinator, arguments in the order of the signature, None if left out.

    parametrisation: 0 the family's main parameters, k its k-th alternative.
    call:            runs a function of the program, for `Transformed`.
    A parameter outside its domain is a `Fault`.
    """
    maker = _COMBINATORS.get(family)
    if maker is not None and (family != "Uniform" or len(arguments) == 1):
        given = [None if argument is None else plain(argument) for argument in arguments]
        wanted = _ARGUMENTS[family]
        return maker([*given, *[None] * (wanted - len(given))], exact, call)
    quick = None if exact else quick_law(family, arguments, parametrisation)
    if quick is not None:
        return quick
    values = with_defaults(family, arguments, parametrisation)

    def one(*entries: Value) -> LawValue:
        return family_law(family, entries, parametrisation, exact=exact)

    if not any(isinstance(value, tuple) for value in values):
        return one(*values)
    return over(family, values, family_ranks(family, parametrisation), one, exact=exact)


# ------------------------------------------------------------------ combinators


def _law(name: str, value: Value | None) -> LawValue:
    if not isinstance(value, LawValue):
        raise wrong_kind(name, "a distribution", () if value is None else value)
    return value


def _bounded(name: str, make: Callable[..., LawValue]) -> Maker:
    def maker(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
        law, lower, upper = arguments

        def one(base: Value, *bounds: Value) -> LawValue:
            given = iter(bounds)
            low = None if lower is None else next(given)
            high = None if upper is None else next(given)
            return make(_law(name, base), low, high, exact=exact)

        present = [_law(name, law), *(bound for bound in (lower, upper) if bound is not None)]
        return over(name, present, (0,) * len(present), one, exact=exact)

    return maker


def _mixture(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
    weights, laws = arguments
    return mixture(() if weights is None else weights, () if laws is None else laws, exact=exact)


def _zero_inflated(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
    p, law = arguments

    def one(chance: Value, base: Value) -> LawValue:
        return zero_inflated(chance, _law("ZeroInflated", base), exact=exact)

    return over("ZeroInflated", (0 if p is None else p, _law("ZeroInflated", law)), (0, 0), one, exact=exact)


def _iid(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
    law, count = arguments
    (size,) = counted("iid", 0 if count is None else count)
    return Lifted("iid", (_law("iid", law),) * size, exact)


def _ordered(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
    law, count = arguments
    return ordered(_law("Ordered", law), 0 if count is None else count, exact=exact)


def _transformed(arguments: Arguments, exact: bool, call: Call) -> LawValue:
    law, function = arguments

    def evaluate(expression: core.Expr, env: Mapping[str, Value]) -> Value:
        return _evaluated(expression, env, exact)

    def one(base: Value) -> LawValue:
        made = () if function is None else function
        return transformed(_law("Transformed", base), made, exact=exact, call=call, evaluate=evaluate)

    return one(_law("Transformed", law))


def _evaluated(expression: core.Expr, env: Mapping[str, Value], exact: bool) -> Value:
    """The value of an expression without laws and functions."""
    match expression:
        case core.Literal(value):
            return to_numbers(value, exact=exact)
        case core.Variable(name):
            return env[name]
        case core.Prim(op, args, static) if op in PRIMITIVES:
            return PRIMITIVES[op](static, exact, *(_evaluated(arg, env, exact) for arg in args))
        case core.Cond(test, then, orelse):
            return _evaluated(then if _evaluated(test, env, exact) is True else orelse, env, exact)
        case core.Law() | core.Closure() | core.Global() | core.Prim():
            raise Fault(
                "E0523", "the function of `Transformed` uses a distribution or a function", "not invertible"
            )


def _delta(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
    (value,) = arguments
    return delta(() if value is None else value, exact=exact)


def _listed(name: str) -> Maker:
    def maker(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
        values, weights = (*arguments, None)[:2]
        if not isinstance(values, tuple):
            raise wrong_kind(name, "a list of values", () if values is None else values)
        if weights is None:
            return weighted_list(name, values, None, exact=exact)
        numbers = probabilities(name, "weights", weights)
        if len(numbers) != len(values):
            raise outside_domain(name, "weights", weights, f"of length {len(values)}, one weight per value")
        return weighted_list(name, values, tuple(numbers), exact=exact)

    return maker


def _flat(arguments: Arguments, exact: bool, call: Call) -> LawValue:  # noqa: ARG001
    lower, upper = arguments

    def one(*bounds: Value) -> LawValue:
        given = iter(bounds)
        return flat(
            None if lower is None else next(given), None if upper is None else next(given), exact=exact
        )

    present = [bound for bound in (lower, upper) if bound is not None]
    return over("Flat", present, (0,) * len(present), one, exact=exact)


_COMBINATORS: Mapping[str, Maker] = MappingProxyType(
    {
        "Truncated": _bounded("Truncated", truncated),
        "Censored": _bounded("Censored", censored),
        "Mixture": _mixture,
        "iid": _iid,
        "Ordered": _ordered,
        "ZeroInflated": _zero_inflated,
        "Transformed": _transformed,
        "Delta": _delta,
        "Empirical": _listed("Empirical"),
        "Uniform": _listed("Uniform"),
        "Flat": _flat,
    }
)

_ARGUMENTS: Mapping[str, int] = MappingProxyType(
    {name: len(combinator.arguments) for name, combinator in COMBINATORS.items()}
)
