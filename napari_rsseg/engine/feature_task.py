"""What travels to a worker that is to look at windows of a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_rsseg.engine.prompting.view import PromptSegmenter
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
