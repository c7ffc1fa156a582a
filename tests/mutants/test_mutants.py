"""Every fault of the catalogue is caught by the check that is there for it.

The folders of the package are copied, one file is changed, and the check runs against the copy in a process
of its own. It must fail in an assertion or with a located error, not for want of something to run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from tests.mutants.catalogue import CATALOGUE, KNOWN, Mutant

ROOT = Path(__file__).parents[2]
FOLDERS = ("lang", "semantics", "inference", "information")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, laid out as it is installed."""
    target = tmp_path_factory.mktemp("mutants") / "pplc"
    ignored = ignore_patterns("__pycache__", *FOLDERS)
    copytree(ROOT / "src" / "pplc", target, ignore=ignored)
    for folder in FOLDERS:
        copytree(ROOT / folder, target / folder, ignore=ignore_patterns("__pycache__"))
    return target


def check(package: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """The outcome of tests that import the copy."""
    path = os.pathsep.join((str(package.parent), str(ROOT)))
    words = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--no-cov", *tests]
    options = ["-p", "no:cacheprovider", "--import-mode=importlib"]
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        words + options, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda mutant: mutant.name)
def test_the_fault_is_caught(mutant: Mutant, package: Path) -> None:
    file = package / mutant.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1, "the code has changed: state the fault anew"
    file.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        outcome = check(package, mutant.tests)
    finally:
        file.write_text(text, encoding="utf-8")
    assert outcome.returncode == 1, outcome.stdout[-2000:] + outcome.stderr[-2000:]
    assert "AssertionError" in outcome.stdout or "assert " in outcome.stdout, outcome.stdout[-2000:]


def test_the_checks_pass_without_a_fault(package: Path) -> None:
    outcome = check(package, KNOWN)
    assert outcome.returncode == 0, outcome.stdout[-2000:]
