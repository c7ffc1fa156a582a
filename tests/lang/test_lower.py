"""Lowering: order of evaluation, sites, and every construct's meaning in Core."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.check import check_text
from pplc.lang.core_check import check_core
from pplc.lang.core_text import show
from pplc.lang.lower import lower
from pplc.lang.lower_types import written_type
from pplc.lang.parse import parse
from pplc.lang.syntax import Density, TypeDecl
from pplc.lang.typesys import INT, REAL, Real
from pplc.lang.typesys import show as show_type
from pplc.semantics.bound import Bound
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.values import Record, Value
from tests.support.meaning import lowered, probabilities
from tests.support.programs import Written, programs


def law(text: str) -> dict[Value, Fraction]:
    """The unnormalised measure of a program's value, as rationals."""
    found: dict[Value, Fraction] = {}
    for value, weight in probabilities(text).items():
        assert isinstance(weight, LogRat)
        found[value] = Fraction(weight.value)
    return found


def value(body: str, items: str = "") -> Value:
    """What a model without randomness returns."""
    found = law(f"{items}\nmodel m() {{ {body} }}")
    assert list(found.values()) == [1]
    return next(iter(found))


def sites(text: str) -> list[str]:
    """The sites of the entry, with the variables of their indices."""
    found: list[str] = []
    for statement in statements(lowered(text).model.body):
        if isinstance(statement, core.Draw | core.Observe):
            site = statement.site
            names = [index.name if isinstance(index, core.Variable) else "?" for index in site.indices]
            found.append(f"{site.name}[{', '.join(names)}]" if names else site.name)
    return found


HALF = Fraction(1, 2)
COIN = "model K(p: unit) { return flip(p) }\n"


@settings(max_examples=60)
@given(written=programs())
def test_what_lowering_makes_is_well_formed(written: Written) -> None:
    assert check_core(lowered(written.program)).entry == "main"


# ------------------------------------------------------------------ order of evaluation


def test_operands_are_evaluated_from_left_to_right() -> None:
    # The left operand is read before the block on the right changes it.
    assert value("var x = 1; return x + if true { x = 5; x } else { 0 }") == 6
    assert value("var x = 1; return (x, if true { x = 5; x } else { 0 }, x)") == (1, 5, 5)
    assert value("var x = 1; let p = [x, x + 1, if true { x = 7; 3 } else { 0 }]; return p") == (1, 2, 3)


def test_an_error_on_the_left_comes_before_a_weight_on_the_right() -> None:
    # If the condition came first, the run would be impossible instead.
    text = "model m(x: real[N]) { return (x[9], if true { condition(false); 1 } else { 0 }) }"
    program = lowered(text)
    kinds = [type(statement).__name__ for statement in program.model.body]
    assert kinds.index("Let") < kinds.index("If")


def test_and_or_evaluate_only_what_they_need() -> None:
    text = "model m() { return (flip(0.5) and (if true { weight(0.5); true } else { false }), 1) }"
    assert law(text) == {(False, 1): HALF, (True, 1): HALF / 2}
    text = "model m() { return flip(0.5) or (if true { weight(0.5); false } else { false }) }"
    assert law(text) == {True: HALF, False: HALF / 2}
    assert value("let xs = [i for i in 0..2 if i > 0]; return false and xs[5] == 1") is False


def test_a_chain_of_comparisons_evaluates_its_middle_once_and_stops_early() -> None:
    assert law("model m() { return 0 < int(flip(0.5)) < 2 }") == {True: HALF, False: HALF}
    text = "model m() { return 1 < 0 < (if true { weight(0.5); 3 } else { 0 }) }"
    assert law(text) == {False: Fraction(1)}
    assert value("return 1 < 2 <= 2 < 3 != 4") is True


def test_keyword_arguments_are_evaluated_in_their_order_in_the_source() -> None:
    items = "fn f(a: int, b: int) -> int { return 10 * a + b }"
    assert value("var x = 1; return f(b = x, a = if true { x = 2; x } else { 0 })", items) == 21


def test_what_is_evaluated_for_nothing_may_still_fail() -> None:
    text = "model m(x: real[N]) { x[5]; if x[6] > 0 { }; return 1 }"
    shown = show(lower(check_text(text)))
    assert "x[5]" in shown
    assert "if (x[6] > 0)" in shown


# ------------------------------------------------------------------ statements


def test_blocks_are_expressions() -> None:
    assert value("let x = if 1 < 2 { let a = 3; a * a } else { 4 }; return x") == 9
    assert value("fn_(); return 1".replace("fn_(); ", "")) == 1
    assert value("var t = 0; for i in 0..3, j in 0..i { t = t + 10 * i + j }; return t") == 51
    assert (
        value(
            "var t = 0; t = t + i for i in 0..3; return t".replace(
                "t = t + i for i in 0..3", "for i in 0..3 { t = t + i }"
            )
        )
        == 3
    )
    assert value("var n = 5; var k = 0; while n > 1 { n = n // 2; k = k + 1 }; return k") == 2


def test_a_body_ends_with_its_last_expression_or_with_unit() -> None:
    assert value("return double(2)", "fn double(x: int) => 2 * x") == 4
    assert law("model m() { condition(flip(0.5)) }") == {(): HALF}
    assert law("model m() { if flip(0.5) { weight(0.5) } }") == {(): Fraction(3, 4)}
    assert law("model m() { return }") == {(): Fraction(1)}


def test_code_after_a_return_on_every_way_is_left_out() -> None:
    text = "model m(b: bool) { if b { return 1 } else { return 2 } }"
    assert [type(s).__name__ for s in lowered(text).model.body] == ["If"]


def test_patterns_take_values_apart() -> None:
    items = """
    type Shape = Dot | Circle(r: int) | Box(w: int, h: (int, bool))
    fn size(s: Shape) -> int {
      return match s { Dot => 0, Circle(0) => -1, Circle(r) => r, Box(w, (h, true)) => w * h, Box(w, _) => w }
    }
    """
    shapes = "[Dot, Circle(0), Circle(7), Box(2, (3, true)), Box(h = (3, false), w = 4)]"
    assert value(f"return [size(s) for s in {shapes}]", items) == (0, -1, 7, 6, 4)
    assert value("let (a, (b, c)) = (1, (2, 3)); return a + 10 * b + 100 * c") == 321
    assert value("return [a - b for (a, b) in zip([5, 6], [1, 2])]") == (4, 4)
    assert value('return [match s { "a" => 1, _ => 2 } for s in ["a", "b"]]') == (1, 2)
    assert value("return [match x { -1 => 1, 0.5 => 2, _ => 3 } for x in [-1.0, 0.5, 2.0]]") == (1, 2, 3)
    assert value("return match (true, false) { (true, true) => 1, (false, _) => 2, (_, false) => 3 }") == 3


def test_sizes_in_tuples_and_records_are_found() -> None:
    text = "model m(t: (int, (a: real[N], b: real[M + 2, L]))) { return (N, M, L) }"
    argument: Value = (1, Record(("a", "b"), ((1, 2, 3), ((1,), (2,), (3,)))))
    measure = denote(Bound(lowered(text), {"t": argument}), Nested(), lambda run: run.value)
    assert list(measure.masses) == [(3, 1, 1)]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("simplex[K]", "simplex[K]"),
        ("array[3] chol[K + 1]", "array[3] chol[K + 1]"),
        ("(int, [bool])", "(int, [bool])"),
        ("(a: positive, b: unit?)", "(a: positive, b: unit?)"),
        ("fn(real, string) -> Dist[int]", "fn(real, string) -> Dist[int]"),
        ("Model[Base[real]]", "Model[Base[real]]"),
        ("()", "()"),
        ("Other", "real[K]"),
        ("Sum", "Sum"),
    ],
)
def test_a_written_type_becomes_a_type(written: str, shown: str) -> None:
    text = f"type Other = real[K]\ntype Sum = A | B\ndensity D(x: real[K]) on {written} = fn (y: int) => 0.0"
    (density,) = (item for item in parse(text).items if isinstance(item, Density))
    aliases = {
        item.name: item.alias for item in parse(text).items if isinstance(item, TypeDecl) and item.alias
    }
    assert show_type(written_type(density.support, aliases)) == shown


def test_the_last_arm_of_a_match_needs_no_test() -> None:
    text = "type S = A | B(n: int)\nmodel m(s: S) { return match s { A => 1, B(n) => n } }"
    assert "is_tag<B>" not in show(lowered(text))
    text = "model m(b: bool) { return match b { true => 1, false => 2 } }"
    assert [type(s).__name__ for s in lowered(text).model.body] == ["Return"]
    assert value("return match 1 { _ => 2 }") == 2


def test_comprehensions_loop_filter_and_flatten() -> None:
    assert value("return [i * i for i in 0..4 if i % 2 == 1]") == (1, 9)
    assert value("return [10 * i + j for i in 0..3, j in 0..i]") == (10, 20, 21)
    assert law("model m() { return [flip(0.5) for i in 0..2 if flip(0.5)] }")[()] == Fraction(1, 4)


def test_map_filter_and_fold_are_loops() -> None:
    assert value("return map(fn (x: int) => x + 1, [1, 2])") == (2, 3)
    assert value("return filter(fn (x: int) => x > 1, [1, 2, 3])") == (2, 3)
    assert value("return fold(fn (a: int, x: int) => 10 * a + x, 0, [1, 2, 3])") == 123
    assert value("return map(abs, [-1, 2])") == (1, 2)
    assert value("return map(Circle, [1])", "type S = Circle(r: int) | Dot") == value(
        "return [Circle(1)]", "type S = Circle(r: int) | Dot"
    )
    assert law("model m() { return all(map(flip, [0.5, 0.25])) }")[True] == Fraction(1, 8)


def test_everything_that_can_be_called_is_a_value() -> None:
    assert value("let f = abs; return f(-2)") == 2
    assert value("let g = double; return g(2)", "fn double(x: int) => 2 * x") == 4
    assert value("let c = Circle; return c(3) == Circle(3)", "type S = Circle(r: int) | Dot") is True
    assert law("model m() { let f = flip; return f(0.25) }")[True] == Fraction(1, 4)
    assert law("model m() { let d = Bernoulli; return ~d(0.25) }")[True] == Fraction(1, 4)
    assert law("model c(p: unit) { return flip(p) }\nmodel m() { let k = c; return ~k(0.25) }")[
        True
    ] == Fraction(1, 4)
    assert value("let d = UniformInt(0, 3); let f = d.cdf; return f(0) == d.cdf(0)") is True
    assert law(COIN + "model m() { let k = K; return ~k(0.25) }")[True] == Fraction(1, 4)
    assert value("return (a: 1, mean: 2).mean") == 2
    assert value("let t = (1, 2); return t[1]") == 2
    assert value("return UniformInt(0, 2).mean") == 1


def test_anonymous_draws_are_named_after_what_is_called() -> None:
    text = "model g() { return Bernoulli(0.5) }"
    text += "\nmodel m() { let a = ~~g(); let b = ~(model () => 1)() }"
    assert sites(text) == ["g#1", "g#2", "model#3"]


def test_a_condition_on_a_var_is_kept_as_it_was() -> None:
    # The element changes the very variable that the condition read.
    body = "var k = true; let a = [if true { k = not k; 1 } else { 0 } for i in 0..3 if k]; return a"
    assert value(body) == (1,)


def test_constants_of_the_library() -> None:
    assert value("return 3.14 < pi < 3.15 and infinity > 0") is True


def test_a_density_is_a_value_too() -> None:
    text = "density K(a: real) on real = fn (x: real) => a\nmodel m() { let k = K; observe 1.0 ~ k(2) }"
    program = lowered(text)
    assert program.functions["K#1"].body == (core.Return(core.Law("K", (core.Variable("x1"),))),)


def test_top_level_lets_are_read_where_they_are_named() -> None:
    items = "let (a, b) = (2, 3)\nlet f = fn (x: int) => x * a\nlet infer = 5"
    assert value("return f(b) + infer", items) == 11


def test_a_function_may_be_called_infer() -> None:
    assert value("return infer(2)", "fn infer(x: int) => x + 1") == 3


def test_infer_takes_its_keywords() -> None:
    text = """
    model inner(b: bool) { x ~ Bernoulli(0.5); condition(b); return x }
    model m() { return ~infer(inner(false), otherwise = Bernoulli(0.25)) }
    """
    assert law(text)[True] == Fraction(1, 4)


def test_values_lists_a_finite_type() -> None:
    items = "type S = A | B(x: bool, t: T)\ntype T = C | D"
    found = value("return values(S) == [A, B(false, C), B(false, D), B(true, C), B(true, D)]", items)
    assert found is True
    assert value("return len(values(S)) + len(values(bool))", "type S = A | B") == 4


# ------------------------------------------------------------------ laws


@pytest.mark.parametrize(
    ("written", "parametrisation", "arguments"),
    [
        ("Normal(1, 2)", 0, ["1", "2"]),
        ("Normal(sd = 2, mean = 1)", 0, ["1", "2"]),
        ("Normal(1, variance = 4)", 1, ["1", "4"]),
        ("Normal(precision = 4, mean = 1)", 2, ["1", "4"]),
        ("NegativeBinomial(mean = 3, dispersion = 2)", 1, ["3", "2"]),
        ("Zipf(2)", 0, ["2", "_"]),
        ("Truncated(Normal(0, 1), upper = 3)", 0, ["?", "_", "3"]),
        ("Uniform(0, 1)", 0, ["0", "1"]),
        ("Uniform([0, 1])", 0, ["?"]),
    ],
)
def test_arguments_of_laws_stand_in_order(written: str, parametrisation: int, arguments: list[str]) -> None:
    (draw,) = (s for s in lowered(f"model m() {{ x ~ {written} }}").model.body if isinstance(s, core.Draw))
    assert isinstance(draw.law, core.Law)
    assert draw.law.parametrisation == parametrisation
    shown = [
        "_" if a is None else str(a.value) if isinstance(a, core.Literal) else "?" for a in draw.law.args
    ]
    assert shown == arguments


def test_a_density_of_the_users_is_a_function_that_gives_a_function() -> None:
    text = "density Tri(a: real, b: real) on real = fn (x: real) => a * x + b"
    text += "\nmodel m() { observe 1.0 ~ Tri(b = 1, a = 2) }"
    program = check_core(lowered(text))
    density = program.densities["Tri"]
    assert (density.parameters, density.support) == (("a", "b"), REAL)
    assert isinstance(program.functions["Tri"].body[-1], core.Return)
    (observe,) = (s for s in program.model.body if isinstance(s, core.Observe))
    assert isinstance(observe.law, core.Law)
    assert [a.value for a in observe.law.args if isinstance(a, core.Literal)] == [2, 1]


# ------------------------------------------------------------------ sites


def test_anonymous_draws_are_numbered_in_the_order_of_the_source() -> None:
    text = """
    model g(p: unit) { return flip(p) }
    model m() {
      let a = flip(0.5)
      let b = ~g(0.5) or ~Bernoulli(0.5)
      observe a ~ Bernoulli(0.5)
      observe 1 + 1 ~ Poisson(3)
      return ~(if a { Bernoulli(0.1) } else { Bernoulli(0.2) })
    }
    """
    assert sites(text) == ["flip#1", "g#2", "Bernoulli#3", "observe#1", "observe#2", "draw#4"]


def test_draws_in_loops_carry_their_indices() -> None:
    text = """
    model m(xs: real[N]) {
      for i in 0..N { x ~ Normal(0, 1); y[i] ~ Normal(x, 1); for j in 0..i { u ~ Normal(0, 1) } }
      let z = [flip(0.5) for k in 0..N]
      w[t] ~ Normal(0, 1) for t in 0..N
    }
    """
    assert sites(text) == ["x[i]", "y[i]", "u[i$2, j]".replace("$2", ""), "flip#1[k]", "w[t]"]


def test_loops_over_other_things_count_only_where_a_site_needs_it() -> None:
    text = "model m(xs: real[N]) { var s = 0.0; for x in xs { s = s + x }; for x in xs { u ~ Normal(x, 1) } }"
    loops = [s for s in statements(lowered(text).model.body) if isinstance(s, core.For)]
    assert [isinstance(loop.iterable, core.Prim) for loop in loops] == [False, True]
    runs = law("model m() { var n = 0; while n < 2 { x ~ Bernoulli(0.5); n = n + 1 }; return n }")
    assert runs == {2: Fraction(1)}
    text = "model m() { var n = 0; while n < 2 { x ~ Bernoulli(0.5); n = n + 1 }; return n }"
    measure = denote(Bound(lowered(text)), Nested(), lambda run: tuple(run.variables()))
    assert list(measure.masses) == [(("x", (0,)), ("x", (1,)))]


def test_observations_of_data_know_their_place() -> None:
    text = """
    model m(y: real?[N], x: real[N], k: int) {
      observe y ~ Normal(0, 1)
      observe y[k] ~ Normal(0, 1)
      observe x[0..2] ~ Normal(0, 1)
      observe x[k] + 1 ~ Normal(0, 1)
    }
    """
    observed = [s for s in lowered(text).model.body if isinstance(s, core.Observe)]
    assert [(o.name, len(o.indices), o.site.name) for o in observed] == [
        ("y", 0, "y"),
        ("y", 1, "y"),
        ("", 0, "observe#1"),
        ("", 0, "observe#2"),
    ]


def test_lets_of_the_body_of_a_model_are_reported() -> None:
    text = """
    model m(b: bool) {
      let x = 1
      let f = fn (y: int) => y
      let d = Normal(0, 1)
      let (p, q) = (2, 3)
      if b { let inner = 4 }
      for i in 0..3 { let looped = i }
      var v = 2
      return x
    }
    """
    lets = [s for s in statements(lowered(text).model.body) if isinstance(s, core.Let)]
    assert [s.recorded for s in lets if s.recorded] == ["x", "p", "q"]
    text = "fn f() -> int { let x = 1; return x }\nmodel m() { return f() }"
    assert not any(s.recorded for s in lowered(text).functions["f"].body if isinstance(s, core.Let))


# ------------------------------------------------------------------ sizes, types, the whole


def test_sizes_are_bound_first_and_offsets_solved() -> None:
    program = lowered("model m(p: (a: real[N + 1], b: int), w: array[K] simplex[M]) { return (N, K, M) }")
    data: dict[str, Value] = {}
    checked = denote(
        Bound(
            lowered(
                "model m(x: real[N + 1], w: array[K] simplex[M], t: (int, real[L])) { return (N, K, M, L) }"
            ),
            {"x": (1, 2, 3), "w": ((HALF, HALF),), "t": (0, (1, 2, 3, 4))} | data,
        ),
        Nested(),
        lambda run: run.value,
    )
    assert list(checked.masses) == [(2, 1, 2, 4)]
    assert [s.name for s in program.model.body if isinstance(s, core.Let)] == ["N", "K", "M"]
    assert program.model.variables["N"] == INT


def test_types_of_variables_are_kept() -> None:
    program = lowered("model m(y: real[N]) { x ~ Normal(0, 1); let f = fn (k: int) => k + x; return f(2) }")
    assert isinstance(program.model.variables["x"], Real)
    assert program.functions["m@1"].variables["k"] == INT
    assert isinstance(program.functions["m@1"].variables["x"], Real)


def test_every_statement_and_expression_has_its_place() -> None:
    text = "model m(y: real[N]) { x ~ Normal(0, 1); observe y[i] ~ Normal(x, 1) for i in 0..N; return x + 1 }"
    for statement in statements(lowered(text).model.body):
        assert statement.span.line == 1


def test_lower_runs_the_passes_and_takes_an_entry() -> None:
    checked = check_text("model a() { return 1 + 1 }\nmodel b() { return 2 }\nquery evidence")
    assert lower(checked).entry == "b"
    program = lower(checked, "a")
    assert program.entry == "a"
    assert program.model.body == (core.Return(core.Literal(2)),)
    assert len(program.queries) == 1


def test_core_as_text() -> None:
    text = """
    model m(y: real?[N], k: int) {
      var s = 0
      a[0] := 1.0
      for i in 0..N { observe y[i] ~ Normal(a[0], 1); if k < i { s = s + 1 } else { weight(0.5) } }
      while s > 3 { s = s - 1 }
      let f = fn (x: int) => x + k
      let ys = [f(i) for i in 0..3]
      let xs = [i for i in 0..3 if i > k]
      let d = Zipf(2, n = 3)
      z ~ Normal(0, variance = 2)
      let v = ~infer(m2(), otherwise = Bernoulli(0.5))
      return match k { 0 => "a", _ => "b" }
    }
    model m2() { return true }
    """
    shown = show(lowered(text, "m"))
    for line in (
        "fn m@1(x) with k",
        "entry model m(y, k)",
        "  let a = growing<1>()",
        "  a[0] := 1",
        "    observe y[i] ~ Normal(a[0], 1) into y[i]  @ y[i]",
        "    else",
        "      weight 1/2",
        "  while (s > 3)",
        "  collect i$3 if (i$3 > k) into $",
        "  let d = Zipf(2, 3)",
        "  z ~ Normal'1(0, 2)  @ z",
        "otherwise=Bernoulli(1/2)",
    ):
        assert line in shown, line
