from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_rsseg.scenes import band_indices, read_values
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.imagery import CHUNK_PX, picture_of, pictures_of, pyramid


def test_what_is_shown_is_what_a_model_sees(synthetic: SyntheticScene) -> None:
    finest = np.asarray(pyramid(synthetic, pictures_of(synthetic)[0])[0])
    window = Window.of(256, 256)
    values, _ = read_values(synthetic, window, band_indices(synthetic, ("red", "green", "blue")))
    shown = np.moveaxis(finest[..., :3], -1, 0) / 255
    assert np.abs(shown - values).max() <= 0.5 / 255 + 1e-6


def test_pixels_without_a_measurement_are_transparent(torn: Any) -> None:
    finest = np.asarray(pyramid(torn, pictures_of(torn)[0])[0])
    assert (finest[:10, :, 3] == 0).all()
    assert (finest[10:, :, 3] == 255).all()


def test_a_scene_with_four_known_bands_offers_composites_and_indices(synthetic: SyntheticScene) -> None:
    names = [picture.name for picture in pictures_of(synthetic)]
    assert names[0] == "true-colour"
    assert {"false-colour", "ndvi", "ndwi", "exg", "brightness", "band-3"} <= set(names)


def test_bands_without_roles_are_shown_as_they_come(plain: Any) -> None:
    picture = pictures_of(plain)[0]
    assert (picture.name, picture.bands) == ("first-bands", (0, 1, 2))
    assert pyramid(plain, picture)[0].shape == (128, 128, 4)


def test_a_picture_that_a_scene_lacks_falls_back_to_its_first(plain: Any) -> None:
    assert picture_of(plain, "ndvi") == pictures_of(plain)[0]


@pytest.mark.parametrize("name", ["ndvi", "band-3"])
def test_an_index_and_a_single_band_are_grey(synthetic: SyntheticScene, name: str) -> None:
    finest = np.asarray(pyramid(synthetic, picture_of(synthetic, name))[0])
    assert (finest[..., 0] == finest[..., 2]).all()
    assert finest[..., 0].std() > 1


def test_a_large_scene_is_read_only_where_it_is_looked_at() -> None:
    scene = SyntheticScene(50_000, 0)
    picture = pictures_of(scene)[0]
    levels = pyramid(scene, picture)
    assert levels[0].shape == (50_000, 50_000, 4)
    assert not isinstance(levels[0], np.ndarray)
    assert levels[0].chunks[0][0] == CHUNK_PX
    assert [type(level) is np.ndarray for level in levels] == [
        max(level.shape[:2]) <= 1024 for level in levels
    ]
    window = np.asarray(levels[0][20_000:20_032, 20_000:20_032])
    assert (window[..., 3] == 255).all()
