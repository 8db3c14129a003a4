"""Encoder features of windows of a project's scenes, from the engine that plugin and command line share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_rsseg.engine.feature_task import FeatureTask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.project import Project, SceneEntry
    from napari_rsseg.review import LooksAt
    from napari_rsseg.scenes.windows import Window

__all__ = ["LooksAtWindows", "WindowLooks"]

_AT_ONCE = 16


class LooksAtWindows(Protocol):
    """An engine, as far as features of windows are concerned."""

    def window_features(self, task: FeatureTask) -> npt.NDArray[np.float16]:
        """Return what a model's encoder sees in each window's cells, (N, cells, D)."""
        ...


@dataclass(frozen=True)
class WindowLooks:
    """Asks the engine what the starter of the project's classes sees.

    Attributes
    ----------
    project : Project
        Whose scenes.
    engine : callable
        Gives the engine, started now if need be.
    device : {"auto", "cuda", "mps", "cpu"}
        Where the network runs.
    tell : callable
        Called with the number of windows that were looked at, and of all.
    """

    project: Project
    engine: Callable[[], LooksAtWindows] = field(repr=False)
    device: DeviceChoice = "auto"
    tell: Callable[[int, int], None] = field(default=lambda done, total: None, repr=False)

    def __call__(self, entry: SceneEntry, store: PredictionStore) -> LooksAt:
        """Return what gives features of windows of a scene."""

        def looks_at(windows: Sequence[Window]) -> npt.NDArray[np.float16]:
            from napari_rsseg.engine.prompting.view import choose_segmenter

            segmenter = choose_segmenter(name="classical", task=self.project.scheme.name, device=self.device)
            scene = self.project.open_scene(entry)
            try:
                reference, fingerprint = scene.reference, scene.fingerprint
            finally:
                scene.close()
            parts = []
            for start in range(0, len(windows), _AT_ONCE):
                part = tuple(windows[start : start + _AT_ONCE])
                task = FeatureTask(reference, fingerprint, part, segmenter)
                parts.append(self.engine().window_features(task))
                self.tell(min(start + _AT_ONCE, len(windows)), len(windows))
            return np.concatenate(parts)

        return looks_at
