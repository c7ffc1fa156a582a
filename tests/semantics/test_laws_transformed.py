"""`Transformed`: chains are undone structurally; what cannot be undone is refused with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from scipy import integrate, stats

from pplc.lang import core
from pplc.semantics.laws import LawValue, make_law
from pplc.semantics.number import LogRat
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.source import Seeded
from pplc.semantics.values import Fault, FunctionValue, Value

F = Fraction
X = core.Variable("x")


def lit(value: int | Fraction) -> core.Literal:
    return core.Literal(value)


def prim(op: str, *args: core.Expr) -> core.Prim:
    return core.Prim(op, args)


def function(body: core.Expr | core.Block, captured: Mapping[str, Value] | None = None) -> FunctionValue:
    names = dict(captured or {})
    block = body if isinstance(body, tuple) else (core.Return(body),)
    return FunctionValue(core.Function("f", "fn", ("x",), tuple(names), block), tuple(names.values()))


def _evaluate(expression: core.Expr, env: Mapping[str, Value], exact: bool) -> Value:
    match expression:
        case core.Literal(value):
            return float(value) if isinstance(value, Fraction) and not exact else value
        case core.Variable(name):
            return env[name]
        case core.Prim(op, args, static):
            return PRIMITIVES[op](static, exact, *(_evaluate(arg, env, exact) for arg in args))
        case core.Cond(test, then, orelse):
            return _evaluate(then if _evaluate(test, env, exact) is True else orelse, env, exact)
        case _:
            raise AssertionError(expression)


def _caller(exact: bool) -> Callable[[FunctionValue, tuple[Value, ...]], Value]:
    def call(called: FunctionValue, arguments: tuple[Value, ...]) -> Value:
        env = dict(zip(called.function.captured, called.captured, strict=True))
        env["x"] = arguments[0]
        for statement in called.function.body:
            if isinstance(statement, core.Let):
                env[statement.name] = _evaluate(statement.value, env, exact)
            elif isinstance(statement, core.Return):
                return _evaluate(statement.value, env, exact)
        raise AssertionError("no return")

    return call


def law(family: str, *arguments: Value | None, exact: bool = False) -> LawValue:
    return make_law(family, arguments, 0, exact=exact, call=_caller(exact))


def weighed(one: LawValue, value: Value) -> Any:
    """Log density and dimension at a value."""
    return one.log_density_and_dimension(value)


def transformed(
    base: LawValue, body: Any, exact: bool = False, captured: Mapping[str, Value] | None = None
) -> LawValue:
    return law("Transformed", base, function(body, captured), exact=exact)


NORMAL = law("Normal", 0.3, 0.8)
POSITIVE = law("Gamma", 2.5, 1.5)
UNIT = law("Beta", 2.0, 3.0)

CHAINS: list[tuple[str, LawValue, core.Expr, float, float]] = [
    ("add", NORMAL, prim("add", lit(2), X), -3, 7),
    ("affine", NORMAL, prim("sub", prim("mul", lit(-3), X), lit(1)), -20, 20),
    ("reflection", NORMAL, prim("sub", lit(1), prim("neg", prim("div", X, lit(2)))), -3, 5),
    ("exp", NORMAL, prim("exp", prim("mul", X, lit(F(1, 2)))), 0, 30),
    ("log", POSITIVE, prim("log", X), -12, 4),
    ("log1p", POSITIVE, prim("log1p", X), 0, 5),
    ("expm1", NORMAL, prim("expm1", prim("real", X)), -1, 400),
    ("sqrt", POSITIVE, prim("sqrt", X), 0, 6),
    ("sigmoid", NORMAL, prim("sigmoid", X), 0, 1),
    ("logit", UNIT, prim("logit", X), -30, 30),
    ("tanh", NORMAL, prim("tanh", X), -1, 1),
    ("atan", NORMAL, prim("atan", X), -math.pi / 2, math.pi / 2),
    ("reciprocal", POSITIVE, prim("div", lit(2), X), 1e-9, 5000),
    ("inverse power", POSITIVE, prim("pow", X, lit(-1)), 1e-9, 5000),
    ("identity", POSITIVE, prim("pow", X, lit(1)), 0, 30),
    ("cube", NORMAL, prim("pow", X, lit(3)), -80, 80),
    ("square", NORMAL, prim("pow", X, lit(2)), 0, 40),
    ("root", POSITIVE, prim("pow", X, lit(F(1, 3))), 0, 4),
    ("absolute", NORMAL, prim("abs", X), 0, 6),
    ("power of two", NORMAL, prim("pow", lit(2), X), 0, 60),
    ("falling power", NORMAL, prim("pow", lit(F(1, 2)), X), 0, 60),
]


@pytest.mark.parametrize(("base", "body", "low", "high"), [c[1:] for c in CHAINS], ids=[c[0] for c in CHAINS])
def test_densities_of_images_integrate_to_one_and_give_the_mean_of_draws(
    base: LawValue, body: core.Expr, low: float, high: float
) -> None:
    image = transformed(base, body)

    def density(y: float) -> float:
        return math.exp(image.log_density(y))

    at = [float(image.draw(Seeded(6, slot=k))) for k in range(3)]  # type: ignore[arg-type]
    inner = sorted(y for y in at if low < y < high)
    total, _ = integrate.quad(
        density, low, high, points=[*inner, 0.0] if low < 0 < high else inner, limit=500
    )
    assert total == pytest.approx(1, abs=2e-4)
    # P(f(x) <= c) both ways: by the density of the image, and by the draws' law through the base.
    middle = inner[1]
    below, _ = integrate.quad(density, low, middle, points=[0.0] if low < 0 < middle else None, limit=500)
    call = _caller(False)

    def under(x: float) -> float:
        inside = float(call(function(body), (x,))) <= middle  # type: ignore[arg-type]
        return math.exp(base.log_density(x)) if inside else 0.0

    start = 1e-9 if base is not NORMAL else -8.0
    end = 1 - 1e-9 if base is UNIT else 30.0
    grid = [start + (end - start) * (k + 0.5) / 8_000 for k in range(8_000)]
    theirs = math.fsum(under(x) for x in grid) * (end - start) / 8_000
    assert below == pytest.approx(theirs, abs=2e-3)


NOT_MONOTONE = {"reciprocal", "inverse power", "square", "absolute"}


@pytest.mark.parametrize(("base", "body"), [c[1:3] for c in CHAINS], ids=[c[0] for c in CHAINS])
def test_distribution_functions_of_monotone_images_are_those_of_the_base(
    request: pytest.FixtureRequest, base: LawValue, body: core.Expr
) -> None:
    image, call = transformed(base, body), _caller(False)
    if request.node.callspec.id in NOT_MONOTONE:
        for ask in (image.log_cdf, image.log_ccdf, image.cdf, image.quantile):
            with pytest.raises(Fault) as caught:
                ask(0.5)
            assert caught.value.code == "E0511"
        return
    for x in (0.2, 0.5, 0.9):
        y: Any = call(function(body), (x,))
        lower: Any = call(function(body), (x - 0.1,))
        rises = y > lower
        below = base.log_cdf(x) if rises else base.log_ccdf(x)
        above = base.log_ccdf(x) if rises else base.log_cdf(x)
        assert image.log_cdf(y) == pytest.approx(below, rel=1e-9)
        assert image.log_ccdf(y) == pytest.approx(above, rel=1e-9)
        assert image.quantile(math.exp(below)) == pytest.approx(y, rel=1e-6)
    for far, below_far in ((-1e9, 0), (1e9, 1)):
        sides = math.exp(image.log_cdf(far)), math.exp(image.log_ccdf(far))
        assert sides == pytest.approx((below_far, 1 - below_far), abs=1e-9)


def test_falling_images_of_atoms_count_them_once() -> None:
    base = law("Mixture", (0.25, 0.75), (law("Delta", 0.0), NORMAL))
    mirrored = transformed(base, prim("neg", X))
    below = stats.norm(-0.3, 0.8).cdf(0)
    assert mirrored.cdf(0.0) == pytest.approx(0.25 + 0.75 * below)
    assert mirrored.log_ccdf(0.0) == pytest.approx(math.log(0.75 * (1 - below)))
    fractional = transformed(POSITIVE, prim("pow", X, lit(F(-1, 2))))
    assert fractional.log_cdf(2.0) == pytest.approx(POSITIVE.log_ccdf(0.25))
    assert fractional.log_cdf(0.0) == -math.inf


def test_images_can_be_truncated() -> None:
    one = law("Truncated", transformed(NORMAL, prim("exp", X)), 1.0, 3.0)
    theirs = stats.lognorm(0.8, scale=math.exp(0.3))
    assert one.log_density(2.0) == pytest.approx(theirs.logpdf(2) - math.log(theirs.cdf(3) - theirs.cdf(1)))
    drawn: Any = one.draw(Seeded(3))
    assert 1 <= drawn <= 3


def test_images_of_normals_are_known_laws() -> None:
    log_normal = transformed(NORMAL, prim("exp", X))
    assert log_normal.log_density(2.0) == pytest.approx(stats.lognorm(0.8, scale=math.exp(0.3)).logpdf(2))
    assert weighed(log_normal, -1.0) == (-math.inf, 1)
    affine = transformed(NORMAL, prim("add", lit(1), prim("mul", lit(2), X)))
    assert affine.log_density(0.7) == pytest.approx(stats.norm(1.6, 1.6).logpdf(0.7))
    assert affine.mean() == pytest.approx(1.6)
    assert affine.describe() == "`Transformed(Normal(0.3, 0.8), …)`"
    assert affine == transformed(NORMAL, prim("add", lit(1), prim("mul", lit(2), X)))
    with pytest.raises(Fault):
        log_normal.mean()


@pytest.mark.parametrize(
    ("op", "y"),
    [
        ("sqrt", -1.0),
        ("abs", -1.0),
        ("sigmoid", 1.5),
        ("tanh", 1.0),
        ("atan", 2.0),
        ("expm1", -1.0),
        ("log", 800.0),
        ("log1p", 800.0),
    ],
)
def test_values_that_the_function_never_takes_are_impossible(op: str, y: float) -> None:
    assert transformed(POSITIVE, prim(op, X)).log_density(y) == -math.inf


def test_zero_has_no_preimage_under_a_reciprocal() -> None:
    assert transformed(POSITIVE, prim("div", lit(1), X)).log_density(0.0) == -math.inf
    assert transformed(POSITIVE, prim("pow", X, lit(-2))).log_density(0.0) == -math.inf
    assert transformed(NORMAL, prim("pow", X, lit(2))).log_density(-1.0) == -math.inf


def test_affine_images_of_rational_laws_are_rational() -> None:
    base = law("Uniform", 0, 4, exact=True)
    image = transformed(base, prim("add", prim("div", X, lit(2)), lit(1)), exact=True)
    assert weighed(image, F(2)) == (LogRat(F(1, 2)), 1)
    reciprocal = transformed(base, prim("div", lit(1), X), exact=True)
    assert reciprocal.log_density(F(1, 2)) == LogRat(F(1))
    inverse = transformed(base, prim("pow", X, lit(-1)), exact=True)
    assert inverse.log_density(F(1, 2)) == LogRat(F(1))
    folded = transformed(base, prim("abs", prim("sub", X, lit(2))), exact=True)
    assert folded.log_density(F(1)) == LogRat(F(1, 2))
    assert folded.log_density(0) == LogRat(F(1, 4))
    root = transformed(base, prim("sqrt", X), exact=True)
    assert root.log_density(F(1)) == LogRat(F(1, 2))


def test_lets_and_captured_values_take_part() -> None:
    body = (
        core.Let("two", prim("add", lit(1), lit(1))),
        core.Let("scaled", prim("mul", X, core.Variable("c"))),
        core.Return(prim("add", core.Variable("scaled"), core.Variable("two"))),
    )
    image = transformed(NORMAL, body, captured={"c": 3.0})
    assert image.log_density(2.0) == pytest.approx(stats.norm(2.9, 2.4).logpdf(2))
    chosen = core.Cond(prim("lt", core.Variable("c"), lit(1)), lit(5), lit(7))
    assert transformed(NORMAL, prim("add", X, chosen), captured={"c": 3.0}).mean() == pytest.approx(7.3)


def test_finite_laws_go_through_any_function() -> None:
    base = law("UniformInt", -2, 2, exact=True)
    square = transformed(base, prim("mul", X, X), exact=True)
    masses = {value: w.value for value, w in square.masses() or () if isinstance(w, LogRat)}
    assert masses == {4: F(2, 5), 1: F(2, 5), 0: F(1, 5)}
    floats = transformed(law("UniformInt", -2, 2), prim("mul", X, X))
    assert floats.log_density(4) == pytest.approx(math.log(0.4))


def test_endless_discrete_laws_have_masses_at_images() -> None:
    doubled = transformed(law("Poisson", 2.0), prim("mul", lit(2), X))
    assert weighed(doubled, 4) == (pytest.approx(stats.poisson(2).logpmf(2)), 0)
    assert weighed(doubled, 3) == (-math.inf, 0)
    assert doubled.discrete
    assert doubled.masses() is None


def test_atoms_of_mixed_laws_are_moved() -> None:
    base = law("Mixture", (0.25, 0.75), (law("Delta", 0.0), NORMAL))
    image = transformed(base, prim("exp", X))
    assert weighed(image, 1.0) == (math.log(0.25), 0)
    assert weighed(image, 2.0)[1] == 1
    assert dict(image.atoms()) == pytest.approx({1.0: math.log(0.25)})
    square = transformed(base, prim("pow", X, lit(2)))
    assert weighed(square, 0.0) == (math.log(0.25), 0)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (prim("add", X, X), "both sides"),
        (prim("add", X, prim("pow", X, lit(3))), "both sides"),
        (prim("floor", X), "`floor` cannot be undone"),
        (prim("min", X, lit(1)), "`min` cannot be undone"),
        (prim("mul", X, lit(0)), "does not depend"),
        (prim("div", lit(0), X), "does not depend"),
        (prim("pow", X, lit(0)), "does not depend"),
        (prim("pow", lit(1), X), "does not depend"),
        (prim("add", lit(1), lit(2)), "does not depend"),
        (lit(1), "does not depend"),
        (core.Cond(prim("lt", X, lit(0)), X, lit(0)), "two cases"),
        ((core.Weight("factor", X),), "more than one expression"),
        (
            (core.Let("y", core.Law("Normal", (X, lit(1)))), core.Return(core.Variable("y"))),
            "does not depend",
        ),
        ((core.Let("y", core.Closure("g", ("x",))), core.Return(core.Variable("y"))), "does not depend"),
        (prim("add", X, core.Global("g")), "uses a distribution or a function"),
    ],
)
def test_what_cannot_be_undone_is_refused_with_its_reason(body: Any, why: str) -> None:
    with pytest.raises(Fault) as caught:
        transformed(NORMAL, body)
    assert caught.value.code == "E0523"
    assert why in caught.value.message


def test_functions_of_more_arguments_and_other_values_are_refused() -> None:
    two = FunctionValue(core.Function("f", "fn", ("x", "y"), (), (core.Return(X),)))
    for wrong in (two, 3):
        with pytest.raises(Fault) as caught:
            law("Transformed", NORMAL, wrong)
        assert caught.value.code == "E0523"
    with pytest.raises(Fault):
        law("Transformed", 3, two)
    with pytest.raises(Fault):
        law("Transformed", law("Normal", (0.0, 1.0), 1.0), function(prim("exp", X)))
