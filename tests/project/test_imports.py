"""Each foreign library is known to few files, and is loaded only by the jobs that need it."""

from __future__ import annotations

import ast
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.fences import ROOT

FOLDERS = ("lang", "semantics", "inference", "information")
TENSORS = ["inference/torch_*.py", "inference/pyro_*.py", "inference/potential.py", "inference/gradient.py"]
KNOWN_TO: dict[str, list[str]] = {
    "lark": ["lang/parse.py", "lang/build_tables.py"],
    "torch": TENSORS,
    "pyro": TENSORS,
    "arviz": ["inference/*.py", "src/pplc/*.py"],
    "flint": [
        "inference/certified/*.py",
        "inference/continuous/bounded_moments.py",
        "inference/continuous/e*.py",
        "inference/continuous/orthants.py",
        "inference/continuous/proofs.py",
        "inference/continuous/truncated_normal.py",
    ],
    "scipy": ["information/linear_program.py", "inference/continuous/evaluation.py"],
}
HEAVY = ("arviz", "flint", "matplotlib", "pandas", "pyarrow", "pyro", "scipy", "sympy", "torch")


def sources() -> list[Path]:
    """Every module of ours, by its real path."""
    own = [p for p in (ROOT / "src" / "pplc").iterdir() if not p.is_symlink()]
    files = [f for p in own for f in ([p] if p.suffix == ".py" else p.rglob("*.py"))]
    return files + [f for folder in FOLDERS for f in (ROOT / folder).rglob("*.py")]


def imported(file: Path) -> set[str]:
    """The top-level names that a file imports, wherever in the file it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(aliases):
                names |= {alias.name.partition(".")[0] for alias in aliases}
            case ast.ImportFrom(module=str(module)):
                names.add(module.partition(".")[0])
            case _:
                pass
    return names


@pytest.mark.parametrize("library", KNOWN_TO)
def test_a_foreign_library_is_known_only_to_its_files(library: str) -> None:
    users = [f.relative_to(ROOT).as_posix() for f in sources() if library in imported(f)]
    assert [u for u in users if not any(fnmatch(u, pattern) for pattern in KNOWN_TO[library])] == []


def loaded_after(statement: str) -> set[str]:
    """The modules that a new interpreter has after a statement."""
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_checking_a_model_loads_neither_numpy_nor_anything_heavier() -> None:
    run = "from pplc.cli import main\nassert main(['check', 'examples/eight_schools.ppl']) == 0"
    assert loaded_after(run) & {"numpy", *HEAVY} == set()


def test_importing_pplc_loads_nothing_heavy() -> None:
    assert loaded_after("import pplc") & set(HEAVY) == set()


def test_following_gradients_loads_neither_sympy_nor_the_compiler_of_torch() -> None:
    """Each of the two takes about a second."""
    data = "--data examples/eight_schools.json --draws 4 --warmup 4 --seed 1"
    words = f"infer examples/eight_schools.ppl --method nuts {data}"
    run = f"from pplc.cli import main\nassert main({words.split()}) == 0"
    loaded = loaded_after(run)
    assert "torch" in loaded
    assert loaded & {"sympy", "torch._dynamo"} == set()
