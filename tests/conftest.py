"""What holds for every test: the same generated examples in every run, and one processor for each test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# `derandomize`: a test that fails fails for everyone, and a green run stays green. No deadline:
# time is judged by benchmarks, not by a busy machine.
settings.register_profile("pplc", derandomize=True, deadline=None)
settings.load_profile("pplc")

# Tests run side by side, one on each processor, so that threads of linear algebra only stand in each
# other's way. Read by numpy and torch when they are imported, here and in the commands that tests run.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

collect_ignore_glob = ["programs/bad/*.py"]
"""Wrong on purpose: their own test runs them."""

COUNTED = tuple(Path(__file__).parent / folder for folder in ("lang", "semantics"))
"""Whose tests count as covering the code, where that is asked for.

A folder is to be covered by its own tests, not by what happens to run through it. To count the lines of all
others would take more time than they do.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out of the counting of branches all tests but those of `COUNTED`."""
    for item in items:
        if not any(folder in item.path.parents for folder in COUNTED):
            item.add_marker(pytest.mark.no_cover)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """How many processes `-n auto` means: none for files named one by one, which start sooner without."""
    return 0 if any(".py" in word for word in config.args) else None
