"""Seeded streams are Philox; scripted sources visit every outcome once, with its probability."""

import math
from collections import Counter
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.semantics.number import Inexact
from pplc.semantics.philox import Block, open_uniform, philox
from pplc.semantics.source import Seeded, Source, enumerate_runs, law_of, pick
from tests.support.statistics import FALSE_ALARM

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers_of_random123(
    counter: tuple[int, int, int, int], key: tuple[int, int], words: tuple[int, int, int, int]
) -> None:
    assert philox(Block(*counter), *key) == words


def test_uniform_numbers_stay_inside_the_open_interval() -> None:
    assert open_uniform(0, 0) == 2.0**-53
    assert open_uniform(ONES, ONES) == 1 - 2.0**-53


def test_equal_places_give_equal_streams_and_other_places_others() -> None:
    def first(source: Source) -> tuple[float, ...]:
        return tuple(source.uniform() for _ in range(5))

    streams = {
        first(Seeded(seed, task, generation, slot))
        for seed in (1, 2, 1 << 40)
        for task in (0, 1)
        for generation in (0, 1)
        for slot in (0, 1)
    }
    assert len(streams) == 24
    assert first(Seeded(7)) == first(Seeded(7))
    assert first(Seeded(7).at(task=3, slot=2)) == first(Seeded(7, task=3, slot=2))


@pytest.mark.parametrize("used", range(5))
def test_a_stream_can_be_taken_up_again_anywhere(used: int) -> None:
    source = Seeded(11)
    for _ in range(used):
        source.uniform()
    again = Seeded(11, draw=source.draw)
    assert [again.uniform() for _ in range(4)] == [source.uniform() for _ in range(4)]


@pytest.mark.parametrize(
    "place", [{"seed": -1}, {"seed": 1 << 64}, {"seed": 1, "slot": 1 << 32}, {"seed": 1, "draw": -1}]
)
def test_a_place_outside_the_counter_is_refused(place: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="is not from 0 to"):
        Seeded(**place)


def test_a_stream_that_is_used_up_says_so() -> None:
    source = Seeded(1, draw=(1 << 33) - 1)
    source.uniform()
    with pytest.raises(OverflowError, match="used up"):
        source.uniform()


def test_uniform_numbers_are_uniform() -> None:
    # Kolmogorov-Smirnov with the bound of Massart (1990): P(D > t) <= 2 exp(-2 n t^2).
    n = 20_000
    source = Seeded(5)
    ordered = sorted(source.uniform() for _ in range(n))
    distance = max(max((i + 1) / n - u, u - i / n) for i, u in enumerate(ordered))
    assert distance < math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n))


def test_choices_have_the_asked_for_frequency() -> None:
    n = 20_000
    source = Seeded(6)
    counts = Counter(source.choose([1, 0, Fraction(1, 2), 2.5]) for _ in range(n))
    assert counts[1] == 0
    for index, probability in ((0, 0.25), (2, 0.125), (3, 0.625)):
        # Hoeffding (1963).
        assert abs(counts[index] / n - probability) < math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n))


def test_picking_never_takes_a_zero_weight() -> None:
    top = 1 - 2.0**-53
    assert pick([0, 1, 0], 0.0) == 1
    assert pick([0, 1, 0], top) == 1
    assert pick([0.1] * 10 + [0], top) == 9


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [math.nan, 1]])
def test_picking_refuses_what_are_no_weights(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weight"):
        pick(weights, 0.5)


@given(
    st.lists(st.fractions(min_value=0, max_value=5, max_denominator=9), min_size=1, max_size=6).filter(any)
)
def test_a_scripted_choice_has_its_law(weights: list[Fraction]) -> None:
    total = sum(weights)
    law = law_of(lambda source: source.choose(weights))
    assert law == {i: w / total for i, w in enumerate(weights) if w}


def test_comparisons_of_a_scripted_uniform_fork_at_the_breakpoint() -> None:
    def bands(source: Source) -> str:
        u = 1 - 2 * source.uniform()  # on (-1, 1)
        if u > Fraction(1, 2):
            return "high"
        if u >= Fraction(3, 4):
            return "never"
        return "low" if u < 0 else "middle"

    assert law_of(bands) == {"high": Fraction(1, 4), "low": Fraction(1, 2), "middle": Fraction(1, 4)}


@pytest.mark.parametrize("scale", [3, -3])
def test_the_floor_of_a_scripted_uniform_forks_over_the_integers(scale: int) -> None:
    law = law_of(lambda source: math.floor(scale * source.uniform() + Fraction(1, 2)))
    sixth, third = Fraction(1, 6), Fraction(1, 3)
    expected = (
        {0: sixth, 1: third, 2: third, 3: sixth} if scale > 0 else {0: sixth, -1: third, -2: third, -3: sixth}
    )
    assert law == expected


def test_the_floor_knows_what_earlier_comparisons_said() -> None:
    def compute(source: Source) -> tuple[bool, int]:
        u = source.uniform() * 4
        return u < 2, math.floor(u)

    quarter = Fraction(1, 4)
    assert law_of(compute) == {
        (True, 0): quarter,
        (True, 1): quarter,
        (False, 2): quarter,
        (False, 3): quarter,
    }


def test_runs_of_different_length_are_all_visited() -> None:
    def first_success(source: Source) -> int:
        for k in range(3):
            if source.uniform() < Fraction(1, 3):
                return k
        return 3

    runs = list(enumerate_runs(first_success))
    assert [run.value for run in runs] == [0, 1, 2, 3]
    assert sum(run.probability for run in runs) == 1
    assert runs[3].probability == Fraction(8, 27)


def test_enumeration_is_lazy_and_bounded() -> None:
    def forever(source: Source) -> int:
        count = 0
        while source.choose([1, 1]) == 1:
            count += 1
        return count

    values = [(run.value, run.probability) for run in islice(enumerate_runs(forever), 3)]
    assert values == [(0, Fraction(1, 2)), (1, Fraction(1, 4)), (2, Fraction(1, 8))]
    with pytest.raises(RuntimeError, match="more than 5 decisions"):
        list(enumerate_runs(forever, limit=5))


def test_a_computation_that_is_not_a_function_of_its_source_is_noticed() -> None:
    calls: list[int] = []

    def fickle(source: Source) -> int:
        calls.append(1)
        return source.choose([1] * (1 + len(calls)))

    with pytest.raises(RuntimeError, match="decides differently"):
        list(enumerate_runs(fickle))


@pytest.mark.parametrize(
    "misuse",
    [
        lambda u: u == 1,
        lambda u: u**2,
        lambda u: u * u,
        lambda u: u + 0.5,
        lambda u: u < 0.5,
        lambda u: 1 / u,
        lambda u: u * 0,
        float,
        bool,
        hash,
        abs,
        math.exp,
    ],
)
def test_anything_else_with_a_scripted_uniform_is_inexact(misuse: object) -> None:
    assert callable(misuse)
    with pytest.raises(Inexact):
        list(enumerate_runs(lambda source: misuse(source.uniform())))


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_scripted_choices_refuse_what_are_no_weights(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="no weights to choose by"):
        list(enumerate_runs(lambda source: source.choose(weights)))


def test_scripted_choices_refuse_floats() -> None:
    with pytest.raises(Inexact):
        list(enumerate_runs(lambda source: source.choose([0.5, 0.5])))
