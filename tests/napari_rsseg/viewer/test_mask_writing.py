from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.edit_window import SIDE_PX
from napari_rsseg.viewer.mask_writing import write_class
from napari_rsseg.viewer.opening import add_picture, prepare_picture
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.writer import LABELLING_KEY


def labels(stand_in: Any, size: int) -> Any:
    viewer: Any = ViewerModel()
    workbench = build_workbench(viewer, lambda scheduler: stand_in)
    scene = SyntheticScene(size, 0)
    add_picture(viewer, prepare_picture(scene, "true-colour"))
    workbench.new_labels()
    return workbench.labels_of(scene, "landslide")


def test_a_mask_is_written_where_it_says_and_taken_back_in_one_step(stand_in: Any) -> None:
    layer = labels(stand_in, 64)
    layer.paint((10, 10), 0)
    before = layer.data.copy()
    mask = np.array([[True, False], [True, True]])
    assert write_class(layer, Window(10, 12, 20, 22), mask, 1) == 3
    assert layer.data[10:12, 20:22].tolist() == [[1, IGNORED], [1, 1]]
    layer.undo()
    assert (layer.data == before).all()


@pytest.mark.slow
def test_on_a_large_scene_a_mask_is_written_beyond_the_edit_window_too(stand_in: Any) -> None:
    layer = labels(stand_in, 9000)
    assert layer.data.shape == (SIDE_PX, SIDE_PX)
    mask = np.ones((10, 10), dtype=np.bool_)
    shift = SIDE_PX - 4
    assert write_class(layer, Window(shift, shift + 10, 0, 10), mask, 1) == 100
    assert write_class(layer, Window(8996, 9006, 8000, 8010), mask, 1) == 40
    assert (layer.data == 1).sum() == 40
    assert (layer.metadata[LABELLING_KEY].labels[8996:9000, 8000:8010] == 1).all()
