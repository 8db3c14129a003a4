"""The synthetic scene as files reads back as itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.classes import IGNORED, builtin_scheme
from napari_rsseg.errors import OutputError
from napari_rsseg.scenes import open_scene
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.scenes.synthetic import TRUTH_TASKS, SyntheticScene, write_synthetic
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (530, 700)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_synthetic(tmp_path_factory.mktemp("synth") / "land.tif", size=SHAPE, seed=2, truth=True)


def test_it_reads_back_with_the_same_pixels_roles_and_place(written: list[Path]) -> None:
    made, scene = SyntheticScene(SHAPE, 2), open_scene(written[0])
    whole = Window.of(*SHAPE)
    assert np.array_equal(scene.read(whole), made.read(whole))
    assert [band.role for band in scene.bands] == [band.role for band in made.bands]
    assert scene.georeference.affine == made.georeference.affine
    assert scene.radiometry == made.radiometry
    assert [level.downsample for level in scene.levels] == [1.0, 2.0]
    scene.close()


def test_its_truth_lies_beside_it(written: list[Path]) -> None:
    assert [path.name for path in written[1:]] == [f"land_{task}.tif" for task in TRUTH_TASKS]
    for task, path in zip(TRUTH_TASKS, written[1:], strict=True):
        mask = read_mask(path)
        assert mask.scheme == builtin_scheme(task)
        assert np.array_equal(mask.labels, SyntheticScene(SHAPE, 2).truth(task, Window.of(*SHAPE)))
        assert set(np.unique(mask.labels)) <= {*range(5), IGNORED}


def test_existing_files_stop_it_before_any_work(written: list[Path], tmp_path: Path) -> None:
    (tmp_path / "land_grass.tif").write_bytes(b"mine")
    with pytest.raises(OutputError, match="--overwrite"):
        write_synthetic(tmp_path / "land.tif", size=64, truth=True)
    assert [path.name for path in tmp_path.iterdir()] == ["land_grass.tif"]
