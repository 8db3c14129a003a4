"""The Dataset page's state without a window: what may be pressed, what is told, what stops."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.classes import LANDSLIDE
from napari_rsseg.datasets.exporting import FORMATS
from napari_rsseg.panels.dataset import DatasetPanel
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.project import Project
from napari_rsseg.scenes.synthetic import write_synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def panel(stand_in: Any, tmp_path: Path) -> Iterator[DatasetPanel]:
    """A panel over a project, and masks to import."""
    write_synthetic(tmp_path / "scene.tif", size=256, truth=True)
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    with Project.create(tmp_path / "p", name="p", scheme=LANDSLIDE) as project:
        segment.labellings.use(project)
        made = DatasetPanel(segment)
        made.images, made.masks = str(tmp_path / "scene.tif"), str(tmp_path / "scene_landslide.tif")
        yield made
        settled(made)
        segment.close()


def settled(panel: DatasetPanel) -> DatasetPanel:
    deadline = time.monotonic() + 60
    while panel.activity and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not panel.activity
    return panel


def test_a_version_is_looked_at_before_it_is_made_and_looked_at_again_after_a_change(
    panel: DatasetPanel,
) -> None:
    assert panel.can_import
    panel.import_set()
    assert not panel.can_import
    settled(panel)
    assert "1 images imported, 59,014 pixels changed" in panel.message
    assert not panel.can_make
    panel.set_option("chip_px", 64)
    panel.look()
    settled(panel)
    assert panel.can_make
    assert [row.name for row in panel.balance] == ["background", "landslide", "chips"]
    panel.set_option("chip_px", 64)
    assert panel.can_make
    panel.set_option("seed", 3)
    assert not panel.can_make
    assert panel.balance == ()
    panel.make()
    assert "Press Look first" in settled(panel).message
    panel.look()
    settled(panel)
    panel.make()
    settled(panel)
    assert panel.version is panel.versions[0]
    assert panel.message.startswith("v1 holds")
    assert panel.form in FORMATS
    panel.export(panel.versions[0].folder)
    assert "holds something already" in settled(panel).message
    panel.export(Path(panel.images).parent / "out")
    assert settled(panel).message.startswith("v1 as mmseg")


def test_what_is_going_on_can_be_stopped_and_leaves_nothing(panel: DatasetPanel) -> None:
    panel.import_set()
    settled(panel)
    panel.look()
    panel.cancel()
    assert settled(panel).message in {"Stopped.", ""}
    panel.set_option("chip_px", 16)
    panel.look()
    settled(panel)
    panel.events.done.connect(lambda done: panel.cancel() if done > 2 else None)
    panel.make()
    assert settled(panel).message == "Stopped."
    assert panel.versions == ()


def test_without_a_project_or_scene_the_page_says_what_is_missing(stand_in: Any, tmp_path: Path) -> None:
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    panel = DatasetPanel(segment)
    assert not panel.can_import
    panel.look()
    assert "Neither a project nor a scene is open" in settled(panel).message
    panel.export(tmp_path / "out")
    assert "No version is chosen" in settled(panel).message
    segment.close()
