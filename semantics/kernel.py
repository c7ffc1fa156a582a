"""The typed subset of Python in which numerics are written once: its types, its functions, its exact twin.

A kernel is a named `def` with annotated arguments that uses `if`, `while`, `for ... in range`, calls of other
kernels and named tuples; it allocates nothing (results that are arrays go to an argument `out`), raises
nothing (NaN is the status) and closes over nothing. CPython runs it as it stands; `exact` runs the same
source over rationals; the native back end will compile it.

Everything a kernel may import from outside the kernels stands here. Division by zero is not allowed in a
kernel, powers of reals are `power`, irrational constants are imported, and a log mass that is minus infinity
or zero by definition is `IMPOSSIBLE` or `CERTAIN`, so that both worlds read it alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from pplc.semantics.elementary import (
    acos,
    atan,
    atan2,
    cos,
    euler_gamma,
    exp,
    expm1,
    f64,
    floor,
    half_log_2pi,
    i64,
    inf,
    isnan,
    log,
    log1mexp,
    log1p,
    logaddexp,
    nan,
    pi,
    power,
    sin,
    sqrt,
    sqrt_half,
    tan,
    tanh,
    u32,
    u64,
    xlog1py,
    xlogy,
)
from pplc.semantics.number import Inexact, LogW
from pplc.semantics.rewrite import exact, exact_module

Vector: TypeAlias = Sequence[f64]
Matrix: TypeAlias = Sequence[Sequence[f64]]
Counts: TypeAlias = Sequence[i64]
VectorOut: TypeAlias = list[f64]
MatrixOut: TypeAlias = list[list[f64]]
CountsOut: TypeAlias = list[i64]

IMPOSSIBLE: LogW = -inf
CERTAIN: LogW = 0.0

__all__ = [
    "CERTAIN",
    "IMPOSSIBLE",
    "Counts",
    "CountsOut",
    "Inexact",
    "LogW",
    "Matrix",
    "MatrixOut",
    "Vector",
    "VectorOut",
    "acos",
    "atan",
    "atan2",
    "cos",
    "euler_gamma",
    "exact",
    "exact_module",
    "exp",
    "expm1",
    "f64",
    "floor",
    "half_log_2pi",
    "i64",
    "inf",
    "isnan",
    "log",
    "log1mexp",
    "log1p",
    "logaddexp",
    "nan",
    "pi",
    "power",
    "sin",
    "sqrt",
    "sqrt_half",
    "tan",
    "tanh",
    "u32",
    "u64",
    "xlog1py",
    "xlogy",
]
