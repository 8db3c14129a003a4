from __future__ import annotations

from typing import TYPE_CHECKING

from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD, GRASS, LANDSLIDE, Scheme
from napari_rsseg.viewer.label_stack import LabelStack, layers_of_role
from napari_rsseg.viewer.world import SceneLayer, World
from tests.label_bench import labelling_in

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Labels

    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.scenes.synthetic import SyntheticScene


def _show(
    stack: LabelStack, scene: SyntheticScene, scheme: Scheme, folder: Path
) -> tuple[Labels, Labelling, SceneLayer]:
    place = SceneLayer(scene, "labels", World(scene.georeference), scheme.name)
    labelling = labelling_in(folder / scheme.name, scheme, 256, 256)
    layer, _ = stack.show(labelling, place, "scene", show_background=False)
    return layer, labelling, place


def test_labels_are_made_once_and_found_by_scene_and_task(synthetic: SyntheticScene, tmp_path: Path) -> None:
    viewer, told = ViewerModel(), []
    stack = LabelStack(viewer, lambda: told.append("visible"), lambda words: None)
    layer, labelling, place = _show(stack, synthetic, CLOUD, tmp_path)
    again, words = stack.show(labelling, place, "scene", show_background=False)
    assert again is layer
    assert words == ""
    assert stack.find("labels", synthetic, "cloud") is layer
    assert stack.find("labels", synthetic, "grass") is None
    told.clear()
    layer.visible = False
    assert told


def test_confidence_comes_once_and_only_with_its_labels(synthetic: SyntheticScene, tmp_path: Path) -> None:
    viewer = ViewerModel()
    stack = LabelStack(viewer, lambda: None, lambda words: None)
    layer, labelling, place = _show(stack, synthetic, CLOUD, tmp_path)
    confidence = stack.show_confidence(labelling, place, "scene")
    assert list(viewer.layers) == [confidence, layer]
    assert stack.show_confidence(labelling, place, "scene") is None
    viewer.layers.clear()
    assert stack.show_confidence(labelling, place, "scene") is None


def test_labels_that_cover_everything_hide_the_others(synthetic: SyntheticScene, tmp_path: Path) -> None:
    viewer = ViewerModel()
    stack = LabelStack(viewer, lambda: None, lambda words: None)
    slides, labelling, _ = _show(stack, synthetic, LANDSLIDE, tmp_path)
    clouds, labelling, _ = _show(stack, synthetic, CLOUD, tmp_path)
    stack.hide_covered(clouds, labelling, synthetic)
    assert slides.visible
    grass, labelling, _ = _show(stack, synthetic, GRASS, tmp_path)
    stack.hide_covered(grass, labelling, synthetic)
    assert [layer.visible for layer, _ in layers_of_role(viewer, "labels")] == [True, False, False]


def test_strokes_reach_the_labelling_and_what_fails_is_told(
    synthetic: SyntheticScene, tmp_path: Path
) -> None:
    told: list[str] = []
    stack = LabelStack(ViewerModel(), lambda: None, told.append)
    layer, labelling, _ = _show(stack, synthetic, CLOUD, tmp_path)
    layer.paint((100, 100), 3)
    assert labelling.labels[100:101, 100:101] == 3
    layer.undo()
    assert labelling.count_edited(labelling.window) == 0
    layer.undo()
    assert told == ["Nothing to undo."]


def test_a_layer_that_was_removed_is_shown_again_with_its_labels(
    synthetic: SyntheticScene, tmp_path: Path
) -> None:
    viewer = ViewerModel()
    stack = LabelStack(viewer, lambda: None, lambda words: None)
    layer, labelling, place = _show(stack, synthetic, CLOUD, tmp_path)
    layer.paint((100, 100), 3)
    viewer.layers.remove(layer)
    again, _ = stack.show(labelling, place, "scene", show_background=False)
    assert again is not layer
    assert again.data[100, 100] == 3
    again.undo()
    assert again.data[100, 100] == 255
    assert layer.data[100, 100] == 3  # nobody draws into a layer that is gone
