"""The repository as a whole: what packages export, what the manifest names, what loads, what lies where."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import napari_rsseg

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    ".".join(path.parent.relative_to(top).parts)
    for top in (ROOT, ROOT / "training")
    for package in ("napari_rsseg", "rsseg_training")
    for path in (top / package).rglob("__init__.py")
    if path.parent != top / package  # these hold the version only
)
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "napari.yaml").read_text(encoding="utf-8"))
COMMANDS = {entry["id"]: entry["python_name"] for entry in MANIFEST["contributions"]["commands"]}
HEAVY = (
    "torch",
    "torchvision",
    "timm",
    "transformers",
    "distributed",
    "dask.distributed",
    "rasterio",
    "skimage",
)
TAKEN_BY_FILE = {  # neighbours import the file they need, so that nothing else loads
    "napari_rsseg.cli",
    "napari_rsseg.datasets",
    "napari_rsseg.engine.prompting",
    "napari_rsseg.engine.prompting.classical",
    "napari_rsseg.models.layers",
    "napari_rsseg.viewer",
}


def tracked_files() -> list[Path]:
    """Return every file under version control; of an unpacked archive, every file outside dot folders."""
    if not (ROOT / ".git").exists():
        inside = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        return [
            ROOT / path for path in inside if not path.parts[0].startswith(".") and (ROOT / path).is_file()
        ]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return the text of a file, empty for pictures and weights."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("name", [name for name in PACKAGES if name not in TAKEN_BY_FILE])
def test_each_package_says_what_it_exports_and_has_it(name: str) -> None:
    package = importlib.import_module(name)
    exported = package.__all__
    assert len(set(exported)) == len(exported)
    missing = [entry for entry in exported if not hasattr(package, entry)]
    assert not missing


@pytest.mark.parametrize("identifier", COMMANDS)
def test_each_command_of_the_manifest_exists(identifier: str) -> None:
    module, _, name = COMMANDS[identifier].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_what_the_manifest_contributes_are_its_own_commands() -> None:
    contributions = MANIFEST["contributions"]
    menus = [entry for entries in contributions["menus"].values() for entry in entries]
    used = [
        entry["command"]
        for entry in (*contributions["readers"], *contributions["writers"], *contributions["widgets"], *menus)
    ]
    used += [entry["command"] for entry in contributions["sample_data"] if "command" in entry]
    assert set(used) <= set(COMMANDS)
    assert set(COMMANDS) <= set(used)


def test_the_manifest_inside_the_package_is_the_one_at_the_top() -> None:
    inside = ROOT / "napari_rsseg" / "napari.yaml"
    assert inside.read_bytes() == (ROOT / "napari.yaml").read_bytes()


def test_what_the_dock_needs_loads_no_heavy_library() -> None:
    modules = sorted({name.partition(":")[0] for name in COMMANDS.values()})
    code = f"""
import importlib, json, sys
for name in {modules!r}:
    importlib.import_module(name)
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(told.stdout.splitlines()[-1]) == []


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = f"""
import json, sys
import napari_rsseg.cli.main
print(json.dumps([name for name in {(*HEAVY, "napari", "qtpy")!r} if name in sys.modules]))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(told.stdout.splitlines()[-1]) == []


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): length
        for path in tracked_files()
        if path.suffix == ".py" and (length := len(text_of(path).splitlines())) > 400
    }
    assert not long


def test_no_module_is_named_after_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
    named = [path for path in tracked_files() if nothing & {part.removesuffix(".py") for part in path.parts}]
    assert not named


def test_nothing_is_left_to_be_done_and_no_place_of_one_machine_is_named() -> None:
    words = (
        "TO" + "DO",
        "FIX" + "ME",
        "raise NotImplemented" + "Error",
        "pickle" + ".load(",
        "allow_pickle=" + "True",
    )
    places = ("/work" + "/", "/ro" + "ot/", "/opt/rs" + "seg", "file:///" + "opt", "/tmp/" + "brief")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".cff", ".json", ""}
        for word in (*words, *places)
        if word in text_of(path)
    ]
    assert not found


def test_no_imagery_and_only_small_weights_of_ours_are_kept() -> None:
    files = tracked_files()
    rasters = [
        path for path in files if path.suffix.lower() in {".tif", ".tiff", ".jp2", ".npz", ".pth", ".pt"}
    ]
    weights = [path for path in files if path.suffix == ".safetensors"]
    assert not rasters
    assert all(path.parent == ROOT / "napari_rsseg" / "registry" / "starters" for path in weights)
    assert sum(path.stat().st_size for path in weights) < 30_000_000


def test_the_changelog_keeps_its_form() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Changelog"
    releases = [line for line in lines if line.startswith("## ")]
    assert releases[0] == "## [Unreleased]"
    for release in releases[1:]:
        match = re.fullmatch(r"## \[\d+\.\d+\.\d+\] - (\d{4}-\d{2}-\d{2})", release)
        assert match, release
        date.fromisoformat(match[1])
    kinds = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= set(citation)
    assert citation["version"] == napari_rsseg.__version__


def test_the_supported_pythons_are_said_once_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {entry.rpartition(" ")[2] for entry in project["classifiers"] if "Python :: 3." in entry}
    assert named == {"3.11", "3.12", "3.13"}
    assert project["requires-python"] == ">=3.11,<3.14"


def test_no_dependency_is_pinned_and_each_has_a_lower_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [entry for entry in project["dependencies"] if "==" in entry or ">=" not in entry]


def test_what_is_declared_is_imported_and_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entries = [*project["dependencies"], *project["optional-dependencies"]["gui"]]
    declared = {re.split(r"[<>=!;\[ ]", entry)[0].lower().replace("_", "-") for entry in entries}
    modules = set()
    for top in (ROOT / "napari_rsseg", ROOT / "training" / "rsseg_training"):
        for path in top.rglob("*.py"):
            text = text_of(path)
            modules |= set(re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE))
            modules |= set(re.findall(r'import_module\("(\w+)', text))
    of_module = importlib.metadata.packages_distributions()
    used = {
        distribution.lower().replace("_", "-")
        for module in modules - sys.stdlib_module_names - {"napari_rsseg", "rsseg_training"}
        for distribution in of_module.get(module, ())
    }
    assert declared - used == {"pyside6-essentials"}  # one of the bindings that qtpy chooses from
    parts = {name for name in used - declared if not name.startswith("pystac-")}
    assert parts == {"pydantic-core", "vispy"}  # parts of pydantic and napari, as those are of pystac
