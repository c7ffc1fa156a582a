"""What `check_core` refuses: each well-formed rule broken once."""

import pytest

from pplc.lang import core
from pplc.lang.core import Literal, Variable
from pplc.lang.core_check import Malformed, check_core
from pplc.lang.typesys import REAL

ONE, TRUE = Literal(1), Literal(True)
NORMAL = core.Law("Normal", (Literal(0), ONE))
RETURN = core.Return(ONE)
X = core.Let("x", ONE)
READ = core.Return(Variable("x"))


def draw(site: str, name: str = "x", *indices: core.Expr) -> core.Draw:
    return core.Draw(name, indices, core.Site(site, indices), NORMAL)


def program(*body: core.Stmt, kind: str = "model", others: tuple[core.Function, ...] = ()) -> core.Program:
    main = core.Function("main", "model" if kind == "model" else "fn", ("p",), (), body)
    entry = core.Function("start", "model", (), (), (RETURN,))
    return core.Program({f.name: f for f in (main, entry, *others)}, "start")


CAPTURING = core.Function("g", "fn", ("a",), ("c",), (RETURN,))
DENSITY = core.UserDensity("D", ("a",), "main", REAL)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ((READ,), "may not be bound"),
        ((core.If(TRUE, (X,), ()), READ), "may not be bound"),
        ((core.For("i", Literal(()), (X,)), READ), "may not be bound"),
        ((core.Assign("x", (), ONE), RETURN), "not bound"),
        ((core.Define("x", (ONE,), ONE), RETURN), "not bound"),
        ((draw("x", "x", ONE), RETURN), "not bound"),
        ((core.Observe("x", (), core.Site("x"), NORMAL, ONE), RETURN), "not bound"),
        ((X,), "without returning"),
        ((core.If(TRUE, (RETURN,), ()),), "without returning"),
        ((RETURN, X), "never reached"),
        ((core.If(TRUE, (RETURN,), (RETURN,)), RETURN), "never reached"),
        ((draw("x"), draw("x", "y"), RETURN), "drawn twice"),
        ((core.If(TRUE, (draw("x"),), ()), draw("x", "y"), RETURN), "drawn twice"),
        ((core.If(TRUE, (draw("f#1"),), (draw("f#1"),)), RETURN), "two sites"),
        ((core.Call("x", core.Global("g"), ()), RETURN), "captures"),
        ((core.Call("x", core.Global("main"), ()), RETURN), "0 arguments"),
        ((core.Let("x", core.Global("nobody")), RETURN), "no function"),
        ((core.Let("x", core.Global("infer")), RETURN), "only called"),
        ((core.Let("x", core.Closure("nobody", ())), RETURN), "no function"),
        ((core.Let("x", core.Closure("g", ())), RETURN), "captures 1"),
        ((core.Let("x", core.Prim("nothing", ())), RETURN), "no operation"),
        ((core.Let("x", core.Law("Nobody", ())), RETURN), "no family"),
        ((core.For("i", Literal(()), (), ONE), RETURN), "into nothing"),
        ((core.For("i", Literal(()), (), None, TRUE), RETURN), "without collecting"),
    ],
)
def test_a_malformed_function_is_refused(body: tuple[core.Stmt, ...], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        check_core(program(*body, others=(CAPTURING,)))


@pytest.mark.parametrize(
    "statement", [draw("x"), core.Weight("factor", ONE), core.Observe("", (), core.Site("s"), NORMAL, ONE)]
)
def test_a_deterministic_function_has_no_effects(statement: core.Stmt) -> None:
    with pytest.raises(Malformed, match="deterministic"):
        check_core(program(statement, RETURN, kind="fn"))


@pytest.mark.parametrize(
    "body",
    [
        (core.If(TRUE, (X,), (RETURN,)), READ),
        (core.If(TRUE, (draw("x"),), (draw("x"),)), READ),
        (core.If(TRUE, (draw("x"), RETURN), ()), draw("x"), READ),
        (core.For("i", Literal(()), (X,), Variable("x"), TRUE, "xs"), core.Return(Variable("xs"))),
        (core.While((X,), TRUE, (core.Assign("x", (), ONE),)), READ),
        (core.While((RETURN,), TRUE, ()),),
        (core.For("i", Literal(()), (RETURN,)), RETURN),
        (core.Call("x", core.Global("infer"), (Variable("p"),)), READ),
        (core.Call("x", core.Closure("g", ("p",)), (ONE,)), core.Fail("E0000", "")),
    ],
)
def test_a_well_formed_function_is_accepted(body: tuple[core.Stmt, ...]) -> None:
    good = program(*body, others=(CAPTURING,))
    assert check_core(good) is good


def test_the_program_as_a_whole_is_looked_at() -> None:
    functions = program(RETURN).functions
    fn = core.Function("f", "fn", ("a", "a"), (), (RETURN,))
    with pytest.raises(Malformed, match="no model"):
        check_core(core.Program({"f": fn}, "f"))
    with pytest.raises(Malformed, match="twice at its start"):
        check_core(core.Program({**functions, "f": fn}, "start"))
    with pytest.raises(Malformed, match="another name"):
        check_core(core.Program({**functions, "h": CAPTURING}, "start"))
    with pytest.raises(Malformed, match="density D"):
        check_core(core.Program(functions, "start", {"D": DENSITY}))
    law = core.Function("f", "fn", (), (), (core.Return(core.Law("D", ())),))
    density = core.UserDensity("D", ("p",), "main", REAL)
    with pytest.raises(Malformed, match="of 0 arguments"):
        check_core(core.Program({**functions, "f": law}, "start", {"D": density}))
