"""Composites and indices of windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window, open_scene
from napari_rsseg.scenes.composites import COMPOSITES, INDICES, available, read_composite, read_index
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from napari_rsseg.scenes import BandRole, Scene

    from .conftest import WriteTiff

ROLES: dict[int, BandRole | None] = {0: "red", 1: "green", 2: "blue", 3: "nir"}


@pytest.fixture
def field(write_tiff: WriteTiff) -> Scene:
    """One row each of vegetation, water, bare ground and nodata; uint8."""
    numbers = np.zeros((4, 4, 8), dtype=np.uint8)
    numbers[:, 0] = np.array([20, 40, 20, 180])[:, None]
    numbers[:, 1] = np.array([20, 60, 80, 10])[:, None]
    numbers[:, 2] = 120
    return open_scene(write_tiff(numbers, nodata=0), roles=ROLES)


def test_indices_tell_plants_water_and_ground_apart(field: Scene) -> None:
    window = Window.of(4, 8)
    ndvi, valid = read_index(field, "ndvi", window)
    assert ndvi[:3, 0] == pytest.approx([0.8, -1 / 3, 0.0])
    assert read_index(field, "ndwi", window)[0][1, 0] == pytest.approx(5 / 7)
    assert read_index(field, "exg", window)[0][0, 0] == pytest.approx(0.5)
    assert read_index(field, "brightness", window)[0][2, 0] == pytest.approx(120 / 255)
    assert valid[:3].all()
    assert not valid[3].any()


def test_composites_show_the_bands_they_name(field: Scene) -> None:
    image, _ = read_composite(field, "false-colour", Window.of(4, 8))
    assert image.shape == (4, 8, 3)
    assert image[0, 0] * 255 == pytest.approx([180, 20, 40])


def test_only_what_the_bands_allow_is_offered(field: Scene) -> None:
    assert available(field) == (("true-colour", "false-colour"), tuple(INDICES))
    with pytest.raises(SceneError, match="no swir2 band"):
        read_composite(field, "swir", Window.of(4, 8))
    with pytest.raises(SceneError, match="no index 'nvdi'"):
        read_index(field, "nvdi", Window.of(4, 8))


def test_a_real_landsat_scene_has_them_all() -> None:
    path = data_folder() / "scenes/landsat8_lc80130312015295_120m_10band_u16.tif"
    if not path.is_file():
        pytest.skip("RSSEG_DATA holds no real scenes")
    scene = open_scene(path)
    assert available(scene) == (tuple(COMPOSITES), tuple(INDICES))
    window = Window.of(scene.height, scene.width)
    ndvi, valid = read_index(scene, "ndvi", window)
    assert 0.3 < np.percentile(ndvi[valid], 95) < 1
    assert np.isfinite(ndvi).all()
