"""What is damaged in a project is mended from what is whole, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.editing import open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.jobs.project_check import check_project
from napari_rsseg.jobs.project_repair import repair_project
from napari_rsseg.project import LabelBlock, LabelStore, Project
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = Window.of(1100, 900)


def labels_of(root: Path) -> LabelBlock:
    return LabelStore(root / "scenes/b/labels.zarr", is_read_only=True).read(WHOLE)


def assert_same(found: LabelBlock, expected: LabelBlock) -> None:
    for name in ("labels", "provenance", "actor"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_a_whole_project_is_left_alone(edited: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in (edited / "scenes").rglob("*"))
    assert repair_project(edited) == ()
    assert sorted((path, path.stat().st_mtime_ns) for path in (edited / "scenes").rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "is_gone"),
    [
        ("labels/c/0/0", False),
        ("provenance/c/1/1", False),
        ("actor/c/2/0", False),
        ("levels/2/c/0/0", False),
        ("labels/c/0/0", True),
        ("actor/c/1/1", True),
    ],
)
def test_a_damaged_or_missing_chunk_comes_back_from_the_journal(
    edited: Path, name: str, *, is_gone: bool
) -> None:
    expected = labels_of(edited)
    path = edited / "scenes/b/labels.zarr" / name
    old = path.read_bytes()
    if is_gone:
        path.unlink()
    else:
        path.write_bytes(b"\xa5" * len(old))
    (repair,) = repair_project(edited)
    assert repair.scene == "b"
    assert_same(labels_of(edited), expected)
    assert check_project(edited) == ()
    store = LabelStore(edited / "scenes/b/labels.zarr")
    for step in store.steps:
        np.testing.assert_array_equal(store.level(step)[:], expected.labels[::step, ::step])
    if not is_gone:
        (kept,) = (edited / "backups").glob(f"damaged-*/b/{name}")
        assert kept.read_bytes() == b"\xa5" * len(old)


def test_labels_without_a_description_are_rebuilt_and_undo_goes_on(edited: Path) -> None:
    expected = labels_of(edited)
    (edited / "scenes/b/labels.zarr/labels/zarr.json").write_text("", encoding="utf-8")
    (repair,) = repair_project(edited)
    assert "40 entries" in repair.done
    assert_same(labels_of(edited), expected)
    with Project.open(edited) as project:
        session, _ = open_session(project, project.scene("b"))
        assert session.undo_count == 40
        while session.undo():
            pass
        session.close()
    assert (labels_of(edited).labels == 255).all()


def test_what_lies_beside_a_damaged_chunk_stays_even_without_a_journal(edited: Path) -> None:
    expected = labels_of(edited)
    (edited / "scenes/b/journal.bin").unlink()
    (edited / "scenes/b/labels.zarr/labels/c/0/0").write_bytes(b"")
    repair_project(edited)
    found = labels_of(edited)
    outside = np.ones(WHOLE.shape, np.bool_)
    outside[:512, :512] = False
    np.testing.assert_array_equal(found.labels[outside], expected.labels[outside])
    assert (found.labels[:512, :512] == 255).all()
    assert not found.provenance[:512, :512].any(), "nothing is said there, so nobody said it"


def test_a_label_whose_origin_is_lost_counts_as_predicted(edited: Path) -> None:
    expected = labels_of(edited)
    (edited / "scenes/b/journal.bin").unlink()
    (edited / "scenes/b/labels.zarr/provenance/c/0/0").write_bytes(b"")
    repair_project(edited)
    found = labels_of(edited)
    np.testing.assert_array_equal(found.labels, expected.labels)
    said = expected.labels[:512, :512] != 255
    assert (found.provenance[:512, :512][said] == 1).all()


def test_catalogue_settings_and_labels_are_mended_together(edited: Path) -> None:
    expected = labels_of(edited)
    (edited / "catalogue.sqlite").write_bytes(b"\xa5" * 9000)
    (edited / "project.toml").unlink()
    (edited / "scenes/b/committed.json").write_text("", encoding="utf-8")
    repairs = repair_project(edited)
    assert {repair.part for repair in repairs} == {"settings", "catalogue", "labels"}
    assert check_project(edited) == ()
    with Project.open(edited) as project:
        assert [entry.id for entry in project.scenes()] == ["a", "b"]
        session, restored = open_session(project, project.scene("b"))
        assert restored.steps == 40
        session.close()
        events = project.catalogue.rows("SELECT why FROM events WHERE kind = 'repair'")
        assert [row["why"] for row in events] == [repair.done for repair in repairs]
    assert_same(labels_of(edited), expected)


def test_a_project_that_somebody_holds_is_not_repaired(edited: Path) -> None:
    with Project.open(edited), pytest.raises(ProjectError, match="is held by ada"):
        repair_project(edited)


def test_a_lost_scene_folder_leaves_empty_labels(edited: Path) -> None:
    (edited / "scenes/b").rename(edited / "b")
    (repair,) = repair_project(edited)
    assert "0 entries" in repair.done
    assert (labels_of(edited).labels == 255).all()
