"""The folders, the list of packages, the wheel and the source archive agree, and each of the two runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from tests.support.fences import ROOT

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
FOLDERS: dict[str, str] = SETUPTOOLS["package-dir"]
SHIPPED = {"pplc": "src/pplc", **{name: folder for name, folder in FOLDERS.items() if name != "pplc"}}
COPIED = ("bench", "docs", "examples", "inference", "information", "lang", "semantics", "src", "tests")
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.egg-info", "_build", "build", "dist", ".*_cache")


def files_on_disk() -> dict[str, Path]:
    """What a wheel must carry: name inside the wheel -> file, for every file of every package."""
    found: dict[str, Path] = {}
    for package, folder in SHIPPED.items():
        base = ROOT / folder
        for directory, subfolders, names in os.walk(base):
            # The links to the other folders are not entered: they are walked as packages of their own.
            subfolders[:] = [s for s in subfolders if s != "__pycache__"]
            for name in names:
                if not name.endswith((".pyc", ".md")):
                    inside = (Path(directory) / name).relative_to(base)
                    found[(Path(*package.split(".")) / inside).as_posix()] = Path(directory) / name
    return found


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`wheel` built from the tree, and `sdist`; both from a copy, so that nothing is left in the tree."""
    tree = tmp_path_factory.mktemp("tree") / "pplc"
    tree.mkdir()
    for entry in ROOT.iterdir():
        if entry.is_file():
            shutil.copy2(entry, tree / entry.name)
        elif entry.name in COPIED:
            shutil.copytree(entry, tree / entry.name, symlinks=True, ignore=NOT_COPIED)
    out = tmp_path_factory.mktemp("dist")
    for kind in ("--sdist", "--wheel"):
        command = [sys.executable, "-m", "build", "--no-isolation", kind, "-o", str(out), str(tree)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def test_the_list_of_packages_is_what_the_folders_hold() -> None:
    modules = [Path(name) for name in files_on_disk() if name.endswith(".py")]
    assert sorted(SETUPTOOLS["packages"]) == sorted({".".join(m.parent.parts) for m in modules})


def test_every_package_has_an_init_file() -> None:
    files = files_on_disk()
    missing = [p for p in SETUPTOOLS["packages"] if f"{p.replace('.', '/')}/__init__.py" not in files]
    assert missing == []


def test_every_top_level_folder_of_code_is_reached_by_a_link() -> None:
    for package, folder in SHIPPED.items():
        if package != "pplc":
            link = ROOT / "src" / "pplc" / package.removeprefix("pplc.")
            assert link.is_symlink()
            assert not link.readlink().is_absolute()
            assert link.resolve() == ROOT / folder


def test_no_module_is_named_like_a_standard_one() -> None:
    modules = {Path(name).stem for name in files_on_disk() if name.endswith(".py")}
    assert modules & sys.stdlib_module_names == set()


def test_the_wheel_carries_every_file_of_every_package_exactly_once(archives: dict[str, Path]) -> None:
    with zipfile.ZipFile(archives["wheel"]) as wheel:
        carried = Counter(name for name in wheel.namelist() if name.startswith("pplc/"))
        contents = {name: wheel.read(name) for name in carried}
    disk = files_on_disk()
    assert carried == Counter(disk.keys())
    assert [name for name, file in disk.items() if contents[name] != file.read_bytes()] == []


def test_the_source_archive_carries_real_files_and_no_links(archives: dict[str, Path]) -> None:
    with tarfile.open(archives["sdist"]) as sdist:
        members = sdist.getmembers()
    assert [m.name for m in members if not (m.isfile() or m.isdir())] == []
    carried = Counter(m.name.partition("/")[2] for m in members if m.isfile())
    expected = {file.relative_to(ROOT).as_posix() for file in files_on_disk().values()}
    assert [name for name in sorted(expected) if carried[name] != 1] == []
    assert [name for name in carried if name.startswith("src/pplc/lang")] == []
    assert {"LICENSE", "README.md", "CHANGELOG.md", "constraints.txt", "pyproject.toml"} <= carried.keys()


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_an_installed_archive_checks_an_example(kind: str, archives: dict[str, Path], tmp_path: Path) -> None:
    """In a new environment that sees this one's libraries, but not this one's pplc."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    # A folder that a .pth names is searched, but its own .pth files are not read: the editable pplc's
    # is among them.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}

    def call(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps")
    call(*pip, "--ignore-installed", "--no-build-isolation", str(archives[kind]))
    where = call(
        str(python), "-c", "import pplc, pplc.lang; print(pplc.__file__, pplc.lang.__file__, sep='\\n')"
    )
    assert [Path(line).is_relative_to(site) for line in where.splitlines()] == [True, True]
    example = shutil.copy2(ROOT / "examples" / "eight_schools.ppl", tmp_path)
    call(str(home / "bin" / "pplc"), "check", str(example))
