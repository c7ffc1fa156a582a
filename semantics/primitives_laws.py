"""Members of distributions as primitives, `mem` and `DirichletProcess`.

Of an array of independent laws, `logpdf` is the joint density and `mean` an array; the others go
over the elements. `pdf`, which only passes write, is the density itself: rational where that is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

from pplc.semantics.faults import wrong_kind
from pplc.semantics.laws_base import LawValue, number
from pplc.semantics.laws_coupled import coupled
from pplc.semantics.laws_lifted import Lifted, fitted
from pplc.semantics.number import LogRat
from pplc.semantics.primitives_arithmetic import Primitive, Static, plain
from pplc.semantics.symbolic.elementary import log
from pplc.semantics.symbolic.expression import depends
from pplc.semantics.urns import urn_model
from pplc.semantics.values import FunctionValue, MemoModel, Value


def _law(member: str, law: Value) -> LawValue:
    if not isinstance(law, LawValue):
        raise wrong_kind(member, "a distribution", law)
    return law


def _logpdf(static: Static, exact: bool, law: Value, x: Value) -> Value:  # noqa: ARG001
    weight = _law("logpdf", law).log_density(plain(x))
    if isinstance(weight, LogRat) and depends(weight.value):
        return cast(Value, log(weight.value))
    return float(weight)


def _pdf(static: Static, exact: bool, law: Value, x: Value) -> Value:  # noqa: ARG001
    weight = _law("pdf", law).log_density(plain(x))
    return weight.value if isinstance(weight, LogRat) else math.exp(weight)


def _mean_of(static: Static, exact: bool, law: Value) -> Value:  # noqa: ARG001
    return _law("mean", law).mean()


def _each(name: str, member: Callable[[LawValue, Value], Value]) -> Primitive:
    """A member of scalar laws, element by element."""

    def over(law: LawValue, x: Value) -> Value:
        if isinstance(law, Lifted):
            if isinstance(x, tuple):
                laws = law.laws * len(x) if len(law.laws) == 1 else law.laws
                if len(laws) != len(x):
                    raise wrong_kind(name, f"{len(laws)} values", x)
                return tuple(over(one, entry) for one, entry in zip(laws, x, strict=True))
            return tuple(over(one, x) for one in law.laws)
        return member(law, x)

    def primitive(static: Static, exact: bool, law: Value, x: Value) -> Value:  # noqa: ARG001
        x = plain(x)
        return over(fitted(_law(name, law), x), x)

    return primitive


def _quantile(law: LawValue, p: Value) -> Value:
    return law.quantile(number(p, law.describe()))


def _mem(static: Static, exact: bool, function: Value) -> Value:  # noqa: ARG001
    if not isinstance(function, FunctionValue):
        raise wrong_kind("mem", "a function", function)
    return MemoModel(function)


def _urn(static: Static, exact: bool, concentration: Value, base: Value) -> Value:  # noqa: ARG001
    return urn_model(concentration, base)


def _couple(static: Static, exact: bool, p: Value, q: Value) -> Value:  # noqa: ARG001
    return coupled(_law("couple", p), _law("couple", q))


LAWS: dict[str, Primitive] = {
    "logpdf": _logpdf,
    "pdf": _pdf,
    "cdf": _each("cdf", lambda law, x: law.cdf(x)),
    "logcdf": _each("logcdf", lambda law, x: law.log_cdf(x)),
    "logccdf": _each("logccdf", lambda law, x: law.log_ccdf(x)),
    "quantile": _each("quantile", _quantile),
    "mean_of": _mean_of,
    "mem": _mem,
    "DirichletProcess": _urn,
    "couple": _couple,
}
