"""Generated programs that are well typed by construction are accepted, with the types they were made with."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.lang.check import check_text
from pplc.lang.check_unify import Unifier
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.lower import lower
from pplc.lang.typesys import BOOL, INT, REAL, UNIT_INTERVAL, Array, Dist, Size, Tuple, Type

REALS, INTS = Array(REAL, (Size("N"),)), Array(INT, (Size("N"),))
TYPES: dict[str, Type] = {
    "int": INT,
    "real": REAL,
    "bool": BOOL,
    "unit": UNIT_INTERVAL,
    "reals": REALS,
    "ints": INTS,
    "pair": Tuple((INT, BOOL)),
    "law": Dist(REAL),
    "count": Dist(INT),
    "coin": Dist(BOOL),
    "vector": Dist(REALS),
}
OBSERVED = {"law": "x", "count": "n", "coin": "b", "vector": "xs"}
HEADER = "(n: int, x: real, b: bool, p: unit, xs: real[N], ks: int[N], w: simplex[K], o: real?[N])"

RULES = """
int    : n | 3 | len(xs) | N | ks[0]
int    : ? + ? <- int int | ? * ? - 1 <- int int | ? % 3 <- int | max(?, ?) <- int int | floor(?) <- real
int    : if ? { ? } else { ? } <- bool int int | sum(?) <- ints | ?[0] <- pair | int(?) <- bool | ~? <- count
int    : fold(fn (a, i) => a + i, ?, ?) <- int ints | match ? { (_, true) => n, (_, false) => ? } <- pair int
real   : x | 0.5 | xs[1] | w[0] | o[0] | n | pi
real   : ? + ? <- real real | ? / ? <- int int | -? <- real | exp(?) <- real | mean(?) <- reals
real   : ?.logpdf(?) <- law real | ? @ ? <- reals reals | ?[n] <- reals | ~? <- law
real   : (fn (y: real) => y + x)(?) <- real | fold(fn (a, y) => a + y, 0, ?) <- reals
bool   : b | true | x < 1 | n == 2
bool   : ? and ? <- bool bool | not ? <- bool | ? < ? <- real real | ? == ? <- int real | ~? <- coin
bool   : any([y > ? for y in ?]) <- real reals | flip(?) <- unit | ? == ? <- pair pair
unit   : p | w[0] | 0.25 | sigmoid(x)
unit   : 1 - ? <- unit | ? * ? <- unit unit | sigmoid(?) <- real
reals  : xs | ks | xs[0..N] | xs[ks] | zeros(N)
reals  : ? + ? <- reals real | ? * ? <- reals reals | exp(?) <- reals | map(fn (y) => y * x, ?) <- reals
reals  : [y + ? for y in ?] <- real reals | ?[?] <- reals ints | ~? <- vector | cumsum(?) <- reals
ints   : ks | range(N)
ints   : ? + ? <- ints int | [? for k in ?] <- int ints | reverse(?) <- ints
pair   : (n, b)
pair   : (?, ?) <- int bool | if ? { ? } else { ? } <- bool pair pair
law    : Normal(0, 1) | Exponential(2) | Uniform([1, 2.5])
law    : Normal(?, exp(?)) <- real real | Truncated(?, lower = ?) <- law real | Delta(1.5 * ?) <- real
law    : Mixture([p, 1 - p], [?, ?]) <- law law | ZeroInflated(?, ?) <- unit law
count  : Poisson(3) | Categorical(w) | Uniform(ks)
count  : Binomial(?, ?) <- int unit | UniformInt(?, ?) <- int int | ZeroInflated(?, ?) <- unit count
coin   : Bernoulli(p)
coin   : Bernoulli(?) <- unit | Uniform([?, ?]) <- bool bool
vector : iid(Normal(0, 1), N) | Normal(xs, 1)
vector : iid(?, N) <- law | Normal(?, exp(?)) <- reals reals
"""
"""Expressions of each type: those without parts, then how they are made of smaller ones."""


def _rules() -> tuple[dict[str, list[str]], dict[str, list[tuple[str, list[str]]]]]:
    leaves: dict[str, list[str]] = {name: [] for name in TYPES}
    steps: dict[str, list[tuple[str, list[str]]]] = {name: [] for name in TYPES}
    for line in RULES.strip().splitlines():
        name, _, rest = line.partition(":")
        for choice in rest.split(" | "):
            text, arrow, parts = choice.strip().partition(" <- ")
            if arrow:
                steps[name.strip()].append((text, parts.split()))
            else:
                leaves[name.strip()].append(text)
    return leaves, steps


LEAVES, STEPS = _rules()


@st.composite
def expressions(draw: st.DrawFn, kind: str, depth: int) -> str:
    """An expression of a type; its parts stand in brackets."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LEAVES[kind]))
    text, parts = draw(st.sampled_from(STEPS[kind]))
    for part in parts:
        text = text.replace("?", f"({draw(expressions(part, depth - 1))})", 1)
    return text


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, str]:
    """A model of a few statements, and the name of the type it must return."""
    lines: list[str] = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(list(TYPES)))
        value = draw(expressions(kind, 2))
        if kind in OBSERVED:
            lines.append(
                draw(st.sampled_from([f"d{number} ~ {value}", f"observe {OBSERVED[kind]} ~ {value}"]))
            )
        elif kind == "bool":
            lines.append(draw(st.sampled_from([f"condition({value})", f"if {value} {{ weight(1) }}"])))
        else:
            lines.append(f"{draw(st.sampled_from(['let', 'var']))} v{number} = {value}")
    kind = draw(st.sampled_from(list(TYPES)))
    body = "\n".join([*lines, f"return {draw(expressions(kind, 3))}"])
    return f"model f{HEADER} {{\n{body}\n}}", kind


@settings(max_examples=150, deadline=None)
@given(programs())
def test_a_well_typed_program_is_accepted_with_its_type_and_lowered(program: tuple[str, str]) -> None:
    text, kind = program
    checked = check_text(text)
    assert Unifier().fits(checked.models["f"].result, TYPES[kind], narrowing=True) is None
    assert lower(checked).model.body


CHANGES = [
    ("return ", "return 1 + true + "),
    ("model f(", "model f(q: real[M], "),
    ("(", "(1, "),
    ("xs", "w"),
]


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    """What the checker says of a program."""
    try:
        return check_text(text).warnings
    except Rejected as rejected:
        return rejected.diagnostics


@settings(max_examples=100, deadline=None)
@given(programs(), st.sampled_from(CHANGES))
def test_any_change_of_a_program_ends_in_types_or_in_diagnostics_at_their_places(
    program: tuple[str, str], change: tuple[str, str]
) -> None:
    assert all(found.span.line > 0 for found in diagnostics(program[0].replace(*change)))
