from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.classes.scheme import CLOUD, IGNORED, LANDSLIDE
from napari_rsseg.panels.kept_edits import keep_edits, kept_schemes, restore_edits
from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from pathlib import Path

SCENE = SyntheticScene((700, 600), 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "edits"


def _painted() -> Labelling:
    labelling = Labelling(CLOUD, SCENE.height, SCENE.width)
    model = np.full((700, 600), 2, dtype=np.uint8)
    labelling.write(labelling.window, model, model, keep_edits=False)
    labelling.labels[10:20, 10:20] = np.full((10, 10), 3, dtype=np.uint8)
    labelling.labels[30:32, 590:600] = np.full((2, 10), IGNORED, dtype=np.uint8)
    return labelling


def test_painted_and_erased_pixels_come_back(folder: Path) -> None:
    before = _painted()
    assert keep_edits(folder, SCENE.fingerprint, before) == 2
    after = Labelling(CLOUD, SCENE.height, SCENE.width)
    assert restore_edits(folder, SCENE, after) == 120
    assert (after.labels[:512, :] == before.labels[:512, :]).all()
    assert (after.labels[512:, :] == IGNORED).all()
    assert kept_schemes(folder, SCENE) == (CLOUD,)


def test_nothing_is_kept_of_labels_that_are_the_models(folder: Path) -> None:
    labelling = _painted()
    keep_edits(folder, SCENE.fingerprint, labelling)
    labelling.forget_prediction(keep_edits=False)
    assert keep_edits(folder, SCENE.fingerprint, labelling) == 0
    assert list(folder.iterdir()) == []


def test_another_scene_or_other_classes_get_nothing(folder: Path) -> None:
    keep_edits(folder, SCENE.fingerprint, _painted())
    other = SyntheticScene((700, 600), 1)
    assert kept_schemes(folder, other) == ()
    assert restore_edits(folder, other, Labelling(CLOUD, 700, 600)) == 0
    assert restore_edits(folder, SCENE, Labelling(LANDSLIDE, 700, 600)) == 0


def test_a_damaged_file_is_left_aside_and_named(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep_edits(folder, SCENE.fingerprint, _painted())
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert kept_schemes(folder, SCENE) == ()
    assert str(path) in caplog.text
