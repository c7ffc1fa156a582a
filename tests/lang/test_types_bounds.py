"""Hostile programs: deep, long, exponential. Each ends soon, with types or with a located error."""

from time import process_time

import pytest

from pplc.lang.check import check_text
from pplc.lang.diagnostics import Rejected

LONGEST = 5.0
"""Seconds of the processor; each takes a small part of one, an exponential one would take years."""


def doubled(first: str, step: str, times: int) -> str:
    """A function that doubles the type of its value again and again."""
    lines = [f"  let x0 = {first}", *(f"  let x{i + 1} = {step.replace('?', f'x{i}')}" for i in range(times))]
    return "fn f() {\n" + "\n".join(lines) + f"\n  return x{times}\n}}"


def chain(count: int, *, forwards: bool) -> str:
    """Functions that call each other in a line, none declaring what it returns."""
    functions = [f"fn f{i}(x: real) {{ return f{i + 1}(x) }}" for i in range(count)]
    functions.append(f"fn f{count}(x: real) {{ return x }}")
    return "\n".join(functions if forwards else functions[::-1])


REFUSED = {
    "pairs of pairs": (doubled("1", "(?, ?)", 200), "E0217"),
    "records of records": (doubled("1", "(a: ?, b: ?)", 200), "E0217"),
    "functions of functions": (doubled("fn (a) => (a, a)", "fn (a) => (?(a), ?(a))", 40), "E0217"),
    "aliases of aliases": (
        "type A0 = (int, int)\n"
        + "\n".join(f"type A{i + 1} = (A{i}, A{i})" for i in range(60))
        + "\nfn f(x: A60) -> int { return 1 }",
        "E0217",
    ),
    "calls that double": (
        "fn p0(x: int) { return (x, x) }\n"
        + "\n".join(f"fn p{i + 1}(x: int) {{ return (p{i}(x), p{i}(x)) }}" for i in range(60)),
        "E0217",
    ),
    "a wide match": (
        (
            f"fn f(x: ({', '.join(['bool'] * 300)})) -> int "
            f"{{ return match x {{ ({', '.join(['_'] * 300)}) => 1 }} }}"
        ),
        "E0217",
    ),
    "values of a huge type": (
        "type T0 = A0 | B0\n"
        + "\n".join(f"type T{i + 1} = A{i + 1}(x: T{i}, y: T{i}) | B{i + 1}" for i in range(60))
        + "\nlet v = values(T60)",
        "E0224",
    ),
    "a function of itself": ("fn f() { let w = fn (x) => x(x)\n return 1 }", "E0216"),
    "errors without end": (
        "model f() {\n" + "\n".join(f"  condition({i})" for i in range(2000)) + "\n}",
        "E0210",
    ),
    "a long sum": ("let x = " + " + ".join(["1"] * 5000), "E0108"),
    "deep brackets": ("let x = " + "(" * 5000 + "1" + ")" * 5000, "E0108"),
}

ACCEPTED = {
    "190 terms": "let x = " + " + ".join(["1"] * 190),
    "150 signs": "let x = " + "-" * 150 + "1",
    "60 calls": "fn f(x: int) -> int { return x }\nlet x = " + "f(" * 60 + "1" + ")" * 60,
    "60 functions": "let x = " + "(fn () => " * 60 + "1" + ")" * 60,
    "60 branches": "fn f(x: int) -> int { return "
    + " else ".join(f"if x == {i} {{ {i} }}" for i in range(60))
    + " else { 0 } }",
    "25 folds": "fn f(xs: real[N]) -> real { return "
    + "fold(fn (a, x) => a + " * 25 + "1" + ", 0, xs)" * 25 + " }",
    "30 maps": "fn f(xs: real[N]) { return " + "map(fn (x) => " * 30 + "x" + ", xs)" * 30 + " }",
    "40 matches": "fn f(x: bool) -> int { return "
    + "match x { true => 1, false => " * 40
    + "0" + " }" * 40 + " }",
    "1000 functions forwards": chain(1000, forwards=True),
    "1000 functions backwards": chain(1000, forwards=False),
    "1000 aliases": "type A0 = int\n"
    + "\n".join(f"type A{i + 1} = A{i}" for i in range(1000))
    + "\nfn f(x: A1000) -> int { return x }",
    "squares of squares": "let x0 = 123456789.123456789\n"
    + "\n".join(f"let x{i + 1} = x{i} * x{i}" for i in range(60)),
    "a square match": f"fn f(x: ({', '.join(['bool'] * 12)})) -> int {{ return match x {{ "
    + ", ".join(f"({', '.join('true' if j == i else '_' for j in range(12))}) => {i}" for i in range(12))
    + ", _ => 0 } }",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_program_out_of_bounds_is_refused_soon_at_a_place(name: str) -> None:
    text, code = REFUSED[name]
    start = process_time()
    with pytest.raises(Rejected) as caught:
        check_text(text)
    assert process_time() - start < LONGEST
    assert caught.value.diagnostics[0].code == code
    assert caught.value.diagnostics[0].span.line > 0
    assert len(caught.value.diagnostics) <= 50


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_large_program_within_bounds_is_checked_soon(name: str) -> None:
    start = process_time()
    check_text(ACCEPTED[name])
    assert process_time() - start < LONGEST
