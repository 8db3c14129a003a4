"""Where corrections go: the labels of one scene as tools read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing.activity import add_seconds
from napari_rsseg.editing.origins import origin_words
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.editing.tools import Ground
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.scenes.scene import Scene

__all__ = ["CorrectSite", "LabellingGround", "ValidPages"]

_PAGE_PX = 512
_MOST_PAGES = 1024


class ValidPages:
    """Where a scene was measured, read from its file once and kept in bits.

    Parameters
    ----------
    scene : Scene
        Which scene.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene, self._whole = scene, Window.of(scene.height, scene.width)
        self._pages: dict[tuple[int, int], npt.NDArray[np.uint8]] = {}

    def read(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return where something was measured, (height, width) of a window of the scene."""
        valid = np.zeros(window.shape, dtype=np.bool_)
        for row in range(window.row_start // _PAGE_PX, -(-window.row_stop // _PAGE_PX)):
            for column in range(window.column_start // _PAGE_PX, -(-window.column_stop // _PAGE_PX)):
                page, mask = self._page(row, column)
                part = page.intersection(window)
                valid[part.within(window).slices] = mask[part.within(page).slices]
        return valid

    def _page(self, row: int, column: int) -> tuple[Window, npt.NDArray[np.bool_]]:
        top, left = row * _PAGE_PX, column * _PAGE_PX
        page = Window(top, top + _PAGE_PX, left, left + _PAGE_PX).intersection(self._whole)
        packed = self._pages.get((row, column))
        if packed is None:
            if len(self._pages) >= _MOST_PAGES:
                self._pages.pop(next(iter(self._pages)))
            packed = self._pages[row, column] = np.packbits(self._scene.valid(page))
        count = page.height * page.width
        return page, np.unpackbits(packed, count=count).reshape(page.shape).astype(np.bool_)


@dataclass(frozen=True, eq=False)
class LabellingGround:
    """Labels of a scene, with what the model said, as tools read them.

    Attributes
    ----------
    labelling : Labelling
        Labels and what the model said.
    extent : Window
        Pixels that can be changed now: the scene, or the edit window of a large one.
    measured : ValidPages
        Where the scene was measured.
    """

    labelling: Labelling
    extent: Window
    measured: ValidPages = field(repr=False)

    def labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids, 255 where nothing is said."""
        return self.labelling.read_labels(window)

    def predicted(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return what the model said."""
        return np.array(self.labelling.predicted[window.slices])

    def provenance(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return values of `Provenance`."""
        if not self.labelling.is_begun:
            return np.full(window.shape, Provenance.UNLABELLED, dtype=np.uint8)
        return self.labelling.session.labels.provenance(window)

    def confidence(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return round(250 * p) of the model."""
        return np.array(self.labelling.confidence[window.slices])

    def valid(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return where something was measured."""
        return self.measured.read(window)


@dataclass(frozen=True, eq=False)
class CorrectSite:
    """The labels that are corrected now.

    Attributes
    ----------
    scene : Scene
        The scene.
    labelling : Labelling
        Takes operations.
    ground : Ground
        What tools read.
    """

    scene: Scene
    labelling: Labelling
    ground: Ground

    @property
    def scheme(self) -> Scheme:
        """Classes of the labels."""
        return self.labelling.scheme

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.labelling.is_begun and self.labelling.session.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return self.labelling.is_begun and self.labelling.session.can_redo

    def origin(self, row: int, column: int) -> str:
        """Return who said a pixel and when, in words; empty outside the scene and before anything is said.

        Raises
        ------
        ProjectError
            When the catalogue is damaged.
        """
        pixel = Window(row, row + 1, column, column + 1)
        if not self.labelling.is_begun or not self.labelling.window.contains(pixel):
            return ""
        opened = self.labelling.begin()
        block = opened.session.labels.read(pixel)
        return origin_words(opened.project.catalogue, int(block.provenance[0, 0]), int(block.actor[0, 0]))

    def add_seconds(self, window: Window, class_id: int, seconds: float) -> None:
        """Keep active time in the project, where there is one that may be written.

        Raises
        ------
        ProjectError
            When it cannot be written.
        """
        if not self.labelling.is_begun:
            return
        opened = self.labelling.begin()
        entries = {entry.fingerprint: entry.id for entry in opened.project.scenes()}
        if not opened.project.is_read_only and self.scene.fingerprint in entries:
            scene_id, actor = entries[self.scene.fingerprint], opened.session.actor
            add_seconds(opened.project.catalogue, scene_id, window, class_id, actor, seconds)
