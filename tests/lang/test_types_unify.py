"""Which type fits where: properties of fitting and joining, and the rules of widening one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.lang.check_unify import Clash, Unifier
from pplc.lang.typesys import (
    BOOL,
    INT,
    POSITIVE,
    REAL,
    STRING,
    UNIT,
    UNIT_INTERVAL,
    UNKNOWN_SIZE,
    Array,
    Base,
    Dist,
    Extent,
    Fn,
    List,
    Matrix,
    Model,
    Option,
    Record,
    Size,
    Sum,
    Tuple,
    Type,
    Vector,
    array,
    show,
    weight,
)

SIZES = st.one_of(st.builds(Size, st.sampled_from(["", "N", "J"]), st.integers(0, 3)), st.just(UNKNOWN_SIZE))
PLAIN = st.sampled_from([BOOL, INT, REAL, POSITIVE, UNIT_INTERVAL, STRING, UNIT, Sum("Shape")])


def _wider(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    return st.one_of(
        st.builds(lambda element, size: array(element, (size,)), inner, SIZES),
        st.builds(List, inner),
        st.builds(Option, inner),
        st.builds(Model, inner),
        st.builds(Dist, inner),
        st.builds(Base, inner),
        st.builds(lambda a, b: Tuple((a, b)), inner, inner),
        st.builds(lambda a, b: Record((("a", a), ("b", b))), inner, inner),
        st.builds(lambda a, b: Fn((a,), b), inner, inner),
    )


VECTORS = st.one_of(
    st.builds(Vector, st.sampled_from(["simplex", "ordered", "unit_vector"]), SIZES),
    st.builds(Matrix, st.sampled_from(["corr", "cov", "chol"]), SIZES),
)
TYPES = st.recursive(st.one_of(PLAIN, VECTORS), _wider, max_leaves=5)


@given(TYPES)
def test_a_type_fits_itself(kind: Type) -> None:
    assert Unifier().fits(kind, kind) is None


@given(TYPES, TYPES)
def test_what_two_types_have_in_common_both_fit(left: Type, right: Type) -> None:
    common = Unifier().join(left, right)
    if common is not None:
        assert Unifier().fits(left, common) is None
        assert Unifier().fits(right, common) is None


@given(TYPES, TYPES)
def test_what_two_types_have_in_common_does_not_depend_on_their_order(left: Type, right: Type) -> None:
    assert (Unifier().join(left, right) is None) == (Unifier().join(right, left) is None)


@given(TYPES)
def test_a_variable_takes_the_type_it_meets(kind: Type) -> None:
    unifier = Unifier()
    variable = unifier.fresh()
    assert unifier.fits(kind, variable) is None
    assert unifier.full(variable) == unifier.full(kind)


@given(TYPES, TYPES)
def test_a_failed_attempt_leaves_no_traces(left: Type, right: Type) -> None:
    unifier = Unifier()
    inside, outside = unifier.fresh(), unifier.fresh()
    before = (unifier.full(inside), unifier.full(outside))
    # The first parts fit and bind the variables, the last do not.
    clash = unifier.fits(Tuple((left, right, BOOL)), Tuple((inside, outside, STRING)))
    assert clash == Clash("type", BOOL, STRING)
    assert (unifier.full(inside), unifier.full(outside)) == before


@given(TYPES)
def test_no_variable_is_part_of_its_own_type(kind: Type) -> None:
    unifier = Unifier()
    variable = unifier.fresh()
    assert unifier.fits(Tuple((kind, variable)), variable) is not None


@given(TYPES)
def test_a_type_is_shown_in_a_line(kind: Type) -> None:
    assert 0 < len(show(kind)) <= 80
    assert "\n" not in show(kind)


def test_a_type_that_shares_its_parts_is_weighed_without_writing_it_out() -> None:
    kind: Type = INT
    for _ in range(200):
        kind = Tuple((kind, kind))
    assert weight(kind, 1000) == 1001
    assert len(show(kind)) <= 80


N, J, THREE, FOUR = Size("N"), Size("J"), Size("", 3), Size("", 4)
COMPUTED = Size("k", 0, declared=False)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (INT, REAL),
        (POSITIVE, REAL),
        (UNIT_INTERVAL, REAL),
        (Vector("simplex", N), Array(REAL, (N,))),
        (Vector("simplex", N), Array(UNIT_INTERVAL, (N,))),
        (Vector("ordered", N), List(REAL)),
        (Matrix("cov", N), Array(REAL, (N, N))),
        (Matrix("corr", N), Matrix("cov", N)),
        (Array(INT, (N,)), List(REAL)),
        (Array(REAL, (N, J)), List(Array(REAL, (J,)))),
        (List(REAL), Array(REAL, (UNKNOWN_SIZE,))),
        (Dist(REAL), Model(REAL)),
        (Dist(INT), Base(REAL)),
        (INT, Option(REAL)),
        (Option(INT), REAL),
        (Fn((REAL,), INT), Fn((INT,), REAL)),
        (Fn((INT,), Dist(INT)), Fn((INT,), Model(INT))),
        (Array(INT, (COMPUTED,)), Array(INT, (N,))),
        (Array(INT, (COMPUTED,)), Array(INT, (THREE,))),
        (Array(INT, (UNKNOWN_SIZE,)), Array(INT, (N,))),
        (Tuple(()), UNIT),
    ],
    ids=show,
)
def test_a_narrower_type_stands_for_a_wider_one(found: Type, wanted: Type) -> None:
    assert Unifier().fits(found, wanted) is None


@pytest.mark.parametrize(
    ("found", "wanted", "what"),
    [
        (REAL, INT, "type"),
        (BOOL, INT, "type"),
        (REAL, POSITIVE, "domain"),
        (UNIT_INTERVAL, POSITIVE, "domain"),
        (INT, UNIT_INTERVAL, "domain"),
        (Array(REAL, (N,)), Vector("simplex", N), "domain"),
        (Vector("ordered", N), Vector("simplex", N), "domain"),
        (Array(REAL, (N,)), Array(REAL, (J,)), "size"),
        (Array(REAL, (N,)), Array(REAL, (THREE,)), "size"),
        (Array(REAL, (THREE,)), Array(REAL, (FOUR,)), "size"),
        (Array(REAL, (Size("N", 1),)), Array(REAL, (N,)), "size"),
        (Array(REAL, (Size("k", 1, declared=False),)), Array(REAL, (COMPUTED,)), "size"),
        (Array(REAL, (N, J)), Array(REAL, (N,)), "type"),
        (List(REAL), Array(REAL, (N,)), "type"),
        (List(List(REAL)), Array(REAL, (UNKNOWN_SIZE, UNKNOWN_SIZE)), "type"),
        (Model(REAL), Dist(REAL), "type"),
        (Base(REAL), Model(REAL), "type"),
        (Fn((INT,), REAL), Fn((REAL,), REAL), "type"),
        (Fn((REAL,), BOOL, random=True), Fn((REAL,), BOOL), "type"),
        (Record((("a", INT),)), Record((("b", INT),)), "type"),
        (Sum("A"), Sum("B"), "type"),
    ],
)
def test_a_type_that_does_not_fit_is_told_apart(found: Type, wanted: Type, what: str) -> None:
    clash = Unifier().fits(found, wanted)
    assert clash is not None
    assert clash.what == what


@pytest.mark.parametrize(
    ("left", "right", "common"),
    [
        (INT, REAL, REAL),
        (POSITIVE, UNIT_INTERVAL, REAL),
        (Array(INT, (N,)), Array(REAL, (N,)), Array(REAL, (N,))),
        (Array(INT, (THREE,)), Array(INT, (FOUR,)), List(INT)),
        (Array(INT, (N,)), Array(INT, (UNKNOWN_SIZE,)), Array(INT, (UNKNOWN_SIZE,))),
        (Vector("simplex", N), Vector("simplex", N), Vector("simplex", N)),
        (Vector("simplex", N), Array(REAL, (N,)), Array(REAL, (N,))),
        (Dist(INT), Model(REAL), Model(REAL)),
        (Dist(INT), Base(REAL), Base(REAL)),
        (INT, Option(REAL), Option(REAL)),
        (Option(INT), REAL, Option(REAL)),
        (Tuple((INT, BOOL)), Tuple((REAL, BOOL)), Tuple((REAL, BOOL))),
        (Fn((INT,), INT), Fn((INT,), REAL), Fn((INT,), REAL)),
        (Model(INT), Base(INT), None),
        (INT, STRING, None),
        (Fn((INT,), INT), Fn((STRING,), INT), None),
        (Tuple((INT, BOOL)), Tuple((INT, INT)), None),
    ],
)
def test_branches_have_the_narrowest_type_in_common(left: Type, right: Type, common: Type | None) -> None:
    assert Unifier().join(left, right) == common


def test_a_soft_variable_widens_and_a_hard_one_does_not() -> None:
    unifier = Unifier()
    soft, hard = unifier.fresh(soft=True), unifier.fresh()
    for variable in (soft, hard):
        assert unifier.fits(INT, variable) is None
    assert unifier.fits(REAL, soft) is None
    assert unifier.full(soft) == REAL
    assert unifier.fits(REAL, hard) is not None


def test_sizes_are_found_from_arguments_and_must_agree() -> None:
    unifier = Unifier()
    names: dict[str, Extent] = {}
    xs, ys = unifier.instantiate([Array(REAL, (N,)), Array(REAL, (Size("N", 1),))], names)
    assert unifier.fits(Array(REAL, (J,)), xs) is None
    assert unifier.fits(Array(REAL, (Size("J", 1),)), ys) is None
    clash = unifier.fits(Array(REAL, (J,)), ys)
    assert clash is not None
    assert clash.what == "size"
