"""Predictions come into a project's labels where nobody reviewed them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.errors import ModelError
from napari_rsseg.jobs import plan_segmentation
from napari_rsseg.jobs.project_segmentation import require_scheme, take_prediction
from napari_rsseg.project import Project
from napari_rsseg.registry import default_model
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.request import PredictionRequest

HOW = SimpleNamespace(device="cpu", tta=False, overview=False)


def predicted(project: Project, value: int, blocks: list[tuple[int, int]]) -> PredictionRequest:
    """A stored prediction of one class in some of its blocks."""
    scene = project.open_scene(project.scene("b"))
    folder = project.predictions_folder / str(value)
    request = plan_segmentation(scene, default_model("landslide"), options=HOW, store_root=folder)
    store = PredictionStore.create(request.store, StoreLayout(1100, 900, 2, 512), {})
    for block in blocks:
        labels: npt.NDArray[np.uint8] = np.full(store.grid.window(block).shape, value, np.uint8)
        store.write_block(block, BlockResult(labels, labels, labels))
    return request


def test_reviewed_pixels_stay_and_the_rest_is_the_model_s(edited: Path) -> None:
    with Project.open(edited) as project:
        entry = project.scene("b")
        whole = project.label_store("b").read(_whole())
        painted = whole.labels != 255
        changed = take_prediction(project, entry, predicted(project, 1, [(0, 0), (1, 1)]))
        found = project.label_store("b").read(_whole())
        np.testing.assert_array_equal(found.labels[painted], whole.labels[painted])
        done = np.zeros_like(painted)
        done[:512, :512] = done[512:1024, 512:] = True
        assert changed == (done & ~painted).sum()
        np.testing.assert_array_equal(found.labels == 1, painted & (whole.labels == 1) | done & ~painted)
        assert (found.provenance[done & ~painted] == 1).all()
        assert (found.provenance[~done & ~painted] == 0).all()


def test_a_later_prediction_takes_the_place_of_an_earlier_one(edited: Path) -> None:
    with Project.open(edited) as project:
        entry = project.scene("b")
        take_prediction(project, entry, predicted(project, 1, [(0, 0)]))
        take_prediction(project, entry, predicted(project, 0, [(0, 0)]))
        assert take_prediction(project, entry, predicted(project, 0, [(0, 0)])) == 0, "nothing is new"
        found = project.label_store("b").read(_whole())
        assert set(found.labels[:512, :512][found.provenance[:512, :512] == 1]) == {0}


def test_a_model_of_other_classes_is_refused(edited: Path) -> None:
    with Project.open(edited) as project, pytest.raises(ModelError, match="predicts clear, cloud shadow"):
        require_scheme(project, default_model("cloud"))


def _whole() -> Window:
    return Window.of(1100, 900)
