from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.errors import OutputError
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.label_layers import add_labels
from napari_rsseg.viewer.world import SceneLayer, World
from napari_rsseg.viewer.writer import write_labels
from tests.label_bench import labelling_in, paint

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.synthetic import SyntheticScene


def test_a_label_layer_is_written_with_classes_place_and_origin(
    synthetic: SyntheticScene, tmp_path: Path
) -> None:
    labelling = labelling_in(tmp_path / "project", CLOUD, 256, 256)
    labelling.tags = {"model": "cloud-starter"}
    place = SceneLayer(synthetic, "labels", World(synthetic.georeference), "cloud")
    layer = add_labels(ViewerModel(), place, "scene", labelling, show_background=False)
    paint(labelling, Window(10, 20, 30, 50), 3)
    data, attributes, _ = layer.as_layer_data_tuple()
    (path,) = write_labels(str(tmp_path / "clouds.tif"), data, attributes)
    mask = read_mask(path)
    assert mask.georeference.affine == synthetic.georeference.affine
    assert mask.scheme is not None
    assert mask.scheme.names == CLOUD.names
    assert np.array_equal(mask.read(Window.of(256, 256)), labelling.labels[:, :])
    assert mask.tags["model"] == "cloud-starter"
    assert mask.tags["edited_pixels"] == "200"


def test_labels_of_others_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="belongs to no scene"):
        write_labels(
            str(tmp_path / "cells.tif"), np.zeros((4, 4), np.uint8), {"name": "cells", "metadata": {}}
        )
    assert not list(tmp_path.iterdir())
