"""Addresses: one for every draw of a run; short where models call themselves, not where names coincide."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.lang.check import check_program
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.calls import Active, Calls, entered
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.answering import draw_from
from pplc.semantics.runs import Finished, Sampling
from pplc.semantics.source import Seeded
from pplc.semantics.values import Address, show_address
from tests.support.programs import ARGUMENTS, Written, programs
from tests.support.reference import addresses, bound


def choices(program: Bound, seed: int = 0) -> Iterator[Address]:
    """The addresses of the draws of one run, in order."""
    machine = Machine(program, exact=True, infer=Nested())
    source = Seeded(seed)
    event = machine.start()
    while not isinstance(event, Finished):
        if isinstance(event, Sampling):
            yield event.address
            event = machine.resume(event.state, draw_from(event, source))
        else:
            event = machine.resume(event.state)


def shown(text: str) -> list[str]:
    """The addresses of the draws of a run of a program without arguments."""
    return [show_address(address) for address in choices(bound(text))]


# ------------------------------------------------------------------ coincidences of names


def test_models_that_call_their_draws_alike_are_no_recursion() -> None:
    text = (
        "model d() { x ~ Bernoulli(0.5); y ~ Bernoulli(0.5); return x }\n"
        "model c() { x ~ d(); return x }\nmodel b() { x ~ c(); return x }\nmodel a() { x ~ b(); return x }"
    )
    assert shown(text) == ["x.x.x.x", "x.x.x.y"]
    assert addresses(bound(text)) == {"x", "x.x", "x.x.x", "x.x.x.x", "x.x.x.y"}


# ------------------------------------------------------------------ recursion

STEP = "if n == 0 { return 0 }; u ~ Bernoulli(0.5);"


def test_a_model_that_calls_itself_counts() -> None:
    text = f"model f(n: int) -> int {{ {STEP} r ~ f(n - 1); return r }}\nmodel a() {{ x ~ f(5); return x }}"
    assert shown(text) == ["x.u", "x.r.u", "x.r^2.u", "x.r^3.u", "x.r^4.u"]
    assert addresses(bound(text)) == {"x", "x.u", "x.r", "x.r.u", "x.r.r"}


def test_models_that_call_each_other_count() -> None:
    text = (
        f"model odd(n: int) -> int {{ {STEP} e ~ even(n - 1); return e }}\n"
        f"model even(n: int) -> int {{ {STEP} o ~ odd(n - 1); return o }}\n"
        "model a() { x ~ even(9); return x }"
    )
    assert shown(text) == [
        "x.u",
        "x.o.u",
        "x.o.e.u",
        "x.o.e.o.u",
        "x.o.e^2^2.u",
        "x.o.e^2^2.o.u",
        "x.o.e^3^2.u",
        "x.o.e^3^2.o.u",
        "x.o.e^4^2.u",
    ]


def test_recursion_through_a_model_that_is_given_counts() -> None:
    text = (
        "model again(n: int, m: fn(int) -> Model[int]) -> int { k ~ m(n); return k }\n"
        f"model f(n: int) -> int {{ {STEP} r ~ again(n - 1, f); return r }}\n"
        "model a() { x ~ f(5); return x }"
    )
    assert shown(text) == ["x.u", "x.r.k.u", "x.r.k^2^2.u", "x.r.k^3^2.u", "x.r.k^4^2.u"]


def test_a_function_memoised_has_one_address_for_an_argument_whoever_asks_first() -> None:
    model = (
        "model g(n: int) -> int { if n == 0 { v ~ Bernoulli(0.5); return int(v) }; r ~ g(n - 1); return r }\n"
        "model use(f: fn(int) -> int) { return f(3) }\n"
    )
    here = model + "model a() { f ~ mem(g); let y = f(3); x ~ use(f); return x + y }"
    there = model + "model a() { f ~ mem(g); x ~ use(f); return x + f(3) }"
    assert shown(here) == shown(there) == ["f[3].r^3.v"]


def path_of(*steps: str) -> Address:
    """The path after draws from functions: `x f` is a draw called `x` from `f`."""
    path: Address = ()
    calls: Calls = (Active(0, "main"),)
    for step in steps:
        site, function = step.split()
        path, calls = entered((*path, site), function, calls)
    return path


def test_a_name_again_and_two_names_again_stay_apart() -> None:
    """Without its length the way `a b` would count as `b` does."""
    assert path_of("a f", "b g", "b g") == ("a", "b", 2)
    assert path_of("a f", "b g", "a f", "b g") == ("a", "b", 2, 2)


def test_what_is_counted_may_itself_have_counts() -> None:
    steps = ("a f", "b g", "b g", "b g")
    assert path_of(*steps, *steps) == ("a", "b", 3, "a", "b", 3)
    assert path_of(*steps, *steps, *steps) == ("a", "b", 3, "a", 2, 3, "b", 3)


def test_endless_recursion_keeps_short_paths() -> None:
    calls: Calls = (Active(0, "main"),)
    path: Address = ()
    for _ in range(1000):
        for site, function in (("x", "f"), ("y", "g"), ("z", "h")):
            path, calls = entered((*path, site), function, calls)
    assert path == ("x", "y", "z", 1000, 3)
    assert len(calls) <= 6


# ------------------------------------------------------------------ one address for every draw


@settings(max_examples=200)
@given(written=programs(), seed=st.integers(0, 9))
def test_the_choices_of_a_run_have_distinct_addresses(written: Written, seed: int) -> None:
    program = Bound(lower(check_program(written.program)), ARGUMENTS)
    drawn = list(choices(program, seed))
    assert len(drawn) == len(set(drawn))


NAMES = st.sampled_from(("x", "y", "z"))
MODELS = ("f", "g", "h")


@st.composite
def callers(draw: st.DrawFn) -> str:
    """Models of few names that call each other, directly, in loops, through models given, and memoised."""
    text = "model through(n: int, m: fn(int) -> Model[int]) -> int { x ~ m(n); return x }\n"
    for model in MODELS:
        body = ""
        for name in draw(st.lists(NAMES, unique=True, min_size=1, max_size=3)):
            callee, way = draw(st.sampled_from(MODELS)), draw(st.integers(0, 5))
            body += (
                f"{name} ~ Bernoulli(0.5)",
                f"{name} ~ {callee}(n - 1)",
                f"{name} ~ through(n - 1, {callee})",
                f"let _ = ~{callee}(n - 1)",
                f"for i in 0..2 {{ {name} ~ {callee}(n - 2) }}",
                f"{name} ~ mem({callee}); let _ = ({name}(n - 1), {name}(n - 2), {name}(n - 1))",
            )[way] + "\n"
        text += f"model {model}(n: int) -> int {{ if n <= 0 {{ return int(flip(0.5)) }}\n{body}return n }}\n"
    return text + f"model main() {{ {draw(NAMES)} ~ f({draw(st.integers(1, 6))}); return 0 }}"


@settings(max_examples=300)
@given(text=callers())
def test_the_draws_of_models_that_call_each_other_have_distinct_addresses(text: str) -> None:
    drawn = list(choices(bound(text)))
    assert len(drawn) == len(set(drawn))
    names = [show_address(address) for address in drawn]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("text", ["~f()", "x ~ f()"])
def test_a_model_may_call_the_entry(text: str) -> None:
    returned = "" if "x" in text else "let x = "
    program = f"model f() -> int {{ if flip(0.5) {{ return 1 }}; {returned}{text}; return x }}"
    assert shown(program)
