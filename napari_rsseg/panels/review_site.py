"""Where windows are reviewed: a project, its queue, and the labels of its scenes that are open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import ProjectError
from napari_rsseg.jobs import WindowLooks
from napari_rsseg.review import QueueMaker, ReviewQueue, fill_queue, stored_predictions

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing import Session
    from napari_rsseg.jobs.window_looks import LooksAtWindows
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.project import Project, SceneEntry
    from napari_rsseg.review import QueueEntry
    from napari_rsseg.scenes.scene import Scene

__all__ = ["ReviewSite", "open_site"]


@dataclass(frozen=True, eq=False)
class ReviewSite:
    """A project under review.

    Attributes
    ----------
    project : Project
        Where the queue lies.
    queue : ReviewQueue
        Its windows.
    maker : QueueMaker
        Computes orders.
    scene : Scene
        The scene that is chosen.
    entry : SceneEntry
        That scene in the project.
    labelling : Labelling
        Its labels.
    """

    project: Project
    queue: ReviewQueue
    maker: QueueMaker
    scene: Scene
    entry: SceneEntry
    labelling: Labelling

    @property
    def session(self) -> Session:
        """How the labels of the chosen scene change."""
        return self.labelling.session

    def predicted(self, entry: QueueEntry) -> npt.NDArray[np.uint8]:
        """Return what the newest prediction said in a window, (H, W); 255 where there is none."""
        found = stored_predictions(self.project, self.entry, also=self.maker.also)
        if not found:
            return np.full(entry.window.shape, IGNORED, dtype=np.uint8)
        return found[0].read_labels(entry.window)

    def read_ahead(self, entries: list[QueueEntry]) -> None:
        """Read the pixels of windows, so that they are at hand when they are shown; for any thread."""
        for entry in entries:
            self.scene.read(entry.window)


def open_site(panel: SegmentPanel) -> ReviewSite:
    """Return what is under review: the project that holds the labels of the chosen scene and task.

    Raises
    ------
    ProjectError
        When no scene is open, or the project cannot be opened.
    """
    scene = panel.scene
    if scene is None:
        raise ProjectError("No scene is open.", "Open one and segment it first.")
    labelling = panel.labelling(scene, panel.scheme_of(panel.task))
    project = labelling.begin().project
    entries = [entry for entry in project.scenes() if entry.fingerprint == scene.fingerprint]
    if not entries:
        raise ProjectError(
            f"The project {project.root} does not hold scene {scene.uri}.", "Add the scene to the project."
        )
    queue = fill_queue(project)

    def engine() -> LooksAtWindows:
        return cast("LooksAtWindows", panel.running_engine()())  # it does more than runs ask of it

    looks = WindowLooks(project, engine)
    maker = QueueMaker(project, queue, looks, also=panel.store_root)
    return ReviewSite(project, queue, maker, scene, entries[0], labelling)
