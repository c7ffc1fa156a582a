"""The signatures of the library: every builtin function, the actions of a model, the members of a law.

A signature is data, written with the types of `pplc.lang.typesys`:

- a size name in it stands for any size, the same wherever it stands again; the name of an `int`
  parameter may be used as a size, so that `zeros(n: int) -> real[n]`;
- `T`, `U` stand for any type;
- a function marked `random` may draw, which only `flip` does as a value;
- `elementwise`: parameters are scalars, and arrays given for them broadcast by NumPy's rules;
- `reduction`: the one parameter is an array of any rank (or a list) with entries of that type.

Of several signatures the first that fits the arguments counts. The functions that the checker treats
by rules of their own (`fold`, `values`, `mem`, `infer`) have their signature here as far as one can
be written, for the reference. Families and combinators stand in `pplc.lang.families`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from pplc.lang.typesys import (
    BOOL,
    INT,
    POSITIVE,
    REAL,
    STRING,
    UNIT,
    UNIT_INTERVAL,
    UNKNOWN_SIZE,
    Array,
    Dist,
    Extent,
    Fn,
    List,
    Matrix,
    Model,
    Option,
    Size,
    Tuple,
    Type,
    Variable,
    Vector,
)

Rule: TypeAlias = Literal["plain", "elementwise", "reduction"]


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function: parameters in order, each with its name, and the result.

    optional: how many of the last parameters may be left out.
    """

    parameters: tuple[tuple[str, Type], ...]
    result: Type
    rule: Rule = "plain"
    optional: int = 0


@dataclass(frozen=True, slots=True)
class Function:
    """A builtin. A constant (`pi`) has no signature, but a type."""

    name: str
    signatures: tuple[Signature, ...]
    doc: str
    constant: Type | None = None


T, U = Variable(-1), Variable(-2)
_N, _M = Size("N"), Size("M")


def _reals(*sizes: Extent) -> Type:
    return Array(REAL, sizes)


def _plain(result: Type, **parameters: Type) -> Signature:
    return Signature(tuple(parameters.items()), result)


def _each(result: Type, **parameters: Type) -> Signature:
    return Signature(tuple(parameters.items()), result, "elementwise")


def _over(result: Type, entry: Type) -> Signature:
    return Signature((("xs", entry),), result, "reduction")


def _f(name: str, doc: str, *signatures: Signature) -> Function:
    return Function(name, signatures, doc)


_ELEMENTWISE = (
    _f("exp", "e to the power x.", _each(POSITIVE, x=REAL)),
    _f("log", "The natural logarithm; minus infinity at 0.", _each(REAL, x=REAL)),
    _f("log1p", "log(1 + x), accurate near 0.", _each(REAL, x=REAL)),
    _f("expm1", "exp(x) - 1, accurate near 0.", _each(REAL, x=REAL)),
    _f("sqrt", "The square root.", _each(POSITIVE, x=POSITIVE), _each(REAL, x=REAL)),
    _f(
        "pow",
        "x to the power y, as `x ^ y`.",
        _each(POSITIVE, x=POSITIVE, y=REAL),
        _each(REAL, x=REAL, y=REAL),
    ),
    _f("abs", "The absolute value.", _each(INT, x=INT), _each(REAL, x=REAL)),
    _f("floor", "The greatest integer that is not above x.", _each(INT, x=REAL)),
    _f("ceil", "The least integer that is not below x.", _each(INT, x=REAL)),
    _f("round", "The nearest integer; halves go to the even one.", _each(INT, x=REAL)),
    _f("sin", "The sine of an angle in radians.", _each(REAL, x=REAL)),
    _f("cos", "The cosine of an angle in radians.", _each(REAL, x=REAL)),
    _f("tan", "The tangent of an angle in radians.", _each(REAL, x=REAL)),
    _f("atan", "The angle from -pi/2 to pi/2 whose tangent is x.", _each(REAL, x=REAL)),
    _f("tanh", "The hyperbolic tangent.", _each(REAL, x=REAL)),
    _f("sigmoid", "1 / (1 + exp(-x)), the inverse of `logit`.", _each(UNIT_INTERVAL, x=REAL)),
    _f("logit", "log(p / (1 - p)).", _each(REAL, p=REAL)),
    _f("erf", "The error function.", _each(REAL, x=REAL)),
    _f("lgamma", "The logarithm of the absolute value of the gamma function.", _each(REAL, x=REAL)),
    _f("beta", "The beta function of a and b, both positive.", _each(POSITIVE, a=POSITIVE, b=POSITIVE)),
    _f("choose", "The number of ways to choose k of n.", _each(INT, n=INT, k=INT)),
    _f(
        "int", "1 for `true`, 0 for `false`; a real is cut towards 0.", _each(INT, x=BOOL), _each(INT, x=REAL)
    ),
    _f("real", "An integer as a real number.", _each(REAL, x=REAL)),
)

_REDUCTIONS = (
    _f(
        "min",
        "The least of two numbers, or of the entries of an array.",
        _each(INT, x=INT, y=INT),
        _each(POSITIVE, x=POSITIVE, y=POSITIVE),
        _each(REAL, x=REAL, y=REAL),
        _over(INT, INT),
        _over(REAL, REAL),
    ),
    _f(
        "max",
        "The greatest of two numbers, or of the entries of an array.",
        _each(INT, x=INT, y=INT),
        _each(POSITIVE, x=POSITIVE, y=POSITIVE),
        _each(REAL, x=REAL, y=REAL),
        _over(INT, INT),
        _over(REAL, REAL),
    ),
    _f(
        "sum",
        "The sum of all entries; of bools, how many are true.",
        _over(INT, BOOL),
        _over(INT, INT),
        _over(REAL, REAL),
    ),
    _f("prod", "The product of all entries.", _over(INT, INT), _over(REAL, REAL)),
    _f("mean", "The arithmetic mean of all entries.", _over(REAL, REAL)),
    _f("variance", "The sample variance of all entries, divided by their number less 1.", _over(REAL, REAL)),
    _f("sd", "The square root of `variance`.", _over(REAL, REAL)),
    _f("any", "Whether one of the entries is true.", _over(BOOL, BOOL)),
    _f("all", "Whether every entry is true.", _over(BOOL, BOOL)),
    _f(
        "log_sum_exp",
        "log of the sum of exp of the entries, or of two numbers, without overflow.",
        _each(REAL, x=REAL, y=REAL),
        _over(REAL, REAL),
    ),
    _f("norm", "The Euclidean norm of a vector.", _plain(REAL, x=_reals(_N))),
)

_VECTORS = (
    _f(
        "cumsum",
        "The running sums.",
        _plain(Array(INT, (_N,)), xs=Array(INT, (_N,))),
        _plain(_reals(_N), xs=_reals(_N)),
    ),
    _f(
        "sort",
        "The entries in increasing order.",
        _plain(Array(INT, (_N,)), xs=Array(INT, (_N,))),
        _plain(_reals(_N), xs=_reals(_N)),
    ),
    _f("softmax", "exp(x) divided by its sum.", _plain(Vector("simplex", _N), x=_reals(_N))),
    _f("dot", "The sum of the products of the entries.", _plain(REAL, x=_reals(_N), y=_reals(_N))),
    _f(
        "outer", "The matrix of the products x[i] * y[j].", _plain(_reals(_N, _M), x=_reals(_N), y=_reals(_M))
    ),
    _f(
        "zeros",
        "An array of zeros.",
        _plain(_reals(Size("n")), n=INT),
        _plain(_reals(Size("n"), Size("m")), n=INT, m=INT),
    ),
    _f(
        "ones",
        "An array of ones.",
        _plain(_reals(Size("n")), n=INT),
        _plain(_reals(Size("n"), Size("m")), n=INT, m=INT),
    ),
    _f("eye", "The n by n identity matrix.", _plain(_reals(Size("n"), Size("n")), n=INT)),
    _f(
        "diag",
        "The matrix with x on its diagonal; of a matrix, its diagonal.",
        _plain(_reals(_N, _N), x=_reals(_N)),
        _plain(_reals(_N), x=_reals(_N, _N)),
    ),
    _f("transpose", "The matrix with rows and columns exchanged.", _plain(_reals(_M, _N), a=_reals(_N, _M))),
    _f(
        "inv",
        "The inverse of a square matrix.",
        _plain(Matrix("cov", _N), a=Matrix("cov", _N)),
        _plain(_reals(_N, _N), a=_reals(_N, _N)),
    ),
    _f(
        "solve",
        "The x with a @ x == b.",
        _plain(_reals(_N), a=_reals(_N, _N), b=_reals(_N)),
        _plain(_reals(_N, _M), a=_reals(_N, _N), b=_reals(_N, _M)),
    ),
    _f("det", "The determinant.", _plain(REAL, a=_reals(_N, _N))),
    _f("logdet", "The logarithm of the absolute value of the determinant.", _plain(REAL, a=_reals(_N, _N))),
    _f(
        "cholesky",
        "The lower triangular L with L @ transpose(L) == a.",
        _plain(Matrix("chol", _N), a=_reals(_N, _N)),
    ),
)


def _kernel(name: str, doc: str, **extra: Type) -> Function:
    """A covariance function on the line or in M dimensions: between the points of x, or of x and y."""
    scales: dict[str, Type] = {"sd": POSITIVE, "length": POSITIVE, **extra}
    line, space = _reals(_N), _reals(_N, Size("D"))
    return Function(
        name,
        (
            _plain(_reals(_N, _N), x=line, **scales),
            _plain(_reals(_N, _N), x=space, **scales),
            _plain(_reals(_N, _M), x=line, y=_reals(_M), **scales),
            _plain(_reals(_N, _M), x=space, y=_reals(_M, Size("D")), **scales),
        ),
        doc,
    )


_KERNELS = (
    _kernel(
        "gp_exp_quad",
        "sd^2 exp(-r^2 / (2 length^2)), r the distance of two points (Rasmussen & Williams 2006, eq. 4.9).",
    ),
    _kernel(
        "gp_matern32", "sd^2 (1 + s) exp(-s), s = sqrt(3) r / length (Rasmussen & Williams 2006, eq. 4.17)."
    ),
    _kernel(
        "gp_matern52",
        "sd^2 (1 + s + s^2 / 3) exp(-s), s = sqrt(5) r / length (Rasmussen & Williams 2006, eq. 4.17).",
    ),
    _kernel(
        "gp_periodic",
        "sd^2 exp(-2 sin(pi r / period)^2 / length^2) (Rasmussen & Williams 2006, eq. 4.31).",
        period=POSITIVE,
    ),
)

_ODE = {"f": Fn((REAL, _reals(_N)), _reals(_N)), "y0": _reals(_N), "ts": _reals(_M)}
_EQUATIONS = (
    _f(
        "ode",
        "The solution of y' = f(t, y), a row for each of the times ts, which do not go back; y0 is its value"
        " at time `start`, 0 if left out. Each step errs by at most `tolerance` * (1 + |y|), 1e-8 if left out"
        " (Dormand & Prince 1980).",
        _plain(_reals(_M, _N), **_ODE),
        _plain(_reals(_M, _N), **_ODE, start=REAL),
        _plain(_reals(_M, _N), **_ODE, start=REAL, tolerance=POSITIVE),
    ),
)

_LISTS = (
    _f(
        "len",
        "The number of elements along the first axis, of a list, or of the characters of a string.",
        _plain(INT, xs=List(T)),
        _plain(INT, text=STRING),
    ),
    _f(
        "range",
        "The integers from 0, or from `low`, up to but not including `high`, as `low..high`.",
        _plain(Array(INT, (Size("high"),)), high=INT),
        _plain(Array(INT, (UNKNOWN_SIZE,)), low=INT, high=INT),
    ),
    _f(
        "map",
        "f of every element.",
        _plain(Array(U, (_N,)), f=Fn((T,), U, random=True), xs=Array(T, (_N,))),
        _plain(List(U), f=Fn((T,), U, random=True), xs=List(T)),
    ),
    _f(
        "filter",
        "The elements for which f is true.",
        _plain(List(T), f=Fn((T,), BOOL, random=True), xs=List(T)),
    ),
    _f(
        "fold",
        "f(… f(f(initial, xs[0]), xs[1]) …).",
        _plain(U, f=Fn((U, T), U, random=True), initial=U, xs=List(T)),
    ),
    _f(
        "zip",
        "The pairs of elements in the same places; both must be of one length.",
        _plain(Array(Tuple((T, U)), (_N,)), xs=Array(T, (_N,)), ys=Array(U, (_N,))),
        _plain(List(Tuple((T, U))), xs=List(T), ys=List(U)),
    ),
    _f("append", "The list with one more element at its end.", _plain(List(T), xs=List(T), x=T)),
    _f("concat", "The elements of xs, then those of ys.", _plain(List(T), xs=List(T), ys=List(T))),
    _f(
        "reverse",
        "The elements from last to first.",
        _plain(Array(T, (_N,)), xs=Array(T, (_N,))),
        _plain(List(T), xs=List(T)),
    ),
    _f("is_missing", "Whether a value of type `T?` is missing.", _plain(BOOL, x=Option(T))),
    _f(
        "values",
        "Every value of a finite type, as `values(Shape)`, in the order of declaration.",
        _plain(List(T), type=T),
    ),
)

_MODELS = (
    _f(
        "flip",
        "Draws `true` with probability p: short for `~Bernoulli(p)`. Only in a model.",
        _each(BOOL, p=UNIT_INTERVAL),
    ),
    _f(
        "mem",
        "A model of the function that draws f(x) once for every distinct x, and remembers it.",
        _plain(Model(Fn((T,), U)), f=Fn((T,), Model(U))),
    ),
    _f(
        "DirichletProcess",
        "A model of random laws of infinitely many atoms, drawn from the base law. Draws from one of them"
        " repeat each other: after n draws the next is a new one with probability concentration /"
        " (concentration + n), and else one of the earlier draws, all with equal probability.",
        _plain(Model(Model(T)), concentration=POSITIVE, base=Dist(T)),
    ),
    _f(
        "infer",
        "The normalised law of what m returns; `otherwise` stands in if its evidence is 0;"
        " with `method` (and `draws`) an explicit approximation.",
        Signature(
            (("m", Model(T)), ("otherwise", Dist(T)), ("method", STRING), ("draws", INT)), Dist(T), optional=3
        ),
    ),
    _f(
        "couple",
        "The law of pairs with margins p and q that has the least entropy: its parts tell as much of each"
        " other as p and q allow. Of finite laws; of more than 4 values the greedy coupling, which is close.",
        _plain(Dist(Tuple((T, U))), p=Dist(T), q=Dist(U)),
    ),
)

_CONSTANTS = (
    Function("pi", (), "The ratio of a circle's circumference to its diameter.", POSITIVE),
    Function("infinity", (), "Positive infinity.", POSITIVE),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        function.name: function
        for function in (
            *_ELEMENTWISE,
            *_REDUCTIONS,
            *_VECTORS,
            *_KERNELS,
            *_EQUATIONS,
            *_LISTS,
            *_MODELS,
            *_CONSTANTS,
        )
    }
)
"""Every builtin by name. `pi` and `infinity` are values, not functions."""

ACTIONS: Mapping[str, Function] = MappingProxyType(
    {
        action.name: action
        for action in (
            _f("condition", "Multiplies the weight of the run by 1 or 0.", _plain(UNIT, b=BOOL)),
            _f(
                "weight",
                "Multiplies the weight of the run by w, which is not negative.",
                _plain(UNIT, w=REAL),
            ),
            _f("factor", "Multiplies the weight of the run by e^l.", _plain(UNIT, l=REAL)),
            _f(
                "observe_soft",
                "A condition that is true to the degree t: multiplies the weight of the run by t in [0, 1].",
                _plain(UNIT, t=UNIT_INTERVAL),
            ),
        )
    }
)
"""What a model can do besides drawing and observing; a datum of the same name wins in its scope."""


@dataclass(frozen=True, slots=True)
class Member:
    """What can be asked of a law `d` of type `Dist[T]` (or, for `logpdf`, `Base[T]`).

    takes:  its one argument is a value of the law, a probability, or there is none (`d.mean`).
    gives:  a number, or a value of the law.
    scalar: only for laws of single numbers (lifted: of arrays of independent numbers).
    """

    name: str
    takes: Literal["value", "probability", "nothing"]
    gives: Literal["number", "value"]
    scalar: bool
    doc: str


MEMBERS: Mapping[str, Member] = MappingProxyType(
    {
        member.name: member
        for member in (
            Member("logpdf", "value", "number", False, "The log density, or log mass, at x."),
            Member("cdf", "value", "number", True, "The probability of a value up to and including x."),
            Member("logcdf", "value", "number", True, "The logarithm of `cdf`."),
            Member("logccdf", "value", "number", True, "The log probability of a value above x."),
            Member("quantile", "probability", "value", True, "The least x with d.cdf(x) >= p."),
            Member("mean", "nothing", "number", False, "The expectation; an array for laws of arrays."),
        )
    }
)
