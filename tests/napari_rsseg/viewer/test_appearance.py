from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.components import ViewerModel

from napari_rsseg.classes import CLOUD, recolour
from napari_rsseg.viewer.appearance import Appearance
from napari_rsseg.viewer.label_layers import add_labels
from napari_rsseg.viewer.legend import legend_entries
from napari_rsseg.viewer.world import SceneLayer, World
from napari_rsseg.viewer.writer import SCHEME_KEY
from tests.label_bench import labelling_in

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.synthetic import SyntheticScene


def test_labels_wear_another_palette_and_keep_background_hidden(
    synthetic: SyntheticScene, tmp_path: Path
) -> None:
    viewer = ViewerModel()
    place = SceneLayer(synthetic, "labels", World(synthetic.georeference), "cloud")
    layer = add_labels(viewer, place, "scene", labelling_in(tmp_path, CLOUD, 256, 256), show_background=False)
    appearance = Appearance(viewer)
    worn = recolour(CLOUD, "L8 Biome masks")
    appearance.wear(worn)
    assert layer.metadata[SCHEME_KEY] == worn
    assert np.allclose(layer.colormap.map(np.uint8(3)), 1)
    assert layer.colormap.map(np.uint8(0))[3] == 0
    assert legend_entries(viewer) == CLOUD.names[1:]
    appearance.toggle_legend()
    assert legend_entries(viewer) == ()


def test_preparations_leave_nothing_in_sight() -> None:
    viewer = ViewerModel()
    for piece in Appearance(viewer).preparations():
        piece()
    assert legend_entries(viewer) == ()
