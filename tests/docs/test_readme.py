"""README keeps its promises: the lines that CI takes from it, its links, its table of methods."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pplc.inference.registry import METHODS
from tests.support.fences import ROOT, page_name, pages, read_fences

LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(#[^)]*)?\)")
ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)


@pytest.mark.parametrize("mark", ["infer", "test"])
def test_each_line_that_ci_takes_from_the_readme_is_one_line_that_begins_an_environment(mark: str) -> None:
    (fence,) = [f for f in read_fences(ROOT / "README.md") if f.mark == mark]
    (line,) = fence.body.splitlines()
    assert ".venv/bin/pip install -c constraints.txt -e " in line
    assert f"<!-- ci: {mark} -->\n```bash\n{line}\n```\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_marked_lines() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "$(readme infer)" in script
    assert "$(readme test)" in script


@pytest.mark.parametrize("page", [*pages(), ROOT / "CONTRIBUTING.md"], ids=page_name)
def test_every_relative_link_of_a_page_leads_to_a_file(page: Path) -> None:
    targets = [match[1] for match in LINK.finditer(page.read_text(encoding="utf-8"))]
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/methods.md"])
def test_the_tables_of_methods_are_the_methods_there_are(page: str) -> None:
    rows = ROW.findall((ROOT / page).read_text(encoding="utf-8"))
    assert sorted(name for row in rows for name in re.findall(r"\w+", row)) == sorted(METHODS)
