"""The door: what opens how, and what it costs."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.scenes import Scene, SceneReference, Window, open_reference, open_scene, read_values

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import WriteTiff


def test_importing_scenes_loads_no_raster_library() -> None:
    script = (
        "import sys, napari_rsseg.scenes\n"
        "heavy = {'rasterio', 'tifffile', 'imagecodecs', 'dask', 'skimage', 'pyproj', 'torch', 'zarr'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_scene_keeps_the_contract(write_tiff: WriteTiff) -> None:
    scene = open_scene(write_tiff(np.ones((3, 20, 30), dtype=np.uint8)))
    assert isinstance(scene, Scene)
    assert (scene.height, scene.width, scene.acquired) == (20, 30, None)
    assert scene.uri.endswith("scene.tif")


def test_a_reference_travels_and_opens_the_same_numbers(real_scene: Path) -> None:
    scene = open_scene(real_scene, roles={0: "nir"})
    reference: SceneReference = pickle.loads(pickle.dumps(scene.reference))  # as dask sends it
    again = open_reference(reference)
    assert (again.fingerprint, again.radiometry, again.bands) == (
        scene.fingerprint, scene.radiometry, scene.bands,
    )  # fmt: skip
    window = Window(100, 164, 200, 264)
    for one, other in zip(
        read_values(scene, window, (0, 2)), read_values(again, window, (0, 2)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_the_fingerprint_changes_with_the_file(write_tiff: WriteTiff) -> None:
    numbers = np.ones((1, 20, 30), dtype=np.uint8)
    path = write_tiff(numbers)
    first = open_scene(path).fingerprint
    assert open_scene(path).fingerprint == first
    numbers[0, 7, 7] = 9
    write_tiff(numbers)
    assert open_scene(path).fingerprint != first


def test_display_values_are_the_root_of_reflectance(real_scene: Path) -> None:
    scene = open_scene(real_scene)
    window = Window(0, 32, 0, 32)
    shown, valid = read_values(scene, window, (0, 1, 2))
    linear, _ = read_values(scene, window, (0, 1, 2), display=False)
    np.testing.assert_allclose(shown[:, valid], np.sqrt(np.clip(linear[:, valid], 0, 1)), atol=1e-6)
    assert shown.dtype == np.float32


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_nodata_of_one_band_counts_where_no_measurement_gives_it(write_tiff: WriteTiff, dtype: str) -> None:
    nodata = 0 if dtype == "uint16" else -9999
    numbers = np.full((3, 8, 8), 50, dtype=dtype)
    numbers[0, 2, 2] = nodata
    numbers[:, 4, 4] = nodata
    scene = open_scene(write_tiff(numbers, nodata=nodata))
    _, valid = read_values(scene, Window.of(8, 8), (0, 1))
    assert valid[2, 2] == (dtype == "uint16")
    assert not valid[4, 4]
    assert read_values(scene, Window.of(8, 8), (1, 2))[1][2, 2]
    assert np.argwhere(~scene.valid(Window.of(8, 8))).tolist() == [[4, 4]]
