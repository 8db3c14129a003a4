"""Files are written block by block, each block once, in classic and big TIFF alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from tifffile import TiffFile

from napari_rsseg.scenes import cog
from napari_rsseg.scenes.cog import RasterLayout, Tile, write_cog
from napari_rsseg.scenes.geotiff_writing import georeference_entries
from napari_rsseg.scenes.halving import majority, mean_of_valid
from napari_rsseg.scenes.scene import Georeference

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.windows import Window

PLACE = Georeference(affine=(10.0, 0.0, 4e5, 0.0, -10.0, 5e6))


def test_blocks_are_small_and_asked_for_once(tmp_path: Path) -> None:
    asked: list[Window] = []

    def read(window: Window) -> Tile:
        asked.append(window)
        return np.zeros((*window.shape, 1), dtype=np.uint8)

    layout = RasterLayout(1100, 1700, samples=1, dtype=np.dtype(np.uint8))
    write_cog(tmp_path / "a.tif", layout, read=read, reduce=majority, overwrite=False)
    assert max(max(window.shape) for window in asked) == 512
    hits = np.zeros((1100, 1700), dtype=np.uint8)
    for window in asked:
        hits[window.slices] += 1
    assert (hits == 1).all()


@pytest.mark.parametrize("big", [False, True], ids=["classic", "big"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16"])
def test_numbers_of_several_bands_survive(
    dtype: str, big: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if big:
        monkeypatch.setattr(cog, "_CLASSIC_LIMIT", 0)
    numbers = np.random.default_rng(1).integers(0, 2000, (600, 520, 3)).astype(dtype)
    layout = RasterLayout(
        600, 520, samples=3, dtype=np.dtype(dtype), photometric="rgb", entries=georeference_entries(PLACE)
    )
    path = tmp_path / "a.tif"
    write_cog(
        path, layout, read=lambda window: numbers[window.slices], reduce=mean_of_valid(0), overwrite=False
    )
    with TiffFile(path) as tiff:
        assert tiff.is_bigtiff is big
    with rasterio.open(path) as dataset:
        assert np.array_equal(np.moveaxis(dataset.read(), 0, -1), numbers)
        assert [dataset.overviews(band) for band in (1, 2, 3)] == [[2]] * 3


def test_the_mean_leaves_out_what_says_nothing() -> None:
    values = np.array([[[10], [20], [0], [0]], [[0], [30], [0], [0]]], dtype=np.uint16)
    assert mean_of_valid(0)(values)[0, :, 0].tolist() == [20, 0]
    holes = np.array([[[0.5], [np.nan]], [[np.nan], [np.nan]]], dtype=np.float16)
    assert mean_of_valid(None)(holes)[0, 0, 0] == 0.5


@pytest.mark.parametrize(
    ("square", "frequent"),
    [((1, 2, 2, 3), 2), ((1, 2, 3, 3), 3), ((1, 2, 3, 1), 1), ((4, 2, 3, 1), 4), ((0, 5, 0, 5), 0)],
    ids=str,
)
def test_the_majority_wins_and_the_first_where_there_is_none(
    square: tuple[int, int, int, int], frequent: int
) -> None:
    assert majority(np.array(square, dtype=np.uint8).reshape(2, 2, 1))[0, 0, 0] == frequent
