from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.viewer.label_layers import add_confidence, add_labels
from napari_rsseg.viewer.world import SceneLayer, World

if TYPE_CHECKING:
    from napari_rsseg.scenes.synthetic import SyntheticScene


def test_painting_changes_the_labelling_itself(synthetic: SyntheticScene) -> None:
    labelling = Labelling(CLOUD, 256, 256)
    place = SceneLayer(synthetic, "labels", World(synthetic.georeference), "cloud")
    layer = add_labels(ViewerModel(), place, "scene", labelling, show_background=False)
    assert layer.data is labelling.labels
    layer.paint((100, 100), 3)
    assert labelling.labels[100, 100] == 3
    layer.undo()
    assert labelling.count_edited(labelling.window) == 0


def test_confidence_is_hidden_at_first_and_shares_the_array(synthetic: SyntheticScene) -> None:
    labelling = Labelling(CLOUD, 256, 256)
    place = SceneLayer(synthetic, "labels", World(synthetic.georeference), "cloud")
    viewer = ViewerModel()
    labels = add_labels(viewer, place, "scene", labelling, show_background=False)
    viewer.layers.selection.active = labels
    layer = add_confidence(viewer, place, "scene", labelling, beneath=labels)
    assert not layer.visible
    assert list(viewer.layers) == [layer, labels]
    assert viewer.layers.selection.active is labels
    assert np.shares_memory(layer.data, labelling.confidence)
