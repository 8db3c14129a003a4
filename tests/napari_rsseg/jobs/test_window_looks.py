from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.jobs import WindowLooks
from napari_rsseg.project import Project
from napari_rsseg.review import grid_windows
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.feature_task import FeatureTask


class Eye:
    """An engine that sees of each window where it begins, and keeps what it was asked."""

    def __init__(self) -> None:
        self.tasks: list[FeatureTask] = []

    def window_features(self, task: FeatureTask) -> npt.NDArray[np.float16]:
        self.tasks.append(task)
        places = [[[window.row_start, window.column_start]] for window in task.windows]
        return np.array(places, dtype=np.float16)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project.create(tmp_path / "slides", name="slides", scheme=LANDSLIDE)
    project.add_scene(SyntheticScene((600, 300), 0))
    yield project
    project.close()


def test_windows_are_looked_at_in_their_order_a_few_at_a_time(project: Project) -> None:
    eye, told = Eye(), []
    looks = WindowLooks(project, lambda: eye, "cpu", lambda done, total: told.append((done, total)))
    windows = grid_windows(600, 300, 64)
    store: Any = None  # the features are of the scene, not of its prediction
    found = looks(project.scenes()[0], store)(windows)
    assert found[:, 0].tolist() == [[window.row_start, window.column_start] for window in windows]
    assert told[-1] == (len(windows), len(windows))
    assert len(eye.tasks) > 1
    task = eye.tasks[0]
    assert task.fingerprint == project.scenes()[0].fingerprint
    assert task.scene.radiometry is not None
    assert task.model[0].family == "ktda-light"
    assert task.segmenter.device == "cpu"
