from __future__ import annotations

from typing import TYPE_CHECKING

from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD, GRASS, LANDSLIDE, Scheme
from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.viewer.label_stack import LabelStack, layers_of_role
from napari_rsseg.viewer.world import SceneLayer, World

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_rsseg.scenes.synthetic import SyntheticScene


def _show(stack: LabelStack, scene: SyntheticScene, scheme: Scheme) -> tuple[Labels, Labelling, SceneLayer]:
    place = SceneLayer(scene, "labels", World(scene.georeference), scheme.name)
    labelling = Labelling(scheme, 256, 256)
    layer, _ = stack.show(labelling, place, "scene", show_background=False)
    return layer, labelling, place


def test_labels_are_made_once_and_found_by_scene_and_task(synthetic: SyntheticScene) -> None:
    viewer, told = ViewerModel(), []
    stack = LabelStack(viewer, lambda: told.append("visible"), lambda: None)
    layer, labelling, place = _show(stack, synthetic, CLOUD)
    again, words = stack.show(labelling, place, "scene", show_background=False)
    assert again is layer
    assert words == ""
    assert stack.find("labels", synthetic, "cloud") is layer
    assert stack.find("labels", synthetic, "grass") is None
    told.clear()
    layer.visible = False
    assert told


def test_confidence_comes_once_and_only_with_its_labels(synthetic: SyntheticScene) -> None:
    viewer = ViewerModel()
    stack = LabelStack(viewer, lambda: None, lambda: None)
    layer, labelling, place = _show(stack, synthetic, CLOUD)
    confidence = stack.show_confidence(labelling, place, "scene")
    assert list(viewer.layers) == [confidence, layer]
    assert stack.show_confidence(labelling, place, "scene") is None
    viewer.layers.clear()
    assert stack.show_confidence(labelling, place, "scene") is None


def test_labels_that_cover_everything_hide_the_others(synthetic: SyntheticScene) -> None:
    viewer = ViewerModel()
    stack = LabelStack(viewer, lambda: None, lambda: None)
    slides, labelling, _ = _show(stack, synthetic, LANDSLIDE)
    clouds, labelling, _ = _show(stack, synthetic, CLOUD)
    stack.hide_covered(clouds, labelling, synthetic)
    assert slides.visible
    grass, labelling, _ = _show(stack, synthetic, GRASS)
    stack.hide_covered(grass, labelling, synthetic)
    assert [layer.visible for layer, _ in layers_of_role(viewer, "labels")] == [True, False, False]


def test_painting_and_undoing_are_told(synthetic: SyntheticScene) -> None:
    told: list[str] = []
    stack = LabelStack(ViewerModel(), lambda: None, lambda: told.append("painted"))
    layer, *_ = _show(stack, synthetic, CLOUD)
    told.clear()
    layer.paint((100, 100), 3)
    assert told
    told.clear()
    layer.undo()
    assert told
