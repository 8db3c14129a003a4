from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.review import Order, QueueMaker, State, grid_windows
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.project import Project, SceneEntry
    from napari_rsseg.review import LooksAt, ReviewQueue


class Looks:
    """Features that tell the left half of the scene from the right, and how often they were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, scene: SceneEntry, store: PredictionStore) -> LooksAt:
        def looks_at(windows: Sequence[Window]) -> npt.NDArray[np.float16]:
            self.asked += 1
            left = np.array([window.column_start < 128 for window in windows], dtype=np.float16)
            return np.repeat(left[:, None, None], 4, axis=1) * np.ones(3, dtype=np.float16)

        return looks_at


@pytest.fixture
def maker(project: Project, queue: ReviewQueue) -> QueueMaker:
    return QueueMaker(project, queue, Looks())


def test_windows_cover_a_scene_once() -> None:
    hits = np.zeros((130, 200), dtype=int)
    for window in grid_windows(130, 200, 64):
        hits[window.slices] += 1
    assert (hits == 1).all()


def test_the_windows_of_a_project_are_made_once(queue: ReviewQueue) -> None:
    assert len(queue.ids()) == 16
    assert queue.entry(1).window == Window(0, 64, 0, 64)


def test_the_least_confident_windows_come_first(maker: QueueMaker, queue: ReviewQueue) -> None:
    maker.rank(Order.LEAST_CONFIDENT)
    first = queue.entries(queue.ids(Order.LEAST_CONFIDENT)[:4])
    assert all(entry.window.row_start < 128 and entry.window.column_start < 128 for entry in first)


def test_what_was_found_wrong_changes_the_order(
    maker: QueueMaker, queue: ReviewQueue, project: Project
) -> None:
    session, _ = open_session(project, project.scenes()[0])
    window = Window(192, 256, 192, 256)
    session.apply(Operation("brush", window, np.ones((64, 64), dtype=bool), 1))
    session.close()
    lower_right = next(entry.id for entry in queue.of_scene(project.scenes()[0].id) if entry.window == window)
    maker.rank(Order.LIKELY_WRONG)
    before = queue.scores(Order.LIKELY_WRONG)
    queue.change([lower_right], State.CORRECTED)
    maker.rank(Order.LIKELY_WRONG)
    after = queue.scores(Order.LIKELY_WRONG)
    beside = next(e.id for e in queue.of_scene(project.scenes()[0].id) if e.window.row_start == 128)
    assert after[lower_right - 1] > before[lower_right - 1]
    assert after[beside] != before[beside]


def test_the_encoder_looks_only_once(maker: QueueMaker) -> None:
    for order in (Order.DIVERSE, Order.LIKELY_WRONG, Order.VALUABLE, Order.MISSES):
        maker.rank(order)
    assert isinstance(maker.looks, Looks)
    assert maker.looks.asked == 1


def test_random_and_by_hand_need_no_prediction_but_others_do(
    maker: QueueMaker, queue: ReviewQueue, project: Project, tmp_path: Path
) -> None:
    (project.predictions_folder / "one.zarr").rename(tmp_path / "away")
    maker.rank(Order.RANDOM)
    maker.rank(Order.BY_HAND)
    assert sorted(queue.ids(Order.RANDOM)) != queue.ids(Order.RANDOM)
    with pytest.raises(ProjectError, match=r"has no prediction.*segment --project"):
        maker.rank(Order.MARGIN)
