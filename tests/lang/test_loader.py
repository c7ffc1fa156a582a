"""Imports: below the folder of the model only, each file once, every error with its place."""

import os
from pathlib import Path

import pytest

from pplc.lang import loader
from pplc.lang import syntax as s
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.loader import load, load_text
from pplc.lang.parse import MAX_CHARACTERS


def write(folder: Path, **files: str) -> Path:
    """Model files `name=text`; `__` in a name is `/`. Gives the path of main.ppl."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.ppl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "main.ppl"


def errors(path: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(Rejected) as raised:
        load(path)
    return raised.value.diagnostics


def names(program: s.Program) -> list[str]:
    return [item.name for item in program.items if isinstance(item, s.Function)]


def test_items_of_imported_files_come_first_each_file_once_without_its_queries(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        main='# mine\nimport "lib/a.ppl"\nimport "lib/b.ppl"\nfn main() => 1\nquery evidence',
        lib__a='# not mine\nimport "b.ppl"\nfn a() => 1\nquery posterior(x)',
        lib__b='import "../c.ppl"\nfn b() => 1',
        c="fn c() => 1",
    )
    program = load(path)
    assert names(program) == ["c", "b", "a", "main"]
    assert program.items[-1] == s.QueryItem((s.Query("evidence"),))
    assert [comment.text for comment in program.comments] == [" mine"]
    assert program.items[2].span.file.name == str(tmp_path / "lib" / "a.ppl")


def test_a_text_imports_from_the_folder_it_is_given_and_else_nothing(tmp_path: Path) -> None:
    write(tmp_path, lib="fn f() => 1")
    assert names(load_text('import "lib.ppl"', "<text>", tmp_path)) == ["f"]
    with pytest.raises(Rejected) as raised:
        load_text('import "lib.ppl"')
    assert raised.value.diagnostics[0].code == "E0126"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("none.ppl", "E0125"),
        ("data.json", "E0125"),
        ("folder.ppl", "E0125"),
        ("pipe.ppl", "E0125"),
        ("a\\\\b.ppl", "E0125"),
        ("x" * 300 + ".ppl", "E0125"),
        ("../outside.ppl", "E0126"),
        ("sub/../../outside.ppl", "E0126"),
        ("/etc/passwd.ppl", "E0126"),
        ("link.ppl", "E0126"),
        ("links/outside.ppl", "E0126"),
        ("text.ppl", "E0126"),
        ("round.ppl", "E0125"),
        ("bytes.ppl", "E0128"),
    ],
)
def test_what_cannot_be_imported_is_refused_at_the_import(tmp_path: Path, written: str, code: str) -> None:
    inside = tmp_path / "inside"
    write(tmp_path, outside="fn secret() => 1")
    write(inside, main=f'\n  import "{written}"\nfn f() => 1', sub__x="")
    (inside / "data.json").write_text("{}")
    (inside / "notes.txt").write_text("fn f() => 1")
    (inside / "folder.ppl").mkdir()
    os.mkfifo(inside / "pipe.ppl")
    (inside / "link.ppl").symlink_to(tmp_path / "outside.ppl")
    (inside / "links").symlink_to(tmp_path)
    (inside / "text.ppl").symlink_to(inside / "notes.txt")
    (inside / "round.ppl").symlink_to(inside / "round.ppl")
    (inside / "bytes.ppl").write_bytes(b"fn f() => 1\n# \xff\n")
    (error,) = errors(inside / "main.ppl")
    assert error.code == code
    assert (error.span.line, error.span.column) == (2, 3)  # the bad byte stands there in its own file


def test_whether_a_file_outside_exists_is_not_told(tmp_path: Path) -> None:
    write(tmp_path, outside="fn secret() => 1")
    messages = []
    for other in ("outside", "nowhere"):
        path = write(tmp_path / "inside", main=f'import "../{other}.ppl"')
        messages.append(errors(path)[0].message.replace(other, "X"))
    assert messages[0] == messages[1]


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    path = write(tmp_path, main='import "link.ppl"\nimport "lib.ppl"', lib="fn f() => 1")
    (tmp_path / "link.ppl").symlink_to(tmp_path / "lib.ppl")
    assert names(load(path)) == ["f"]


def test_a_circle_of_imports_names_the_way(tmp_path: Path) -> None:
    path = write(tmp_path, main='import "a.ppl"', a='import "b.ppl"', b='\nimport "main.ppl"')
    (error,) = errors(path)
    assert (error.code, error.span.file.name, error.span.line) == ("E0127", str(tmp_path / "b.ppl"), 2)
    assert [note.span.file.name for note in error.notes] == [str(path), str(tmp_path / "a.ppl")]
    (alone,) = errors(write(tmp_path, main='import "main.ppl"'))
    assert alone.message == "`main.ppl` imports itself"


def test_errors_of_all_imported_files_are_shown(tmp_path: Path) -> None:
    path = write(tmp_path, main='import "a.ppl"\nimport "b.ppl"', a="let x = ", b="let y = )")
    assert [Path(error.span.file.name).name for error in errors(path)] == ["a.ppl", "b.ppl"]


def test_a_program_has_a_limited_number_of_files(tmp_path: Path) -> None:
    chain = {f"f{i}": f'import "f{i + 1}.ppl"' for i in range(loader.MAX_FILES + 5)}
    path = write(tmp_path, main='import "f0.ppl"', **chain)
    assert [error.code for error in errors(path)] == ["E0109"]


@pytest.mark.parametrize("size", [MAX_CHARACTERS + 1, 4 * MAX_CHARACTERS + 1])
def test_a_file_has_a_limited_size(tmp_path: Path, size: int) -> None:
    assert errors(write(tmp_path, main="#" * size))[0].code == "E0109"
    (tmp_path / "big.ppl").write_text("#" * size)
    error = errors(write(tmp_path, main='import "big.ppl"'))[0]
    assert error.code == "E0109"
    assert error.span.line == 1


def test_a_main_file_that_cannot_be_read_is_an_error_without_a_place(tmp_path: Path) -> None:
    for path in (tmp_path / "none.ppl", tmp_path):
        (error,) = errors(path)
        assert (error.code, error.span.line) == ("E0316", 0)
    assert errors(tmp_path / ("x" * 300))[0].code == "E0316"


def test_a_byte_order_mark_is_no_character(tmp_path: Path) -> None:
    path = tmp_path / "main.ppl"
    path.write_bytes(b"\xef\xbb\xbffn f() => 1")
    assert load(path).items[0].span.column == 1


def test_a_bad_byte_in_the_main_file_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "main.ppl"
    path.write_bytes("# é\nlet é = \xff".encode("latin-1").replace(b"\xe9", "é".encode()))
    (error,) = errors(path)
    assert (error.code, error.span.line, error.span.column) == ("E0128", 2, 9)


def test_a_folder_is_no_model_but_may_have_some(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    for advice in ("", "it has `coin.ppl`"):
        with pytest.raises(Rejected) as caught:
            load(folder)
        (found,) = caught.value.diagnostics
        assert (found.code, found.message, found.help) == ("E0316", f"`{folder}` is a folder", advice)
        (folder / "coin.ppl").write_text("model coin() { x ~ Bernoulli(0.5) }")


def test_a_pipe_is_no_regular_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.ppl"
    os.mkfifo(pipe)
    with pytest.raises(Rejected, match="is no regular file"):
        load(pipe)
