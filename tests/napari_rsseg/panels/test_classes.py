from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.panels.classes import OWN_COLOURS, ClassesPanel
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from pathlib import Path

LANDSLIDE = """
name = "landslide"
background = ["background"]
classes = [
  {name = "background", colour = "#000001"},
  {name = "landslide", colour = "#ff0001", definition = "Fresh scars only.", minimum_mapping_unit_m2 = 400},
]
"""


@pytest.fixture
def panel(stand_in: Any, tmp_path: Path) -> ClassesPanel:
    return ClassesPanel(SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions"))


def _file(folder: Path, text: str) -> Path:
    path = folder / "classes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_papers_palettes_can_be_chosen(panel: ClassesPanel) -> None:
    assert panel.palettes == ("colour-blind safe", "TransLandSeg masks")
    assert panel.palette == "colour-blind safe"
    panel.choose_palette("TransLandSeg masks")
    assert panel.scheme.classes[1].colour == "#ffffff"
    assert panel.palette == "TransLandSeg masks"


def test_labels_that_are_there_and_those_to_come_wear_the_palette(panel: ClassesPanel) -> None:
    scene = SyntheticScene(64, 0)
    before = panel.segment.labelling(scene, panel.scheme)
    panel.choose_palette("TransLandSeg masks")
    assert before.scheme == panel.scheme
    after = panel.segment.labelling(SyntheticScene(64, 1), panel.segment.scheme_of("landslide"))
    assert after.scheme == panel.scheme


def test_a_file_of_the_tasks_own_classes_gives_them_its_words(panel: ClassesPanel, tmp_path: Path) -> None:
    panel.take_file(_file(tmp_path, LANDSLIDE))
    assert panel.segment.task == "landslide"
    assert panel.scheme.classes[1].definition == "Fresh scars only."
    assert panel.palettes[-1] == panel.palette == OWN_COLOURS
    panel.choose_palette(OWN_COLOURS)
    assert panel.scheme.classes[1].colour == "#ff0001"


def test_a_file_of_other_classes_is_a_task_of_its_own(
    panel: ClassesPanel, wetland: str, tmp_path: Path
) -> None:
    panel.take_file(_file(tmp_path, wetland))
    assert panel.segment.task == "wetland"
    assert panel.scheme.names == ("other", "reed")
    assert "wetland" in panel.segment.tasks
    assert "No scene is open" in panel.segment.obstacle
    panel.segment.choose_task("cloud")
    assert panel.scheme.name == "cloud"


def test_other_classes_under_a_known_name_are_refused(
    panel: ClassesPanel, wetland: str, tmp_path: Path
) -> None:
    panel.take_file(_file(tmp_path, wetland.replace("wetland", "cloud")))
    assert "another name" in panel.segment.message
    assert panel.segment.task == "landslide"


def test_a_damaged_file_is_told_with_its_key(panel: ClassesPanel, wetland: str, tmp_path: Path) -> None:
    panel.take_file(_file(tmp_path, wetland.replace("#e69f00", "orange")))
    assert "classes[1].colour" in panel.segment.message
