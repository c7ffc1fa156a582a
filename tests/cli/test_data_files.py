"""Data files are read exactly, and every malformed one has its one clear error."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.data_files import Cell, read
from pplc.data_python import table
from pplc.lang.diagnostics import Rejected


def _write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_json_numbers_are_exact_decimals(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.json", '{"p": 0.1, "n": 3, "x": [1e-3, -2.50, null, true, "a"]}')
    values = read(path).values
    assert values == {
        "p": Fraction(1, 10),
        "n": 3,
        "x": [Fraction(1, 1000), Fraction(-5, 2), None, True, "a"],
    }
    assert type(values["n"]) is int


def test_csv_columns_keep_their_text_and_missing_cells(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.csv", 'x,"name, long",y\n0.1,"a ""b""",\n2,NA,3e-2\n')
    assert read(path).values == {
        "x": [Cell("0.1"), Cell("2")],
        "name, long": [Cell('a "b"'), None],
        "y": [None, Cell("3e-2")],
    }


def test_row_names_without_a_title_are_left_out(tmp_path: Path) -> None:
    assert read(_write(tmp_path, "d.csv", ",x\n1,5\n2,6\n")).values == {"x": [Cell("5"), Cell("6")]}


def test_parquet_and_npz_are_binary(tmp_path: Path) -> None:
    parquet, npz = str(tmp_path / "d.parquet"), str(tmp_path / "d.npz")
    pyarrow.parquet.write_table(pyarrow.table({"x": [0.5, None], "k": [1, 2], "s": ["a", "b"]}), parquet)
    np.savez(npz, x=np.array([[0.5, 1.0]]), n=np.int64(3))
    assert read(parquet).values == {"x": [0.5, None], "k": [1, 2], "s": ["a", "b"]}
    assert read(npz).values == {"x": [[0.5, 1.0]], "n": 3}
    assert read(parquet).binary
    assert read(npz).binary


def test_a_member_of_a_json_file_can_be_named(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.json", '{"info": "x", "data": {"n": 1}}')
    found = read(f"{path}#data")
    assert found.values == {"n": 1}
    assert found.origin == f"{path}#data"


BAD: dict[str, tuple[str, str | bytes, str]] = {
    "no json": ("d.json", '{"x": [1, 2', "E0302: `d.json` is not JSON: expecting ',' delimiter"),
    "empty": ("d.json", "", "E0302: `d.json` is not JSON: expecting value"),
    "nan": (
        "d.json",
        '{"x": [1, NaN]}',
        "E0302: `d.json` contains `NaN`, which is not a number; write `null` for a missing value",
    ),
    "infinity": (
        "d.json",
        '{"x": -Infinity}',
        "E0302: `d.json` contains `-Infinity`, which is not a number; write `null` for a missing value",
    ),
    "twice": ("d.json", '{"x": 1, "y": 2, "x": 3}', "E0302: `d.json` has the key `x` twice in one object"),
    "list": ("d.json", "[1, 2]", "E0302: `d.json` holds a list, but data are an object of named values"),
    "mark": ("d.json", b'\xef\xbb\xbf{"x": 1}', "E0302: `d.json` begins with a byte order mark"),
    "latin-1": (
        "d.json",
        b'{"x":\n "\xe9"}',
        "E0302: line 2 of `d.json` is not UTF-8: byte 0xe9 at offset 8",
    ),
    "deep": ("d.json", '{"x": ' + "[" * 5000 + "]" * 5000 + "}", "E0302: `d.json` is nested too deeply"),
    "deeper than allowed": (
        "d.json",
        '{"x": ' + "[" * 300 + "]" * 300 + "}",
        "E0302: `d.json` is nested too deeply",
    ),
    "huge exponent": (
        "d.json",
        '{"x": 1e400000000}',
        "E0302: `d.json` contains a number that cannot be used: the exponent of `1e400000000` is beyond ±300",
    ),
    "huge integer": (
        "d.json",
        '{"x": ' + "9" * 10_000 + "}",
        f"E0302: `d.json` contains a number that cannot be used: the exponent of `{'9' * 40}` is beyond ±300",
    ),
    "ragged": ("d.csv", "x,y\n1,2\n3\n", "E0302: line 3 of `d.csv` has 1 field, but the header names 2"),
    "columns": ("d.csv", "x,x\n1,2\n", "E0302: `d.csv` has two columns named `x`"),
    "no header": ("d.csv", "", "E0302: `d.csv` is empty"),
    "quote": ("d.csv", 'x\n"1\n', "E0302: `d.csv` is not CSV: unexpected end of data"),
    "no parquet": ("d.parquet", "hello", "E0302: `d.parquet` is not a Parquet file: "),
    "no npz": (
        "d.npz",
        "hello",
        "E0302: `d.npz` is not an npz file, which is a zip archive: it is text, and begins with `hello`",
    ),
    "ending": (
        "d.txt",
        "x",
        "E0301: `d.txt` ends in `.txt`, but data files are `.json`, `.csv`, `.parquet` or `.npz`",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_file_has_one_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, content, message = BAD[name]
    _write(tmp_path, file, content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Rejected) as caught:
        read(file)
    (diagnostic,) = caught.value.diagnostics
    assert f"{diagnostic.code}: {diagnostic.message}".startswith(message)


def test_an_error_in_json_points_into_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.json", '{\n "x": [1 2]\n}')
    with pytest.raises(Rejected) as caught:
        read(path)
    span = caught.value.diagnostics[0].span
    assert (span.line, span.column) == (2, 10)


def test_python_objects_in_an_npz_are_not_read(tmp_path: Path) -> None:
    path = str(tmp_path / "d.npz")
    np.savez(path, x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(Rejected, match="it holds Python objects, which are not read"):
        read(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.mkdir(), "is a folder"),
        (os.mkfifo, "is not a regular file"),
    ],
)
def test_what_is_no_regular_file_is_refused_at_once(
    make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "d.json"
    make(path)
    with pytest.raises(Rejected, match=message):
        read(str(path))


def test_a_slip_in_the_name_of_a_file_is_noticed(tmp_path: Path) -> None:
    _write(tmp_path, "schools.json", "{}")
    with pytest.raises(Rejected) as caught:
        read(str(tmp_path / "shcools.json"))
    assert caught.value.diagnostics[0].help == f"did you mean `{tmp_path / 'schools.json'}`?"


@pytest.mark.parametrize(("member", "message"), [("none", "is not there"), ("n", "is not an object")])
def test_a_member_must_be_an_object(member: str, message: str, tmp_path: Path) -> None:
    path = _write(tmp_path, "d.json", '{"n": 1, "data": {}}')
    with pytest.raises(Rejected, match=message) as caught:
        read(f"{path}#{member}")
    assert caught.value.diagnostics[0].help == "its objects are `data`"


def test_python_values_become_lists_and_numbers() -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    torch = pytest.importorskip("torch")
    expected = {"x": [1.5, 2.0], "k": [1, 2]}
    assert table({"x": np.array([1.5, 2.0]), "k": (1, 2)}).values == expected
    assert table(pandas.DataFrame(expected)).values == expected
    assert table(polars.DataFrame(expected)).values == expected
    assert table({"x": torch.tensor([1.5, 2.0]), "k": [np.int32(1), 2]}).values == expected


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(Rejected, match="data cannot be of type `int`"):
        table(3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    _write(folder, "d.json", '{"x": [1, 2.5, null, true, "a"], "data": {"n": 1, "m": [[1, 2], [3, 4]]}}')
    _write(folder, "d.csv", 'x,"y,z",w\n1,2,3\n"a ""q""",NA,\n')
    np.savez(folder / "d.npz", x=np.arange(5.0), y=np.ones((2, 2)), z=np.array(3))
    pyarrow.parquet.write_table(pyarrow.table({"x": [0.5, None], "s": ["a", "b"]}), folder / "d.parquet")
    return folder


EDIT = st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(max_size=3))


@settings(max_examples=200, deadline=None)
@given(
    ending=st.sampled_from(["json", "csv", "npz", "parquet"]),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(max_size=3)), min_size=1, max_size=4
    ),
)
def test_a_damaged_file_is_read_or_refused(
    ending: str, edits: list[tuple[float, int, bytes]], whole: Path
) -> None:
    content = (whole / f"d.{ending}").read_bytes()
    for where, removed, added in edits:
        at = int(where * len(content))
        content = content[:at] + added + content[at + removed :]
    path = _write(whole, f"damaged.{ending}", content)
    refused: list[str] = []
    try:
        read(path)
    except Rejected as rejected:
        refused = [d.code for d in rejected.diagnostics]
    assert refused in ([], ["E0302"])


def test_a_file_that_is_no_npz_says_what_it_is(tmp_path: Path) -> None:
    text, array = tmp_path / "text.npz", tmp_path / "array.npz"
    text.write_text("a,b\n1,2\n")
    with array.open("wb") as opened:
        np.save(opened, np.zeros(3))
    for path, message, advice in (
        (text, "which is a zip archive: it is text, and begins with `a,b`", "`.csv`"),
        (array, "it is an npy file, one array without a name", "numpy.savez"),
    ):
        with pytest.raises(Rejected) as caught:
            read(str(path))
        (found,) = caught.value.diagnostics
        assert found.code == "E0302"
        assert message in found.message
        assert advice in found.help
