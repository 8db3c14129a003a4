"""What travels to a worker that is to look at windows of a scene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_rsseg.engine.request import mapped

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.engine.prompting.view import PromptSegmenter
    from napari_rsseg.engine.request import PathMapping
    from napari_rsseg.registry.card import Card
    from napari_rsseg.scenes.scene import SceneReference
    from napari_rsseg.scenes.windows import Window

__all__ = ["CELLS", "FeatureTask"]

CELLS = 8
"""Rows and columns of cells into which a window is cut."""


@dataclass(frozen=True)
class FeatureTask:
    """Windows to look at.

    Attributes
    ----------
    scene : SceneReference
        How to open the scene.
    fingerprint : str
        What the scene must still be.
    windows : tuple of Window
        Inside the scene.
    segmenter : PromptSegmenter
        Card and weights of a model of family ``ktda-light``, and where it runs.
    """

    scene: SceneReference
    fingerprint: str
    windows: tuple[Window, ...]
    segmenter: PromptSegmenter

    @property
    def model(self) -> tuple[Card, Path]:
        """Card and weights of the model that looks."""
        card, weights = self.segmenter.card, self.segmenter.weights
        assert card is not None  # who asks has a model
        assert weights is not None
        return card, weights

    def as_workers_see(self, path_mapping: PathMapping) -> FeatureTask:
        """Return the task with the scene where workers find it."""
        if not path_mapping:
            return self
        return replace(self, scene=replace(self.scene, uri=mapped(self.scene.uri, path_mapping)))
