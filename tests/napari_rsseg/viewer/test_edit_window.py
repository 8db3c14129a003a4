from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.edit_window import SIDE_PX, EditWindow
from napari_rsseg.viewer.world import SceneLayer, World
from tests.label_bench import labelling_in

if TYPE_CHECKING:
    from pathlib import Path

SCENE = SyntheticScene((9000, 8704), 0)
FAR = Window(8000, 8100, 8000, 8100)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def edit(tmp_path: Path, told: list[str]) -> EditWindow:
    place = SceneLayer(SCENE, "labels", World(SCENE.georeference), "cloud")
    labelling = labelling_in(tmp_path, CLOUD, 9000, 8704)
    return EditWindow(ViewerModel(), place, "large", labelling, told.append)


def _predict(edit: EditWindow, window: Window, value: int) -> None:
    labels = np.full(window.shape, value, np.uint8)
    edit.labelling.write(window, labels, labels)


def test_the_window_is_editable_and_the_overview_is_not(edit: EditWindow) -> None:
    assert edit.layer.editable
    assert edit.layer.data.shape == (SIDE_PX, SIDE_PX)
    assert not edit.overview.editable
    assert "rows 0 to 4096" in edit.words


def test_it_moves_only_when_the_view_leaves_its_middle(edit: EditWindow) -> None:
    assert not edit.follow(Window(2000, 2100, 2000, 2100))
    assert edit.follow(FAR)
    assert edit.window.row_stop == 9000
    assert edit.window.column_start % 512 == 0
    assert not edit.follow(FAR)


def test_what_was_painted_outlives_a_move_at_its_place_and_undo_finds_it_there(
    edit: EditWindow, told: list[str]
) -> None:
    edit.layer.brush_size = 10
    edit.layer.paint((100, 200), 3)
    edit.follow(FAR)
    assert edit.labelling.labels[100:101, 200:201] == 3
    assert (edit.layer.data == IGNORED).all()
    edit.layer.undo()
    assert edit.labelling.labels[100:101, 200:201] == IGNORED
    assert "Undone: edit of 97 pixels around row 95, column 195, outside" in told[0]
    edit.layer.redo()
    edit.follow(Window(0, 100, 0, 100))
    assert edit.layer.data[100, 200] == 3


def test_blocks_that_arrive_show_in_and_around_the_window(edit: EditWindow) -> None:
    _predict(edit, Window(0, 512, 0, 512), 2)
    _predict(edit, Window(8000, 8512, 0, 512), 2)
    edit.refresh()
    assert (edit.layer.data[:512, :512] == 2).all()
    finest, coarse = edit.overview.data[0], edit.overview.data[1]
    assert (finest[8000:8512, 0:512] == 2).all()
    assert (finest[0:512, 0:512] == IGNORED).all()
    assert coarse[2010:2020, 5:6].max() == 2


def test_a_stroke_that_waits_outlives_a_block_that_arrives(edit: EditWindow) -> None:
    edit.layer.paint((100, 200), 3)
    _predict(edit, Window(0, 512, 0, 512), 2)
    edit.refresh()
    assert edit.layer.data[100, 200] == 3
    assert edit.layer.data[400, 400] == 2


def test_the_pointer_is_told_in_pixels_of_the_scene(edit: EditWindow) -> None:
    edit.follow(FAR)
    start = edit.window
    position = edit.layer.data_to_world((10, 20))
    status = edit.layer.get_status(position, world=True, view_direction=np.zeros(2), dims_displayed=[0, 1])
    assert f"row {start.row_start + 10}, column {start.column_start + 20}" in status["coordinates"]


def test_it_moves_where_it_is_told_but_never_during_a_stroke(edit: EditWindow) -> None:
    assert edit.centre(Window(3000, 3100, 3000, 3100))
    before = edit.window
    assert (before.row_start, before.column_start) == (512, 512)
    with edit.layer.block_history():
        edit.layer.paint((100, 200), 3)
        assert not edit.follow(FAR)
        edit.layer.paint((100, 210), 3)
    assert edit.window == before
    row, column = before.row_start + 100, before.column_start + 200
    assert edit.labelling.labels[row : row + 1, column : column + 1] == 3
    assert edit.follow(FAR)
