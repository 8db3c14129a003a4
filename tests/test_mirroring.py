"""Tests mirror the packages: each folder has its twin, and no module is out of its tests' reach."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = Path(__file__).parent
SOURCES = {"napari_rsseg": ROOT, "rsseg_training": ROOT / "training"}
FOLDERS = sorted(
    path.parent.relative_to(top).as_posix()
    for package, top in SOURCES.items()
    for path in (top / package).rglob("__init__.py")
    if any(module.stem not in {"__init__", "__main__"} for module in path.parent.glob("*.py"))
)


@cache
def sources() -> dict[str, Path]:
    """Return the file of each module, and of each package under the package's name."""
    return {
        ".".join(path.relative_to(top).with_suffix("").parts).removesuffix(".__init__"): path
        for package, top in SOURCES.items()
        for path in (top / package).rglob("*.py")
        if path.stem != "__main__"
    }


@cache
def named_by(path: Path) -> frozenset[str]:
    """Return what a file imports anywhere in it: modules, and names as ``module.name``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@cache
def handed_on() -> dict[str, str]:
    """Return, for each ``package.name`` that a package's ``__init__`` hands on, where it has it from."""
    return {
        f"{package}.{name.rpartition('.')[2]}": name
        for package, path in sources().items()
        if path.stem == "__init__"
        for name in named_by(path)
    }


def written_in(names: frozenset[str]) -> set[str]:
    """Return the sources in which the named things are written, not the packages that hand them on."""
    found = set()
    for given in names:
        name = given
        while name in handed_on():
            name = handed_on()[name]
        found.add(name if name in sources() else name.rpartition(".")[0])
    return found & sources().keys()


def reached_from(tests: Path) -> set[str]:
    """Return the modules that a folder of tests imports, and what these import inside their own room."""
    waiting = [
        module
        for path in (*tests.rglob("test_*.py"), *tests.rglob("conftest.py"))
        for module in written_in(named_by(path))
    ]
    reached: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            room = module.split(".")[:2]
            inner = written_in(named_by(sources()[module]))
            waiting += [other for other in inner if other.split(".")[:2] == room]
    return reached


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_of_modules_has_tests_in_its_twin_that_reach_all_of_them(folder: str) -> None:
    package = folder.replace("/", ".")
    own = {
        module
        for module, path in sources().items()
        if module.rpartition(".")[0] == package and path.stem != "__init__"
    }
    assert own - reached_from(TESTS / folder) == set()


def test_no_test_lies_where_no_code_lies() -> None:
    astray = {
        path.parent.relative_to(TESTS).as_posix()
        for package in SOURCES
        for path in (TESTS / package).rglob("test_*.py")
    } - set(FOLDERS)
    assert not astray
