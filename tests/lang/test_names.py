"""What names stand for. The messages of wrong programs stand in tests/programs/bad."""

from __future__ import annotations

import pytest

from pplc.lang import syntax as s
from pplc.lang.diagnostics import Rejected
from pplc.lang.names import resolve, resolve_query
from pplc.lang.parse import parse, parse_query
from pplc.lang.scope import Binding, Resolution
from pplc.lang.suggest import did_you_mean, distance, nearest
from pplc.lang.walk import children


def every(node: s.Node) -> list[s.Node]:
    found = [node]
    for child in children(node):
        found += every(child)
    return found


def uses(names: Resolution, text: str) -> list[Binding]:
    """The bindings of a name wherever it is used, in source order."""
    return [
        names.of[id(node)]
        for node in every(names.program)
        if isinstance(node, s.Name | s.Bind | s.Target) and node.name == text and id(node) in names.of
    ]


def resolved(text: str) -> Resolution:
    return resolve(parse(text))


def errors(text: str) -> list[tuple[str, int]]:
    with pytest.raises(Rejected) as caught:
        resolved(text)
    return [(diagnostic.code, diagnostic.span.line) for diagnostic in caught.value.diagnostics]


def function(names: Resolution, name: str) -> s.Function:
    item = names.globals[name]
    assert isinstance(item, s.Function)
    return item


# ------------------------------------------------------------------ scopes


def test_items_see_each_other_whatever_their_order() -> None:
    names = resolved(
        "model m() { return f(k) }\nfn f(x: int) -> int { return g(x) }\nfn g(x: int) => x + k\nlet k = 3"
    )
    assert [binding.kind for binding in uses(names, "k")] == ["global", "global", "global"]
    assert [binding.kind for binding in uses(names, "g")] == ["global"]


def test_sibling_blocks_may_use_a_name_again_and_their_variables_differ() -> None:
    names = resolved("model m(b: bool) { if b { let x = 1; return x } else { let x = 2; return x } }")
    assert [binding.unique for binding in uses(names, "x")] == ["x", "x", "x$2", "x$2"]


def test_comprehensions_and_parameters_of_anonymous_functions_may_shadow() -> None:
    names = resolved("model m(x: real[N]) { return ([x for x in x], fn (x: int) => x + 1, x) }")
    assert [binding.unique for binding in uses(names, "x")] == ["x$2", "x$2", "x", "x$3", "x"]


@pytest.mark.parametrize(
    "body",
    [
        "let x = 1; for x in 0..3 { }",
        "let x = 1; match 2 { x => x }",
        "let x = 1; x ~ Normal(0, 1)",
        "var x = 1; for i in 0..3 { x ~ Normal(0, 1) }",
        "let (x, x) = (1, 2)",
        "x[0] ~ Normal(0, 1); let x = 2",
        "x ~ Normal(0, 1); x[1] ~ Normal(0, 1)",
    ],
)
def test_an_inner_block_may_not_define_a_name_again(body: str) -> None:
    assert errors(f"model m() {{ {body} }}") == [("E0202", 1)]


@pytest.mark.parametrize(
    "body",
    [
        "if b { x ~ Normal(0, 1) } else { x ~ Normal(1, 1) }",
        "if b { x ~ Normal(0, 1); return x }; x ~ Normal(1, 1); return x",
        "match 1 { 0 => { x ~ Normal(0, 1) }, 1 => { x ~ Normal(1, 1); return x }, _ => { } }",
        "let f = model () { x ~ Normal(0, 1); return x }; if b { x ~ f() }",
    ],
)
def test_draws_of_one_name_in_arms_that_exclude_each_other_are_fine(body: str) -> None:
    assert uses(resolved(f"model m(b: bool) {{ {body} }}"), "x")


@pytest.mark.parametrize(
    "body",
    [
        "if b { x ~ Normal(0, 1) }; if not b { x ~ Normal(1, 1) }",
        "if b { x ~ Normal(0, 1) }; for i in 0..3 { x ~ Normal(1, 1) }",
        "if b { let x = 3 } else { }; x[0] ~ Normal(0, 1)",
        "match 1 { 0 => { x ~ Normal(0, 1) }, _ => { } }; while b { x ~ Normal(0, 1) }",
        "if b { if b { x ~ Normal(0, 1) } else { return 1 } }; if b { x ~ Normal(1, 1) }",
        "let y = if b { x ~ Normal(0, 1); x } else { 0.0 }; x ~ Normal(0, 1)",
        "if b { x ~ Normal(0, 1) }; let f = 1; let x = 2",
    ],
)
def test_two_draws_of_a_run_may_not_share_a_name(body: str) -> None:
    text = f"model noise(p: int) {{ return flip(0.5) }}\nmodel m(b: bool) {{ {body} }}"
    assert [code for code, _ in errors(text)] == ["E0202"]


def test_arrays_defined_by_elements_belong_to_the_function() -> None:
    names = resolved("model m(n: int) { for i in 0..n { z[i] ~ Normal(0, 1) }; a[0] := z[0]; return (z, a) }")
    main = function(names, "m")
    assert [(array.name, array.rank) for array in names.arrays[id(main)]] == [("z", 1), ("a", 1)]
    assert {binding.unique for binding in uses(names, "z")} == {"z"}


def test_a_plain_draw_in_a_loop_is_local_to_it() -> None:
    assert errors("model m(n: int) {\n for i in 0..n { x ~ Normal(0, 1) }\n return x }") == [("E0201", 3)]


def test_arrays_of_an_anonymous_model_are_its_own() -> None:
    names = resolved("model m() { let f = model () { z[0] ~ Normal(0, 1); return z[0] }; return f }")
    inner = next(node for node in every(names.program) if isinstance(node, s.Lambda))
    assert [array.name for array in names.arrays[id(inner)]] == ["z"]
    assert names.arrays[id(function(names, "m"))] == ()
    assert errors("model m() { z[0] ~ Normal(0, 1); let f = model () { z[1] ~ Normal(0, 1) } }") == [
        ("E0202", 1)
    ]


# ------------------------------------------------------------------ sizes


def test_size_names_are_numbers_in_scope() -> None:
    names = resolved(
        "model m(x: real[N], w: array[K] simplex[M], p: (real[A + 1], int)) { return N + K + M + A }"
    )
    assert [size.unique for size in names.sizes[id(function(names, "m"))]] == ["N", "K", "M", "A"]
    assert {binding.kind for name in "NKMA" for binding in uses(names, name)} == {"size"}


def test_a_parameter_or_a_top_level_let_may_give_the_size() -> None:
    names = resolved("let K = 3\nmodel m(N: int, x: real[N], z: simplex[K]) { return N + K }")
    assert names.sizes[id(function(names, "m"))] == ()
    assert [binding.kind for binding in uses(names, "N")] == ["local"]


def test_an_anonymous_function_knows_the_sizes_around_it() -> None:
    names = resolved("model m(x: real[N]) { return fn (y: real[N], z: real[L]) => N + L }")
    inner = next(node for node in every(names.program) if isinstance(node, s.Lambda))
    assert [size.name for size in names.sizes[id(inner)]] == ["L"]
    assert [binding.name for binding in names.captures[id(inner)]] == ["N"]


def test_the_size_names_of_an_alias_belong_to_the_parameters_that_use_it() -> None:
    names = resolved("type Table = real[R, C]\nmodel m(t: Table) { return R * C }")
    assert [size.name for size in names.sizes[id(function(names, "m"))]] == ["R", "C"]


# ------------------------------------------------------------------ types, constructors


def test_a_single_constructor_that_names_a_type_is_an_alias() -> None:
    names = resolved("type Celsius = real\ntype Box = Box(x: real)\ntype One = One\ntype Point = (x: real)")
    assert list(names.aliases) == ["Celsius", "Point"]
    assert list(names.sums) == ["Box", "One"]
    assert names.owners == {"Box": "Box", "One": "One"}


def test_a_pattern_that_names_a_constructor_is_that_constructor() -> None:
    names = resolved("type S = A | B(n: int)\nfn f(s: S) -> int { return match s { A => 1, B(n) => n } }")
    assert [binding.kind for binding in uses(names, "A")] == ["constructor"]
    assert [binding.kind for binding in uses(names, "n")] == ["local", "local"]


def test_what_the_language_brings_may_be_shadowed() -> None:
    names = resolved(
        "model m(condition: bool, sum: int, Normal: real) { let weight = sum; return (condition, Normal) }"
    )
    for name in ("condition", "sum", "Normal"):
        assert [binding.kind for binding in uses(names, name)] == ["local"]
    names = resolved("fn exp(x: real) => x\nmodel m() { return exp(1.0) }")
    assert [binding.kind for binding in uses(names, "exp")] == ["global"]


def test_a_type_is_a_name_where_no_value_is() -> None:
    names = resolved("type S = A | B\nmodel m() { s ~ Uniform(values(S)); return (s, int(true)) }")
    assert [binding.kind for binding in uses(names, "S")] == ["type"]
    assert [binding.kind for binding in uses(names, "int")] == ["builtin"]


def test_types_of_the_language_cannot_be_defined_again() -> None:
    assert errors("type real = int") == [("E0202", 1)]


# ------------------------------------------------------------------ captures and var


def test_functions_capture_through_functions() -> None:
    names = resolved("model m(a: int, b: int) { return fn (x: int) => fn (y: int) => a + x + y }")
    outer, inner = (node for node in every(names.program) if isinstance(node, s.Lambda))
    assert [binding.name for binding in names.captures[id(outer)]] == ["a"]
    assert [binding.name for binding in names.captures[id(inner)]] == ["a", "x"]


def test_a_function_may_have_a_var_of_its_own() -> None:
    text = "model m() { return fn (n: int) -> int { var s = 0; for i in 0..n { s = s + i }; return s } }"
    assert [binding.mutable for binding in uses(resolved(text), "s")] == [True] * 3


@pytest.mark.parametrize("target", ["k", "N", "f", "p"])
def test_only_a_var_is_assigned(target: str) -> None:
    text = f"let k = 1\nfn f(p: real[N]) -> int {{\n {target} = 2\n return 1 }}"
    assert errors(text) == [("E0203", 3)]


# ------------------------------------------------------------------ all errors at once


def test_every_unknown_name_is_reported_once_in_a_function() -> None:
    text = "fn f() -> int { return q + q }\nfn g() -> int {\n return q + r }"
    assert errors(text) == [("E0201", 1), ("E0201", 3), ("E0201", 3)]


def test_a_long_circle_is_found_and_a_recursive_function_is_none() -> None:
    assert errors("let a = f(1)\nfn f(x: int) -> int { return g(x) }\nfn g(x: int) -> int { return a }") == [
        ("E0208", 1)
    ]
    assert resolved("fn f(x: int) -> int { return f(x - 1) }\nlet a = f(1)").globals.keys() == {"f", "a"}


@pytest.mark.parametrize(
    "body",
    [
        "return match 1 { " + ", ".join(f"{i} => {i}" for i in range(101)) + ", _ => 0 }",
        "return " + " < ".join(["1"] * 200),
        "x ~ Normal(0, 1) for " + ", ".join(f"i{k} in 0..2" for k in range(101)),
    ],
)
def test_what_would_nest_too_deep_is_refused(body: str) -> None:
    assert errors(f"model m() {{ {body} }}") == [("E0108", 1)]


# ------------------------------------------------------------------ queries

QUERIED = """
model other() { o ~ Normal(0, 1); return o }
model m(y: real[N]) {
  mu ~ Normal(0, 1)
  let twice = mu * 2
  for i in 0..N { inner ~ Normal(mu, 1); let hidden = inner }
  theta[j] ~ Normal(mu, 1) for j in 0..N
  f ~ other()
  observe y ~ Normal(theta, 1)
  return mu
}
"""


@pytest.mark.parametrize(
    "text", ["posterior(mu, theta, twice)", "E[inner[0] + N]", "P(f.o > 0 | do(theta[1] = 2), y)"]
)
def test_queries_speak_of_the_variables_of_the_entry(text: str) -> None:
    names = resolved(QUERIED)
    (query,) = parse_query(text)
    assert {binding.kind for binding in resolve_query(names, "m", query).values()} <= {"local", "size"}


@pytest.mark.parametrize(
    "text", ["posterior(hidden)", "E[o]", "P(mu > 0 | do(nu = 1))", "nobody.E[mu]", "y.E[mu]"]
)
def test_queries_of_what_is_no_variable_are_refused(text: str) -> None:
    (query,) = parse_query(text)
    with pytest.raises(Rejected) as caught:
        resolve_query(resolved(QUERIED), "m", query)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["E0201"]


def test_a_query_may_name_another_model() -> None:
    (query,) = parse_query("other.E[o]")
    assert [binding.name for binding in resolve_query(resolved(QUERIED), "m", query).values()] == ["o"]


# ------------------------------------------------------------------ suggestions


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [("", "abc", 3), ("abc", "abc", 0), ("abcd", "acbd", 1), ("kitten", "sitting", 3)],
)
def test_distance_counts_edits(left: str, right: str, apart: int) -> None:
    assert distance(left, right) == distance(right, left) == apart


def test_only_near_names_are_suggested() -> None:
    assert nearest("sigam", ["mu", "sigma", "gamma"]) == "sigma"
    assert nearest("X", ["x", "y"]) == "x"
    assert nearest("x", ["y", "z"]) is None
    assert did_you_mean("entirely", ["different"]) == ""
