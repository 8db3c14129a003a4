from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from napari.components import ViewerModel

from napari_rsseg.errors import OutputError, SceneError
from napari_rsseg.viewer.opening import prepare_scene
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.writer import SCHEME_KEY

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workbench(stand_in: Any) -> Any:
    return build_workbench(ViewerModel(), lambda scheduler: stand_in)


def test_scenes_come_and_go_with_their_pictures(workbench: Any) -> None:
    layer = workbench.add(prepare_scene("synthetic:size=64,seed=0"))
    assert workbench.panel.scene is not None
    workbench.viewer.layers.remove(layer)
    assert workbench.panel.scene is None


def test_a_scene_in_metres_brings_a_scale_bar_once(workbench: Any) -> None:
    workbench.add(prepare_scene("synthetic:size=64,seed=0"))
    workbench.flush()
    scale_bar = workbench.viewer.canvas.overlays.scale_bar
    assert scale_bar.visible
    scale_bar.visible = False
    workbench.add(prepare_scene("synthetic:size=64,seed=1"))
    workbench.flush()
    assert not scale_bar.visible


def test_the_view_of_a_scene_that_is_not_shown_is_none(workbench: Any) -> None:
    layer = workbench.add(prepare_scene("synthetic:size=64,seed=0"))
    scene = workbench.panel.scene
    assert workbench.find_view(scene) is not None
    workbench.viewer.layers.remove(layer)
    assert workbench.find_view(scene) is None


def test_labels_that_were_never_made_cannot_be_saved(workbench: Any, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no labels of this task"):
        workbench.write_labels(tmp_path / "labels.tif")


def test_no_rectangle_can_be_drawn_without_a_scene(workbench: Any) -> None:
    with pytest.raises(SceneError, match="No scene"):
        workbench.draw_rectangle()


def test_classes_that_another_thread_brings_are_worn_on_the_main_one(workbench: Any) -> None:
    workbench.add(prepare_scene("synthetic:size=64,seed=0"))
    workbench.new_labels()
    workbench.flush()
    labels = workbench.labels_of(workbench.panel.scene, "landslide")
    scheme = workbench.panel.scheme_of("landslide")
    other = scheme.model_copy(
        update={"classes": tuple(entry.model_copy(update={"colour": "#123456"}) for entry in scheme.classes)}
    )
    thread = threading.Thread(target=workbench.panel.wear, args=(other,))
    thread.start()
    thread.join()
    assert labels.metadata[SCHEME_KEY] == scheme
    workbench.flush()
    assert labels.metadata[SCHEME_KEY] == other
