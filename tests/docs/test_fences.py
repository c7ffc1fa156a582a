"""The reader of pages sees what a person sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fences import read_fences
from tests.support.shell import Command, commands, run

PAGE = """\
Text.

```ppl coin.ppl
model coin() { return ~Bernoulli(0.5) }
```

- an item
  ```console
  $ echo one; echo two
  one
  ...
  $ true
  ```

<!-- ci: test -->
```bash
# a comment
first && second
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with one block of each kind."""
    file = tmp_path / "page.md"
    file.write_text(PAGE, encoding="utf-8")
    return file


def test_blocks_are_found_with_their_words_places_and_marks(page: Path) -> None:
    coin, console, install = read_fences(page)
    assert (coin.language, coin.words, coin.place) == ("ppl", ("coin.ppl",), "page.md:3")
    assert coin.body == "model coin() { return ~Bernoulli(0.5) }\n"
    assert console.body.startswith("$ echo one")
    assert (install.mark, console.mark) == ("test", "")


def test_commands_are_taken_with_the_output_below_them(page: Path) -> None:
    _, console, install = read_fences(page)
    assert commands(console) == [
        Command("page.md:9", "echo one; echo two", "one\n...\n"),
        Command("page.md:12", "true", ""),
    ]
    assert [c.line for c in commands(install)] == ["first && second"]


def test_a_command_that_prints_something_else_is_noticed(page: Path, tmp_path: Path) -> None:
    run(Command("page.md:9", "echo one; echo two", "one\n...\n"), tmp_path)
    with pytest.raises(AssertionError, match="where the page has"):
        run(Command("page.md:9", "echo three", "one\n"), tmp_path)
    with pytest.raises(AssertionError, match="ended with status 3"):
        run(Command("page.md:9", "exit 3", ""), tmp_path)
    run(Command("page.md:9", "echo 'error[E0101]: no'; exit 1", "error[E0101]: no\n"), tmp_path)


def test_a_block_that_is_never_closed_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("```ppl\nmodel m() {}\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="never closed"):
        read_fences(file)
