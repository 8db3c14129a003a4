from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.label_layers import add_confidence, add_labels
from napari_rsseg.viewer.world import SceneLayer, World
from tests.label_bench import labelling_in, paint

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.synthetic import SyntheticScene


def test_the_layer_shows_what_the_labelling_holds(synthetic: SyntheticScene, tmp_path: Path) -> None:
    labelling = labelling_in(tmp_path, CLOUD, 256, 256)
    paint(labelling, Window(100, 110, 50, 60), 3)
    place = SceneLayer(synthetic, "labels", World(synthetic.georeference), "cloud")
    layer = add_labels(ViewerModel(), place, "scene", labelling, show_background=False)
    assert (layer.data == labelling.labels[:, :]).all()
    assert layer.data[105, 55] == 3


def test_confidence_is_hidden_at_first_and_shares_the_array(
    synthetic: SyntheticScene, tmp_path: Path
) -> None:
    labelling = labelling_in(tmp_path, CLOUD, 256, 256)
    place = SceneLayer(synthetic, "labels", World(synthetic.georeference), "cloud")
    viewer = ViewerModel()
    labels = add_labels(viewer, place, "scene", labelling, show_background=False)
    viewer.layers.selection.active = labels
    layer = add_confidence(viewer, place, "scene", labelling, beneath=labels)
    assert not layer.visible
    assert list(viewer.layers) == [layer, labels]
    assert viewer.layers.selection.active is labels
    assert np.shares_memory(layer.data, labelling.confidence)
