"""What the Review page draws, without the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.panels.review import ReviewPanel
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.review import Order
from napari_rsseg.scenes import Window
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.viewer.opening import add_picture, prepare_picture
from napari_rsseg.viewer.review_layers import ReviewLayers
from napari_rsseg.viewer.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def drawn(
    make_napari_viewer: Callable[[], Any], stand_in: Any, tmp_path: Path
) -> tuple[Workbench, ReviewPanel, ReviewLayers]:
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    workbench = Workbench(make_napari_viewer(), segment)
    review = ReviewPanel(segment, order=Order.RANDOM)
    layers = ReviewLayers(workbench, review)
    scene = SyntheticScene((300, 200), 0)
    add_picture(workbench.viewer, prepare_picture(scene, "true-colour"))
    workbench.chores.do_all()
    labelling = segment.labelling(scene, segment.scheme_of(segment.task))
    labelling.begin().project.update_settings(window_px=100)
    labels = np.zeros((300, 200), dtype=np.uint8)
    labelling.write(Window.of(300, 200), labels, np.full((300, 200), 200, dtype=np.uint8))
    review.open()
    return workbench, review, layers


def test_the_frame_lies_around_the_window_and_the_camera_shows_all_of_it(
    drawn: tuple[Workbench, ReviewPanel, ReviewLayers],
) -> None:
    workbench, review, layers = drawn
    review.go(review.ids[2])
    assert review.entry is not None
    assert layers.frame is not None
    corners = layers.frame.data[0]
    window = review.entry.window
    assert corners.min(axis=0).tolist() == [window.row_start - 0.5, window.column_start - 0.5]
    assert corners.max(axis=0).tolist() == [window.row_stop - 0.5, window.column_stop - 0.5]
    scene = workbench.panel.scene
    assert scene is not None
    view = workbench.find_view(scene)
    assert view is not None
    assert view.contains(window)


def test_the_map_follows_the_states(drawn: tuple[Workbench, ReviewPanel, ReviewLayers]) -> None:
    workbench, review, layers = drawn
    review.shows_map = True
    workbench.chores.do_all()
    assert layers.map is not None
    assert (layers.map.data == 1).all()
    review.next()
    review.flag()
    workbench.chores.do_all()
    assert sorted(layers.map.data.ravel().tolist()) == [1, 1, 1, 1, 1, 6]
