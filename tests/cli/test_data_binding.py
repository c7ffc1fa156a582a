"""Data meet the parameters of a model: what fits, and a golden message for everything that does not."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest

from pplc.data import Signature, bind
from pplc.data_files import Cell, Table
from pplc.lang import typesys as t
from pplc.lang.diagnostics import Rejected, SourceFile, Span
from pplc.semantics.values import MISSING, Record, Tagged

N, K = t.Size("N"), t.Size("K")
FILE = SourceFile("m.ppl", "model m(a: int, b: int) { }")


def _signature(**types: t.Type) -> Signature:
    places = (Span(FILE, 1, 9 + k, 1, 10 + k) for k in range(len(types)))
    parameters = tuple((name, kind, span) for (name, kind), span in zip(types.items(), places, strict=False))
    return Signature("m", parameters, {"Shape": {"Square": 0, "Circle": 1}})


def _bind(
    types: Mapping[str, t.Type], values: Mapping[str, Any], *, binary: bool = False
) -> Mapping[str, Any]:
    return bind(_signature(**types), [Table("d.json", values, binary)]).arguments


REALS = t.Array(t.REAL, (N,))

FITS: dict[str, tuple[t.Type, Any, Any]] = {
    "real": (t.REAL, 3, Fraction(3)),
    "int": (t.INT, Fraction(3), 3),
    "bool": (t.BOOL, True, True),
    "bool from a digit": (t.BOOL, 0, False),
    "bool from a cell": (t.BOOL, Cell("TRUE"), True),
    "number from a cell": (t.REAL, Cell("0.1"), Fraction(1, 10)),
    "string from a cell": (t.STRING, Cell("12"), "12"),
    "unit": (t.UNIT_INTERVAL, 1, Fraction(1)),
    "array": (REALS, [1, Fraction(1, 2)], (Fraction(1), Fraction(1, 2))),
    "empty": (REALS, [], ()),
    "matrix": (t.Array(t.INT, (N, K)), [[1, 2], [3, 4], [5, 6]], ((1, 2), (3, 4), (5, 6))),
    "fixed size": (t.Array(t.INT, (t.Size("", 2),)), [1, 2], (1, 2)),
    "shifted size": (t.Tuple((REALS, t.Array(t.INT, (t.Size("N", -1),)))), [[1, 2], [3]], ((1, 2), (3,))),
    "simplex": (t.Vector("simplex", K), [Fraction(1, 3), Fraction(2, 3)], (Fraction(1, 3), Fraction(2, 3))),
    "simplexes": (t.Array(t.Vector("simplex", K), (N,)), [[1, 0], [0, 1]], ((1, 0), (0, 1))),
    "rounded simplex": (
        t.Vector("simplex", K),
        [Fraction("0.333333333"), Fraction("0.666666666")],
        (Fraction("0.333333333"), Fraction("0.666666666")),
    ),
    "ordered": (t.Vector("ordered", K), [1, 2], (1, 2)),
    "cov": (t.Matrix("cov", K), [[2, 1], [1, 2]], ((2, 1), (1, 2))),
    "missing": (t.Array(t.Option(t.REAL), (N,)), [1, None], (Fraction(1), MISSING)),
    "list": (t.List(t.List(t.INT)), [[1], [], [2, 3]], ((1,), (), (2, 3))),
    "record": (t.Record((("a", t.INT), ("b", t.BOOL))), {"b": True, "a": 1}, Record(("a", "b"), (1, True))),
    "sum": (t.Sum("Shape"), "Square", Tagged("Square")),
}


@pytest.mark.parametrize("name", FITS)
def test_a_value_that_fits_is_bound(name: str) -> None:
    kind, raw, value = FITS[name]
    assert _bind({"a": kind}, {"a": raw})["a"] == value


def test_nan_of_a_binary_source_is_missing_where_missing_is_allowed() -> None:
    assert _bind({"a": t.Array(t.Option(t.REAL), (N,))}, {"a": [nan, 0.5]}, binary=True)["a"] == (
        MISSING,
        Fraction(1, 2),
    )


IN = "in `d.json`"

BAD: dict[str, tuple[t.Type, Any, str]] = {
    "kind": (t.REAL, "three", f'E0304: `a` {IN} must be a number, but it is the string "three"'),
    "truth value": (t.REAL, True, f"E0304: `a` {IN} must be a number, but it is `true`"),
    "fraction": (t.INT, Fraction(1, 2), f"E0304: `a` {IN} must be an integer, but it is 0.5"),
    "list for a number": (t.REAL, [1], f"E0304: `a` {IN} must be a number, but it is a list of 1"),
    "number for a list": (REALS, 1, f"E0304: `a` {IN} must be a list, of type `real[N]`, but it is 1"),
    "null": (REALS, [1, None], f"E0304: `a[1]` {IN} is missing, but the type is `real`"),
    "nan": (t.REAL, nan, f"E0304: `a` {IN} is not a number (NaN)"),
    "infinity": (t.REAL, inf, f"E0304: `a` {IN} is infinite"),
    "huge": (t.REAL, 10**400, f"E0304: `a` {IN} is beyond ±1e300"),
    "cell": (t.REAL, Cell("x"), f"E0304: `a` {IN} must be a number, but `x` is not a number"),
    "bool": (t.BOOL, 2, f"E0304: `a` {IN} must be `true` or `false`, but it is 2"),
    "string for a bool": (
        t.BOOL,
        "true",
        f'E0304: `a` {IN} must be `true` or `false`, but it is the string "true"',
    ),
    "string": (t.STRING, 1, f"E0304: `a` {IN} must be a string, but it is 1"),
    "sum": (t.Sum("Shape"), "Sqare", f"E0304: `a` {IN} is `Sqare`, but `Shape` is one of `Square`, `Circle`"),
    "payload": (
        t.Sum("Shape"),
        "Circle",
        f"E0304: `a` {IN} is `Circle`, which carries values; data can only name plain ones",
    ),
    "function": (
        t.Fn((t.REAL,), t.REAL),
        1,
        "E0304: `a` is a function, which data cannot give",
    ),
    "fixed size": (
        t.Array(t.REAL, (t.Size("", 2),)),
        [1, 2, 3],
        f"E0305: `a` {IN} must have 2 elements, but it has 3",
    ),
    "ragged": (
        t.Array(t.REAL, (N, K)),
        [[1, 2], [3]],
        f"E0305: `a` {IN} is ragged: `a[0]` has 2 and `a[1]` has 1 element",
    ),
    "tuple": (t.Tuple((t.INT, t.INT)), [1], f"E0305: `a` {IN} must have 2 elements, but it has 1"),
    "no field": (t.Record((("x", t.INT),)), {}, f"E0305: `a` {IN} has no field `x`"),
    "a field too many": (
        t.Record((("x", t.INT),)),
        {"x": 1, "y": 2},
        f"E0305: `a` {IN} has a field `y` that its type has not",
    ),
    "positive": (
        t.Array(t.POSITIVE, (N,)),
        [1, 0],
        f"E0306: `a[1]` {IN} must be a positive number, but it is 0",
    ),
    "unit": (t.UNIT_INTERVAL, 2, f"E0306: `a` {IN} must be a number from 0 to 1, but it is 2"),
    "simplex": (
        t.Vector("simplex", K),
        [Fraction(1, 2), Fraction(1, 4)],
        f"E0306: `a` {IN} must be a vector of probabilities that sum to 1, but the sum is 0.75",
    ),
    "negative simplex": (
        t.Vector("simplex", K),
        [2, -1],
        f"E0306: `a` {IN} must be a vector of probabilities that sum to 1, but entry 1 is -1",
    ),
    "ordered": (
        t.Vector("ordered", K),
        [1, 1],
        f"E0306: `a` {IN} must be strictly increasing, but entry 1 is not above entry 0",
    ),
    "unit vector": (
        t.Vector("unit_vector", K),
        [1, 1],
        f"E0306: `a` {IN} must be a vector of length 1, but the squared length is 2",
    ),
    "asymmetric": (
        t.Matrix("cov", K),
        [[1, 0], [Fraction(1, 2), 1]],
        (
            f"E0306: `a` {IN} must be a covariance matrix,"
            " but entries [1, 0] and [0, 1] differ: it is not symmetric"
        ),
    ),
    "indefinite": (
        t.Matrix("cov", K),
        [[1, 2], [2, 1]],
        f"E0306: `a` {IN} must be a covariance matrix, but it is not positive definite",
    ),
    "correlation": (
        t.Matrix("corr", K),
        [[2, 0], [0, 1]],
        f"E0306: `a` {IN} must be a correlation matrix, but entry [0, 0] on the diagonal is not 1",
    ),
    "factor": (
        t.Matrix("chol", K),
        [[1, 1], [0, 1]],
        (
            f"E0306: `a` {IN} must be a Cholesky factor: lower triangular with a positive diagonal,"
            " but entry [0, 1] above the diagonal is not 0"
        ),
    ),
    "not square": (
        t.Matrix("cov", K),
        [[1, 0]],
        f"E0307: `a[0]` {IN} must have K = 1 element, but it has 2",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_value_that_does_not_fit_has_its_message(name: str) -> None:
    kind, raw, message = BAD[name]
    with pytest.raises(Rejected) as caught:
        _bind({"a": kind}, {"a": raw})
    (diagnostic,) = caught.value.diagnostics
    assert f"{diagnostic.code}: {diagnostic.message}" == message
    assert diagnostic.span == Span(FILE, 1, 9, 1, 10)
    verb = "needs" if isinstance(kind, t.Fn) else "declared as"
    assert diagnostic.label == f"{verb} `{t.show(kind)}`"


def test_everything_wrong_is_listed_at_once_in_the_order_of_the_model() -> None:
    types: dict[str, t.Type] = {"x": REALS, "y": t.Array(t.POSITIVE, (N,)), "n": t.INT, "sigma": t.REAL}
    with pytest.raises(Rejected) as caught:
        _bind(types, {"x": [1, 2], "y": [1, 2, 3], "n": "a", "sgima": 1})
    assert [d.code for d in caught.value.diagnostics] == ["E0307", "E0304", "E0309"]
    assert caught.value.diagnostics[0].help == "`N` is 2 because of `x` in `d.json`"
    assert caught.value.diagnostics[2].help == "the data have `sgima`: rename one of the two"


def test_a_size_may_be_an_int_parameter_or_a_datum_of_its_name() -> None:
    assert _bind({"y": REALS, "N": t.INT}, {"y": [1], "N": 1})["N"] == 1
    cases: tuple[dict[str, t.Type], ...] = ({"y": REALS, "N": t.INT}, {"y": REALS})
    for types in cases:
        with pytest.raises(Rejected, match=r"must have N = 2 elements, but it has 1"):
            _bind(types, {"y": [1], "N": 2})


def test_settings_override_and_other_files_may_not() -> None:
    signature = _signature(a=t.INT)
    first, second = Table("a.json", {"a": 1}), Table("b.json", {"a": 2})
    assert bind(signature, [first], Table("--set", {"a": 3})).arguments == {"a": 3}
    with pytest.raises(Rejected, match=r"`a` is given twice: in `a\.json` and in `b\.json`"):
        bind(signature, [first, second])


def test_unused_data_are_a_warning_unless_they_are_sizes() -> None:
    found = bind(_signature(y=REALS), [Table("d.json", {"y": [1], "N": 1, "z": 1, "w": 2})])
    (warning,) = found.warnings
    assert (warning.code, warning.severity) == ("W0301", "warning")
    assert warning.message == "`z`, `w` in `d.json` are no parameters of `m`, and not used"


def test_the_member_data_is_taken_if_only_it_has_parameters() -> None:
    table = Table("d.json", {"name": "x", "data": {"a": 1}})
    found = bind(_signature(a=t.INT), [table])
    assert found.arguments == {"a": 1}
    assert [w.code for w in found.warnings] == ["W0302"]
    assert bind(_signature(data=t.Record((("a", t.INT),))), [table]).arguments == {
        "data": Record(("a",), (1,))
    }


def test_a_column_of_text_where_groups_are_numbered_says_how_to_number_them() -> None:
    with pytest.raises(Rejected) as caught:
        _bind({"county": t.Array(t.INT, (N,))}, {"county": [Cell("Aitkin"), Cell("Becker"), Cell("Aitkin")]})
    (found,) = caught.value.diagnostics
    assert found.code == "E0304"
    assert found.message == "`county` in `d.json` must be integers, but it is text, such as `Aitkin`"
    assert "its 2 different values from 0 (`Aitkin` = 0, `Becker` = 1)" in found.help
    assert 'frame["county"].astype("category").cat.codes' in found.help


def test_one_word_among_numbers_is_shown_where_it_stands() -> None:
    with pytest.raises(Rejected) as caught:
        _bind({"county": t.Array(t.INT, (N,))}, {"county": [Cell("1"), Cell("Becker")]})
    assert "`county[1]`" in caught.value.diagnostics[0].message
