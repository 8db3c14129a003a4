"""A disk that is full says so, takes nothing half, and once there is room the same command goes on."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import tifffile
from rasterio.transform import from_origin

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.datasets.exports.vectors import write_vectors
from napari_rsseg.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SmallDisk = Any
Command = Any


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("--probabilities",), "scene_landslide_probabilities.tif"),
        (("--vectors", "gpkg"), "scene_landslide.gpkg"),
    ],
    ids=["probabilities", "gpkg"],
)
def test_no_room_for_the_results_leaves_none_of_them(
    command: Command, scene: Path, small_disk: Callable[[str], Path], words: tuple[str, ...], name: str
) -> None:
    out = small_disk("64k")
    failed = command.run(scene, "--out", out, *words)
    failed.assert_refused(str(out), "Free space on that disk, or write elsewhere (command line: --out).")
    assert list(out.iterdir()) == []
    small_disk("64m")
    again = command.run(scene, "--out", out, *words)
    assert again.code == 0, again.err
    (entry,) = again.json["scenes"]
    assert entry["device"] == ""  # nothing was predicted again
    assert str(out / name) in entry["files"]


def test_no_room_for_the_prediction_keeps_whole_blocks_and_the_command_goes_on(
    command: Command, scene: Path, small_disk: Callable[[str], Path], tmp_path: Path
) -> None:
    disk = small_disk("128k")
    full = replace(command, cache=disk)
    out = tmp_path / "out"
    full.run(scene, "--out", out).assert_refused(str(disk), "is full", "Free some space and segment again")
    assert list(out.iterdir()) == []
    small_disk("64m")
    again = full.run(scene, "--out", out)
    assert again.code == 0, again.err
    assert tifffile.imread(out / "scene_landslide.tif").shape == (600, 600)
    assert command.run(scene, "--out", tmp_path / "elsewhere").code == 0
    assert (out / "scene_landslide.tif").read_bytes() == (
        tmp_path / "elsewhere" / "scene_landslide.tif"
    ).read_bytes()


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_no_room_for_polygons_is_said_by_every_format(
    small_disk: Callable[[str], Path], tmp_path: Path, suffix: str
) -> None:
    spots = np.random.default_rng(0).integers(0, 2, (200, 200), dtype=np.uint8)
    place = {"crs": "EPSG:32632", "transform": from_origin(500_000, 5_000_000, 10, 10)}
    with rasterio.open(
        tmp_path / "mask.tif", "w", driver="GTiff", height=200, width=200, count=1, dtype="uint8", **place
    ) as target:
        target.write(spots, 1)
    out = small_disk("64k")
    for size in ("64k", "256k", "512k"):  # the first pages fit, or none does
        with pytest.raises(OutputError, match="Free space on that disk"):
            write_vectors(small_disk(size) / f"a{suffix}", mask=tmp_path / "mask.tif", scheme=LANDSLIDE)
        assert list(out.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of file sizes there")
def test_a_limit_of_file_sizes_is_named_and_nothing_is_left(
    command: Command, scene: Path, tmp_path: Path
) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    out = tmp_path / "out"
    failed = command.run(scene, "--out", out, "--probabilities", preexec=limit)
    failed.assert_refused("cannot be written (File too large)")
    assert list(out.iterdir()) == []


def test_an_earlier_result_outlives_a_run_that_fails(
    command: Command, scene: Path, small_disk: Callable[[str], Path]
) -> None:
    out = small_disk("64m")
    assert command.run(scene, "--out", out, "--confidence").code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    small_disk(f"{sum(map(len, before.values())) // 1024 + 80}k")
    failed = command.run(scene, "--out", out, "--overwrite", "--probabilities")
    failed.assert_refused("scene_landslide_probabilities.tif", "No space left")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_no_file_of_an_earlier_result_lies_beside_a_new_one(
    command: Command, scene: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("--confidence", "--vectors", "geojson")
    assert command.run(scene, "--out", out, *words).code == 0
    assert command.run(scene, "--out", out, "--region", "0:300,0:300", "--overwrite").code == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"scene_landslide.tif", "scene_landslide.tif.aux.xml", "scene_landslide.qml"}
    assert (tifffile.imread(out / "scene_landslide.tif")[300:] == 255).all()
    (out / "scene_landslide.tif").rename(out / "scene_landslide_confidence.tif")
    command.run(scene, "--out", out).assert_refused("scene_landslide_confidence.tif exists already")
