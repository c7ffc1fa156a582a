"""Every method reports the same variables, whatever models call their draws and each other."""

from __future__ import annotations

import pytest

import pplc

COINCIDING = """\
model c(s: positive) { y ~ {law}; return y }
model b() { x ~ c(1); return x }
model a() { x ~ b(); return x }
"""
RECURSIVE = """\
model even(n: int) -> {type} { u ~ {law}; if n == 0 { return u }; x ~ odd(n - 1); return x }
model odd(n: int) -> {type} { v ~ {law}; if n == 0 { return v }; x ~ even(n - 1); return x }
model main() { x ~ even(7); return x }
"""
HIGHER = """\
model again(n: int, m: fn(int) -> Model[{type}]) -> {type} { x ~ m(n); return x }
model f(n: int) -> {type} { v ~ {law}; if n == 0 { return v }; x ~ again(n - 1, f); return x }
model main() { x ~ f(5); return x }
"""
MEMOISED = """\
model g(n: int) -> {type} { v ~ {law}; if n == 0 { return v }; x ~ g(n - 1); return x }
model use(f: fn(int) -> {type}) { return f(2) }
model main() { f ~ mem(g); x ~ use(f); return x + f(2) }
"""
LAWS = {"int": "Categorical([0.5, 0.5])", "real": "Normal(0, 1)"}


def reported(text: str, kind: str, method: str) -> set[str]:
    model = pplc.compile(text.replace("{law}", LAWS[kind]).replace("{type}", kind))
    match method:
        case "exact":
            run = model.infer({}, method="exact")
        case "importance":
            run = model.infer({}, method="importance", draws=5, seed=1)
        case _:
            run = model.infer({}, method=method, draws=5, warmup=5, chains=1, seed=1)
    return set(run.variables)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (COINCIDING, {"x", "x.x", "x.x.y"}),
        (RECURSIVE, {"x", "x.u", "x.x", "x.x.v", "x.x.x", "x.x.x.u", "x.x.x.x"}),
        (HIGHER, {"x", "x.v", "x.x", "x.x.x", "x.x.x.v", "x.x.x.x"}),
        (MEMOISED, {"x", "f[2]", "f[2].v", "f[2].x", "f[2].x.v", "f[2].x.x"}),
    ],
)
def test_methods_report_the_same_variables(text: str, variables: set[str]) -> None:
    wanted = variables | {"return"}
    assert reported(text, "int", "exact") == reported(text, "int", "importance") == wanted
    assert reported(text, "real", "nuts") == reported(text, "real", "importance") == wanted
