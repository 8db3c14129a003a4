"""Making the queue of a project: its windows, and their values in an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.review.predictions import newest_prediction, stored_predictions, wrong_shares
from napari_rsseg.review.queue import ReviewQueue
from napari_rsseg.review.ranking import NEEDS_FEATURES, rank_windows
from napari_rsseg.review.states import DONE, Order
from napari_rsseg.review.surveying import LooksAt, survey_windows
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.project import Project, SceneEntry
    from napari_rsseg.review.survey import SurveyedWindow

__all__ = ["QueueMaker", "fill_queue", "grid_windows"]

_NO_PREDICTION = (Order.RANDOM, Order.BY_HAND)


def grid_windows(height: int, width: int, side_px: int) -> list[Window]:
    """Return windows that cover a scene without overlap, row by row; the last ones are smaller."""
    return [
        Window(row, min(row + side_px, height), column, min(column + side_px, width))
        for row in range(0, height, side_px)
        for column in range(0, width, side_px)
    ]


def fill_queue(project: Project) -> ReviewQueue:
    """Put the windows of all scenes that have none yet into the queue, and return it.

    Raises
    ------
    OutputError
        When the catalogue cannot be written.
    """
    queue = ReviewQueue(project.catalogue, project.annotator)
    for scene in project.scenes():
        if not project.is_read_only and not queue.of_scene(scene.id):
            queue.fill(scene.id, grid_windows(scene.height, scene.width, project.settings.window_px))
    return queue


@dataclass(frozen=True)
class QueueMaker:
    """Computes orders of a project's queue.

    Attributes
    ----------
    project : Project
        Open to write.
    queue : ReviewQueue
        Its windows.
    looks : callable
        From a scene and its prediction to what gives encoder features of its windows; asked only by orders
        that need them.
    also : Path or None
        A further folder of predictions, of labels without a project of their own.
    """

    project: Project
    queue: ReviewQueue
    looks: Callable[[SceneEntry, PredictionStore], LooksAt]
    also: Path | None = None

    def rank(self, order: Order, *, seed: int = 0) -> None:
        """Compute an order anew, with all that was reviewed until now, and keep it in the catalogue.

        Raises
        ------
        ProjectError
            When a scene has no prediction (random order and that by hand need none).
        """
        if order is Order.BY_HAND:
            return
        if order in _NO_PREDICTION:
            self._keep_random(seed)
            return
        windows: list[SurveyedWindow] = []
        wrong: dict[int, float] = {}
        for scene in self.project.scenes():
            entries = self.queue.of_scene(scene.id)
            store = newest_prediction(self.project, scene, also=self.also)
            stores = stored_predictions(self.project, scene, also=self.also)
            others = [each for each in stores if each.path != store.path]
            windows += survey_windows(
                entries,
                store,
                other=others[0] if others else None,
                looks_at=self.looks(scene, store) if order in NEEDS_FEATURES else None,
            )
            done = [entry for entry in entries if entry.state in DONE]
            wrong |= wrong_shares(store, self.project.label_store(scene.id), done)
        self.queue.set_scores(order, rank_windows(order, windows, wrong=wrong, seed=seed))

    def _keep_random(self, seed: int) -> None:
        import numpy as np

        ids = self.queue.ids(Order.RANDOM)
        values = np.random.default_rng(seed).permutation(len(ids))
        self.queue.set_scores(Order.RANDOM, dict(zip(sorted(ids), values.tolist(), strict=True)))
