"""A project of one real landslide image with its published mask, and a prediction that errs where we say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.editing import open_session
from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.project import Project
from napari_rsseg.review import ReviewQueue, fill_queue
from napari_rsseg.scenes import Window, open_scene
from napari_rsseg.settings import data_folder
from rsseg_training.sampling import read_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.project import SceneEntry

SIDE = 64


@pytest.fixture(scope="session")
def truth() -> npt.NDArray[np.uint8]:
    """The published mask, (256, 256)."""
    chips = sorted(read_set("coseismic_256", data_folder()), key=lambda chip: chip.name)
    return chips[0].labels


@pytest.fixture(scope="session")
def image_path() -> Path:
    chips = sorted(read_set("coseismic_256", data_folder()), key=lambda chip: chip.name)
    (path,) = (data_folder() / "landslide/coseismic_256/images").glob(f"{chips[0].name}.tif")
    return path


@pytest.fixture
def predicted(truth: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The mask, missed altogether in the upper left quarter."""
    labels = truth.copy()
    labels[:128, :128] = 0
    return labels


@pytest.fixture
def make_project(
    tmp_path: Path, image_path: Path, predicted: npt.NDArray[np.uint8]
) -> Iterator[Callable[..., Project]]:
    made: list[Project] = []

    def make(annotator: str) -> Project:
        project = Project.create(tmp_path / annotator, name="slides", scheme=LANDSLIDE, annotator=annotator)
        project.update_settings(window_px=SIDE)
        scene = open_scene(image_path)
        entry = project.add_scene(scene)
        scene.close()
        store = write_prediction(project, entry, predicted)
        session, _ = open_session(project, entry)
        actor = project.catalogue.actor("model", "starter")
        session.predict(Window.of(256, 256), store.read_labels(Window.of(256, 256)), actor=actor)
        session.close()
        made.append(project)
        return project

    yield make
    for project in made:
        project.close()


def write_prediction(
    project: Project, entry: SceneEntry, labels: npt.NDArray[np.uint8], name: str = "one"
) -> PredictionStore:
    facts: dict[str, Any] = {
        "fingerprint": entry.fingerprint,
        "model": {"name": "starter", "scheme": project.scheme.model_dump(mode="json")},
    }
    store = PredictionStore.create(
        project.predictions_folder / f"{name}.zarr", StoreLayout(256, 256, 2, 256), facts
    )
    confidence = np.full((256, 256), 240, dtype=np.uint8)
    confidence[:128, :128] = 180
    store.write_block((0, 0), BlockResult(labels, confidence, confidence - 40))
    return store


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project("ana")


@pytest.fixture
def queue(project: Project) -> ReviewQueue:
    return fill_queue(project)
