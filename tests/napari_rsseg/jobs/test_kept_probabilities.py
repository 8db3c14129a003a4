from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.errors import OutputError
from napari_rsseg.jobs.kept_probabilities import write_kept_probabilities
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from pathlib import Path

SCENE = SyntheticScene(64, 0)


def _store(folder: Path, *, probabilities: bool) -> Path:
    layout = StoreLayout(64, 64, 2, 32, probabilities)
    store = PredictionStore.create(folder / "kept.zarr", layout, {})
    plane = np.zeros((32, 32), dtype=np.uint8)
    kept = np.stack([plane + 0.25, plane + 0.75]).astype(np.float16) if probabilities else None
    store.write_block((0, 0), BlockResult(plane, plane, plane, kept))
    return folder / "kept.zarr"


def test_kept_probabilities_are_bands_and_nan_where_nothing_was_predicted(tmp_path: Path) -> None:
    store = _store(tmp_path, probabilities=True)
    path = write_kept_probabilities(tmp_path / "p.tif", store, SCENE, scheme=LANDSLIDE, tags={"model": "m"})
    with rasterio.open(path) as file:
        assert file.descriptions == ("background", "landslide")
        values = file.read()
    assert (values[:, :32, :32] == np.array([0.25, 0.75])[:, None, None]).all()
    assert np.isnan(values[:, 32:]).all()


@pytest.mark.parametrize("there", [True, False], ids=["not kept", "no prediction"])
def test_without_probabilities_the_option_is_named(tmp_path: Path, there: bool) -> None:
    store = _store(tmp_path, probabilities=False) if there else tmp_path / "none.zarr"
    with pytest.raises(OutputError, match="Keep probabilities"):
        write_kept_probabilities(tmp_path / "p.tif", store, SCENE, scheme=LANDSLIDE, tags={})
    assert not (tmp_path / "p.tif").exists()
