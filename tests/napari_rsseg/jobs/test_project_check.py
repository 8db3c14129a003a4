"""A project is looked at as a whole: all that is wrong is found, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.errors import ProjectError
from napari_rsseg.jobs.project_check import check_project
from napari_rsseg.project import Project

if TYPE_CHECKING:
    from pathlib import Path


def found(root: Path) -> list[tuple[str, str | None]]:
    return [(finding.part, finding.scene) for finding in check_project(root)]


def test_a_whole_project_has_no_findings_open_or_closed(edited: Path) -> None:
    assert found(edited) == []
    with Project.open(edited):
        assert found(edited) == []


def test_each_part_that_is_damaged_is_named(edited: Path, pictures: Path) -> None:
    labels = edited / "scenes/b/labels.zarr"
    (labels / "labels/c/0/0").write_bytes(b"\xa5" * 500)
    (labels / "actor/c/1/1").unlink()
    (labels / "levels/2/c/0/0").write_bytes(b"")
    (edited / "scenes/a/labels.zarr/zarr.json").write_text("{", encoding="utf-8")
    journal = edited / "scenes/b/journal.bin"
    numbers = bytearray(journal.read_bytes())
    numbers[len(numbers) // 2] ^= 1
    journal.write_bytes(numbers[:-10])
    (pictures / "a.tif").unlink()
    with (edited / "catalogue.sqlite").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(bytes(4096))
    (edited / "project.toml").write_text("name = [", encoding="utf-8")
    parts = found(edited)
    assert parts[0] == ("settings", None)
    assert ("catalogue", None) in parts
    assert parts.count(("labels", "b")) == 3
    assert ("labels", "a") in parts
    assert parts.count(("journal", "b")) >= 2


def test_a_missing_scene_is_named_with_the_command_that_finds_it(edited: Path, pictures: Path) -> None:
    (pictures / "a.tif").unlink()
    (finding,) = check_project(edited)
    assert finding.scene == "a"
    assert "--scene a=PATH" in finding.remedy
    assert not finding.can_be_repaired


def test_a_journal_that_is_not_the_labels_own_is_named(edited: Path) -> None:
    (edited / "scenes/b/journal.bin").write_bytes((edited / "scenes/b/journal.bin").read_bytes()[:8])
    (finding,) = check_project(edited)
    assert "the labels hold entry 40" in finding.problem


def test_a_lost_scene_folder_is_named(edited: Path) -> None:
    (edited / "scenes/b").rename(edited / "b")
    assert found(edited) == [("labels", "b")]


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is no project"):
        check_project(tmp_path)
