"""What liveness lets an engine forget: everything that is forgotten makes no difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hypothesis import given, settings

from pplc.lang import core
from pplc.lang.liveness import NOTHING, Liveness, Needs, then
from pplc.semantics.bound import Bound
from pplc.semantics.growing import Growing
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, Measure, collected, is_zero, times
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.answering import weight_of
from pplc.semantics.representations.enumerated import choices, denote
from pplc.semantics.runs import (
    Again,
    Bind,
    Caller,
    Control,
    Entries,
    Env,
    Event,
    Finished,
    Observing,
    Resume,
    Retry,
    Round,
    Sampling,
    State,
    Weighing,
)
from pplc.semantics.values import Value
from tests.support.meaning import lowered
from tests.support.programs import ARGUMENTS, Written, programs


def frames(control: Control) -> Iterator[Control]:
    """The frames of a run, innermost first."""
    while control is not None:
        yield control
        control = control.rest


def piece(live: Liveness, frame: Control) -> Needs:
    match frame:
        case Resume(block, position, _):
            return live.rest(block, position)
        case Round(loop, items, position, _, _):
            return live.rounds(loop, items[position + 1 :])
        case Again(loop, tested, _):
            return live.again(loop, tested=tested)
        case Bind(statement, _, _):
            return live.binding(statement)
        case Retry(statement, _) | Entries(statement, _, _, _, _, _):
            return live.statement(statement)
        case _:
            return NOTHING


def forgotten(env: Env, needs: Needs) -> Env:
    kept: Env = {}
    for name, value in env.items():
        if name in needs.reads:
            wanted = needs.elements(name, env)
            if wanted is not None and isinstance(value, Growing):
                value = value.forget(wanted)
            kept[name] = value
    return kept


def pruned(live: Liveness, state: State) -> State:
    """The run without what is dead, in the present activation and in every caller's."""

    def rebuilt(stack: list[Control], needs: Needs) -> tuple[Control, Needs]:
        """The frames from the outermost inwards, and what is needed of the activation reached."""
        control: Control = None
        for frame in stack:
            if isinstance(frame, Caller):
                kept = then(live.rest(frame.block, frame.position), needs)
                control = frame._replace(env=forgotten(frame.env, kept), rest=control)
                needs = NOTHING
            elif frame is not None:
                needs = then(piece(live, frame), needs)
                control = frame._replace(rest=control)
        return control, needs

    control, needs = rebuilt(list(frames(state.control))[::-1], NOTHING)
    needs = then(live.rest(state.block, state.position), needs)
    return state._replace(env=forgotten(state.env, needs), control=control)


Seen = Callable[[State], None]


def denote_forgetting(program: core.Program, seen: Seen = lambda _: None) -> Measure[Value]:
    """`denote` with all that is dead dropped whenever a run is suspended."""
    machine = Machine(Bound(program, ARGUMENTS), exact=True, infer=Nested())
    live = Liveness(program)
    found: list[tuple[Value, LogWeight, int]] = []
    paths = [(machine.start(), ONE(True), 0)]

    def go(state: State, value: Value = ()) -> Event:
        small = pruned(live, state)
        seen(small)
        return machine.resume(small, value)

    while paths:
        event, weight, dimension = paths.pop()
        match event:
            case Sampling(_, _, _, state):
                for value, mass in choices(event):
                    paths.append((go(state, value), times(weight, mass), dimension))
            case Observing(_, _, _, _, state):
                factor, more = weight_of(event)
                if not is_zero(factor):
                    paths.append((go(state), times(weight, factor), dimension + more))
            case Weighing(factor, _, state):
                if not is_zero(factor):
                    paths.append((go(state), times(weight, factor), dimension))
            case Finished(value, _):
                found.append((value, weight, dimension))
    return collected(found)


@settings(max_examples=120)
@given(written=programs())
def test_what_is_dead_makes_no_difference(written: Written) -> None:
    program = lowered(written.program)
    whole = denote(Bound(program, ARGUMENTS), Nested(), lambda run: run.value)
    assert denote_forgetting(program).masses == whole.masses


def live_at(text: str, statement: type[core.Stmt], number: int = 0) -> set[str]:
    """The variables live after the n-th statement of a kind in the entry's body."""
    program = lowered(text)
    body = program.model.body
    positions = [position for position, found in enumerate(body) if isinstance(found, statement)]
    return set(Liveness(program).rest(body, positions[number] + 1).reads)


def test_a_variable_is_dead_after_its_last_reading() -> None:
    text = "model m() { x ~ Bernoulli(0.5); let y = not x; z ~ Bernoulli(0.5); return y and z }"
    assert live_at(text, core.Draw, 0) == {"x"}
    assert "x" not in live_at(text, core.Draw, 1)


def test_a_variable_bound_anew_is_dead_before() -> None:
    text = "model m() { var x = 1; z ~ Bernoulli(0.5); x = 2; return (x, z) }"
    assert live_at(text, core.Draw) == {"z"}


def test_only_branches_that_go_on_kill() -> None:
    text = "model m(b: bool) { var x = 1; z ~ Bernoulli(0.5); if b { x = 2 } else { return 3 }; return x }"
    assert "x" not in live_at(text, core.Draw)
    text = "model m(b: bool) { var x = 1; z ~ Bernoulli(0.5); if b { x = 2 } else { weight(1) }; return x }"
    assert "x" in live_at(text, core.Draw)


HMM = """
model main(y: int[N], b: bool) {
  z[0] ~ UniformInt(0, 1)
  for t in 1..N {
    z[t] ~ Categorical([0.5, 0.25, 0.25])
    observe y[t] ~ UniformInt(0, z[t] + 1 + z[t-1])
  }
  return z[N-1]
}
"""


def test_of_a_markov_chain_one_element_is_kept() -> None:
    kept: list[list[tuple[int, ...]]] = []

    def seen(state: State) -> None:
        chain = state.env["z"]
        assert isinstance(chain, Growing)
        kept.append([index for index, _ in chain.items()])

    denote_forgetting(lowered(HMM), seen)
    # While z[t] is drawn z[t-1] is kept; after the weight of round t only z[t].
    assert max(map(len, kept)) <= 2
    assert [(0,)] in kept
    assert [(1,)] in kept
    assert [(2,)] in kept


def test_elements_behind_a_computed_index_are_all_kept() -> None:
    text = HMM.replace("return z[N-1]", "let last = z[y[0]]; return last")
    program = lowered(text)
    loop = next(statement for statement in program.model.body if isinstance(statement, core.For))
    needs = Liveness(program).rest(program.model.body, program.model.body.index(loop) + 1)
    assert needs.reads["z"] == "all"


def test_a_loop_yet_to_come_reads_what_its_range_says() -> None:
    text = """
    model main(y: int[N], b: bool) {
      a[i] ~ UniformInt(0, 1) for i in 0..N
      c ~ UniformInt(0, 1)
      var s = 0
      for i in 1..N - 1 { s = s + a[i + 1] }
      for i in 0..2 { for j in 0..i + 1 { s = s + a[j] } }
      return s
    }
    """
    program = lowered(text)
    body = program.model.body
    draw = next(statement for statement in body if isinstance(statement, core.Draw))
    needs = Liveness(program).rest(body, body.index(draw) + 1)
    assert sorted(needs.elements("a", {"N": 9}) or [], key=lambda part: part.start) == [range(2), range(2, 9)]
    # Without the value of N nothing is known.
    assert needs.elements("a", {}) is None
    assert needs.elements("c", {}) == []


def test_an_index_that_changes_before_it_is_read_says_nothing() -> None:
    text = """
    model main(y: int[N], b: bool) {
      a[i] ~ UniformInt(0, 1) for i in 0..N
      var k = 0
      c ~ UniformInt(0, 1)
      while k < 2 { k = k + 1; condition(a[k] == c) }
      return k
    }
    """
    program = lowered(text)
    body = program.model.body
    draw = next(statement for statement in body if isinstance(statement, core.Draw))
    needs = Liveness(program).rest(body, body.index(draw) + 1)
    assert needs.elements("a", {"k": 0, "N": 3}) is None


def test_elements_changed_in_place_keep_their_array() -> None:
    text = """
    model main(y: int?[N], b: bool) {
      var a = [1, 2]
      observe y ~ Poisson(3)
      observe y[0] ~ Poisson(3)
      a[0] = 3
      for i in range(2) { observe i ~ Poisson(a[i] + sum(a[0..1])) }
      for k in [1, 0] { condition(a[k] > 0) }
      match y[0] { 0 => { condition(true) }, _ => { return 2 } }
      return 1
    }
    """
    program = lowered(text)
    body = program.model.body
    live = Liveness(program)
    observe, again, assign = (
        next(s for s in body if isinstance(s, core.Observe)),
        [s for s in body if isinstance(s, core.Observe)][1],
        next(s for s in body if isinstance(s, core.Assign)),
    )
    assert live.binding(observe).reads == {"y": "all"}
    assert live.binding(again).elements("y", {}) == []
    assert live.binding(assign).reads == {"a": "all"}
    assert live.statement(core.Fail("E0000", "")).leaves


def test_a_loop_whose_rest_is_no_range_may_read_anything() -> None:
    loop = core.For(
        "k",
        core.Variable("g"),
        (core.Weight("weight", core.Prim("index", (core.Variable("a"), core.Variable("k")))),),
    )
    live = Liveness(core.Program({}, ""))
    assert live.rounds(loop, (2, 0)).reads == {"a": "all"}
    assert live.rounds(loop, range(3, 5)).elements("a", {}) == [range(3, 5)]
    assert live.rounds(loop, range(3, 3)).reads == {}
