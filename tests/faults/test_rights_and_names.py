"""Folders without rights, and names at the limits of what file systems take."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import tifffile

if TYPE_CHECKING:
    from pathlib import Path

Command = Any


@pytest.fixture
def prefix() -> tuple[str, ...]:
    """What makes the rights of folders hold for the user who runs the tests."""
    if sys.platform == "win32":
        pytest.skip("folders have no permission bits there")
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and setpriv, which can take that right away, is missing")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")


@pytest.mark.parametrize("below", ["", "new/folder"], ids=["itself", "a folder below"])
def test_a_folder_without_rights_is_named_before_the_run(
    command: Command, scene: Path, tmp_path: Path, prefix: tuple[str, ...], below: str
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    out = locked / below
    command.run(scene, "--out", out, prefix=prefix).assert_refused(str(out), "--out")
    assert list(locked.iterdir()) == []
    assert not (command.cache / "predictions").exists()


def test_a_cache_without_rights_is_named(
    command: Command, scene: Path, tmp_path: Path, prefix: tuple[str, ...]
) -> None:
    command.cache.mkdir(mode=0o555)
    out = tmp_path / "out"
    failed = command.run(scene, "--out", out, prefix=prefix)
    failed.assert_refused(str(command.cache), "Permission denied", "change its permissions")
    assert list(out.iterdir()) == []


def test_a_scene_without_rights_is_named(
    command: Command, scene: Path, tmp_path: Path, prefix: tuple[str, ...]
) -> None:
    locked = tmp_path / "locked.tif"
    shutil.copy(scene, locked)
    locked.chmod(0)
    failed = command.run(locked, "--out", tmp_path / "out", prefix=prefix)
    failed.assert_refused(str(locked), "Permission denied", "Check the path and its rights.")


def test_a_scene_whose_name_leaves_no_room_for_the_results_is_named(
    command: Command, scene: Path, tmp_path: Path
) -> None:
    longest = tmp_path / ("ä" * 125 + "x.tif")
    assert len(os.fsencode(longest.name)) == 255
    shutil.copy(scene, longest)
    out = tmp_path / "out"
    failed = command.run(longest, "--out", out)
    failed.assert_refused("File name too long", "Choose a shorter file name.")
    assert not (command.cache / "predictions").exists()


@pytest.mark.parametrize("side", ["scene", "out"])
def test_a_path_that_no_system_takes_is_named(
    command: Command, scene: Path, tmp_path: Path, side: str
) -> None:
    beyond = tmp_path.joinpath(*["deep" * 20] * 60)
    words = (beyond / "a.tif",) if side == "scene" else (scene, "--out", beyond)
    command.run(*words).assert_refused("deepdeep", "File name too long")


def test_names_in_any_script_and_deep_folders_are_written(
    command: Command, scene: Path, tmp_path: Path
) -> None:
    deep = tmp_path.joinpath(*["Größe 数据 данные"] * 80)
    deep.mkdir(parents=True)
    own = replace(command, cache=deep / "cache")
    named = deep / "Überflug 卫星 снимок\u0301.tif"
    shutil.copy(scene, named)
    out = deep / "Ergebnis 결과"
    own.run(named, "--out", out, "--vectors", "gpkg").assert_refused("GeoPackage", "--vectors geojson")
    done = own.run(named, "--out", out, "--confidence", "--vectors", "geojson")
    assert done.code == 0, done.err
    (entry,) = done.json["scenes"]
    assert len(os.fsencode(entry["files"][0])) > 2000
    assert tifffile.imread(entry["files"][0]).shape == (600, 600)
