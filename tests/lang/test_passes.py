"""A pass may change the program, never what it means."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from pplc.lang import core
from pplc.lang.analysis import reads, statements
from pplc.lang.core_check import check_core
from pplc.lang.passes import PIPELINE, Pass
from pplc.lang.passes.constants import fold_constants
from pplc.lang.passes.dead_code import drop_dead_code
from pplc.lang.passes.independence import find_independent_loops
from pplc.lang.passes.inlining import inline_functions
from pplc.lang.passes.rewriting import with_expressions
from tests.support.meaning import lowered, meaning
from tests.support.programs import ARGUMENTS, Written, programs

PASSES = tuple(dict.fromkeys(PIPELINE))


def improved(program: core.Program) -> core.Program:
    for improve in PIPELINE:
        program = check_core(improve(program))
    return program


@pytest.mark.parametrize("improve", PASSES, ids=lambda improve: improve.__name__)
@settings(max_examples=40)
@given(written=programs())
def test_a_pass_keeps_the_meaning(improve: Pass, written: Written) -> None:
    program = lowered(written.program)
    assert meaning(check_core(improve(program)), ARGUMENTS) == meaning(program, ARGUMENTS)


@settings(max_examples=80)
@given(written=programs())
def test_the_whole_pipeline_keeps_the_meaning(written: Written) -> None:
    program = check_core(lowered(written.program))
    assert meaning(improved(program), ARGUMENTS) == meaning(program, ARGUMENTS)


def kinds(program: core.Program) -> list[str]:
    return [type(statement).__name__ for statement in statements(program.model.body)]


# ------------------------------------------------------------------ folding


def folded_return(expression: str) -> core.Expr:
    program = fold_constants(lowered(f"model m() {{ return {expression} }}"))
    last = program.model.body[-1]
    assert isinstance(last, core.Return)
    return last.value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3 - 4", "3"),
        ("0.1 + 0.2", "3/10"),
        ("1 / 3", "1/3"),
        ("7 // 2 + 7 % 2", "4"),
        ("-(2 - 5)", "3"),
        ("1 < 2 and not (3 <= 2)", "True"),
        ("2 >= 3 or 2 > 3", "False"),
        ('"a" == "a"', "True"),
        ("true != false", "True"),
        ("if 1 == 1 { 5 } else { 6 }", "5"),
    ],
)
def test_constants_are_folded_exactly(expression: str, value: str) -> None:
    found = folded_return(expression)
    assert isinstance(found, core.Literal)
    assert str(found.value) == value


@pytest.mark.parametrize("expression", ["1 / 0", "1 // 0", "1 % 0", "1.0 // 0.3"])
def test_what_fails_or_is_not_exact_in_floats_stays(expression: str) -> None:
    assert isinstance(folded_return(expression), core.Prim)


def test_a_very_long_number_is_not_made() -> None:
    power = " * ".join(["1000000000000000000000000000000"] * 60)
    assert isinstance(folded_return(power), core.Prim)


def test_a_branch_on_a_constant_is_taken() -> None:
    program = fold_constants(lowered("model m() { if 1 < 2 { x ~ Normal(0, 1); return x }; return 2.0 }"))
    assert kinds(check_core(program)) == ["Draw", "Return"]
    program = fold_constants(lowered("model m() { if 2 < 1 { return 1 } else { let a = 3 }; return 2 }"))
    assert kinds(check_core(program)) == ["Let", "Return"]


def test_a_reported_let_is_not_read_through() -> None:
    # `do(a = 5)` must reach what is computed from it.
    program = fold_constants(lowered("model m() { let a = 1; return a + 1 }"))
    last = program.model.body[-1]
    assert isinstance(last, core.Return)
    assert list(reads(last.value)) == ["a"]


# ------------------------------------------------------------------ inlining


def test_small_functions_are_inlined_and_recursive_ones_are_not() -> None:
    text = """
    let k = 2
    fn double(x: int) -> int { let y = x * k; return y }
    fn power(n: int) -> int { if n == 0 { return 1 }; return 2 * power(n - 1) }
    model m(n: int) { return double(n) + power(n) }
    """
    program = improved(lowered(text))
    calls = [statement for statement in program.model.body if isinstance(statement, core.Call)]
    assert [call.function for call in calls] == [core.Global("power")]


def test_an_inlined_closure_leaves_the_table() -> None:
    program = improved(lowered("model m(a: real) { let f = fn (x: real) => x * a; return f(2.0) }"))
    assert list(program.functions) == ["m"]
    assert "Call" not in kinds(program)


def test_a_large_function_is_inlined_where_it_is_called_once_only() -> None:
    body = " + ".join(["x * x"] * 20)
    once = f"fn f(x: int) -> int {{ return {body} }}\nmodel m(n: int) {{ return f(n) }}"
    twice = f"fn f(x: int) -> int {{ return {body} }}\nmodel m(n: int) {{ return f(n) + f(n + 1) }}"
    assert "Call" not in kinds(inline_functions(lowered(once)))
    assert kinds(inline_functions(lowered(twice))).count("Call") == 2


# ------------------------------------------------------------------ dead code


def test_unread_values_are_dropped_unless_they_may_fail_or_are_reported() -> None:
    text = """
    fn f(x: real[N], i: int) -> int {
      let unread = (i, i)
      let may_fail = x[i]
      return i
    }
    model m(x: real[N]) { let reported = (1, 2); return f(x, 0) }
    """
    program = drop_dead_code(lowered(text))
    names = [s.name for s in program.functions["f"].body if isinstance(s, core.Let)]
    assert names == ["may_fail"]
    assert [s.recorded for s in program.model.body if isinstance(s, core.Let)] == ["reported"]


def test_an_unfinished_array_may_fail_when_used() -> None:
    text = "fn f() -> int { a[1] := 3; let b = a; let c = (b, 1); return 2 }\nmodel m() { return f() }"
    program = drop_dead_code(lowered(text))
    assert [s.name for s in program.functions["f"].body if isinstance(s, core.Let)] == ["a", "b", "c"]


# ------------------------------------------------------------------ independence


def backwards(block: core.Block) -> core.Block:
    """A block with the rounds of its independent loops from the last to the first."""
    return tuple(_backwards(with_expressions(s, lambda expr: expr, backwards)) for s in block)


def _backwards(statement: core.Stmt) -> core.Stmt:
    if isinstance(statement, core.For) and statement.independent and statement.collect is None:
        return replace(statement, iterable=core.Prim("reverse", (statement.iterable,)))
    return statement


@settings(max_examples=60)
@given(written=programs())
def test_independent_rounds_may_run_in_any_order(written: Written) -> None:
    program = improved(lowered(written.program))
    main = replace(program.model, body=backwards(program.model.body))
    turned = replace(program, functions={**program.functions, "main": main})
    assert meaning(turned, ARGUMENTS) == meaning(program, ARGUMENTS)


def independence(
    body: str, parameters: str = "x: real[N], g: int[N], y: real?[N]", items: str = ""
) -> list[bool]:
    program = find_independent_loops(lowered(f"{items}\nmodel m({parameters}) {{ {body} }}"))
    return [s.independent for s in statements(program.model.body) if isinstance(s, core.For)]


@pytest.mark.parametrize(
    "body",
    [
        "theta[i] ~ Normal(0, 1) for i in 0..N",
        "for i in 0..N { observe x[i] ~ Normal(0, 1); condition(flip(0.5)) }",
        "for i in 0..N { a[i] := x[i] * 2.0; b[2 * i + 1] ~ Normal(a[i], 1) }",
        "for i in 0..N { var s = 0.0; s = s + x[i]; u ~ Normal(s, 1) }",
        "for v in x { u ~ Normal(v, 1) }",
        "let z = [v * 2.0 for v in x if v > 0.0]",
        "z[0] ~ Normal(0, 1); w[i] ~ Normal(z[0], 1) for i in 0..N",
        "for i in 0..N { observe y[i] ~ Normal(x[i], 1) }",
        "for i in 0..N { observe x[i] ~ Normal(x[g[i]], 1) }",
        "for i in 0..N { if g[i] > 0 { a[i] := 1.0 } else { a[i] := 2.0 } }",
    ],
)
def test_rounds_that_share_nothing_are_independent(body: str) -> None:
    assert all(independence(body))


@pytest.mark.parametrize(
    "body",
    [
        "z[0] ~ Normal(0, 1); for i in 1..N { z[i] ~ Normal(z[i-1], 1) }",
        "var s = 0.0; for v in x { s = s + v }",
        "for i in 0..N { a[g[i]] := 1.0 }",
        "for k in g { a[k] := 1.0 }",
        "for i in 0..N { a[i] := 1.0; b[i] := sum(a) }",
        "for i in 0..N { if x[i] > 0.0 { return 1.0 } }; return 2.0",
        "for i in 1..N { observe y[i] ~ Normal(if is_missing(y[i-1]) { 0.0 } else { 1.0 }, 1) }",
        "for i in 0..N { a[i] := 1.0; a[i + 1] := 2.0 }",
        "for i in 0..N { a[0 * i] := 1.0 }",
    ],
)
def test_rounds_that_read_or_write_the_same_are_not(body: str) -> None:
    assert not any(independence(body))


def test_each_loop_of_a_nest_is_judged_alone() -> None:
    assert independence("q[i, j] ~ Normal(0, 1) for i in 0..N, j in 0..i") == [True, True]
    text = "q[i, 0] := 1.0 for i in 0..N; for i in 0..N { for j in 1..N { q[i, j] := q[i, j - 1] } }"
    assert independence(text) == [True, True, False]


def test_a_memoised_function_draws_for_all_rounds() -> None:
    text = "f ~ mem(fn (k: int) => Bernoulli(0.5)); for i in 0..N { condition(f(g[i])) }"
    assert independence(text) == [False]
    items = "fn pure(k: int) -> int { return k * 2 }\nmodel other(k: int) { return flip(0.5) }"
    text = (
        "f ~ mem(fn (k: int) => Bernoulli(0.5)); let z = [pure(k) for k in g]; let w = [~other(k) for k in g]"
    )
    assert independence(text, items=items) == [True, False]
