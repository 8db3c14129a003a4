"""Where corrections go: the labels of one scene with their session, as tools read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.editing import Session
    from napari_rsseg.editing.tools import Ground
    from napari_rsseg.scenes.scene import Scene

__all__ = ["CorrectSite", "SessionGround", "ValidPages"]

_PAGE_PX = 512
_MOST_PAGES = 1024


class _Ids(Protocol):
    """An array of ids that is read by slices."""

    def __getitem__(self, slices: tuple[slice, slice], /) -> npt.NDArray[np.uint8]: ...


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
class SessionGround:
    """Labels of a session, with what the model said, as tools read them.

    Attributes
    ----------
    session : Session
        Labels and who says them.
    extent : Window
        Pixels that can be changed now: the scene, or the edit window of a large one.
    model_labels, model_confidence : array or None
        What the model said of the scene and how sure it was; None before a prediction.
    measured : ValidPages
        Where the scene was measured.
    """

    session: Session
    extent: Window
    model_labels: _Ids | None
    model_confidence: _Ids | None
    measured: ValidPages = field(repr=False)

    def labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids, 255 where nothing is said."""
        return self.session.labels.labels(window)

    def predicted(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return what the model said."""
        return self._of(self.model_labels, window)

    def provenance(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return values of `Provenance`."""
        return self.session.labels.provenance(window)

    def confidence(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return round(250 * p) of the model."""
        return self._of(self.model_confidence, window)

    def valid(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return where something was measured."""
        return self.measured.read(window)

    @staticmethod
    def _of(ids: _Ids | None, window: Window) -> npt.NDArray[np.uint8]:
        if ids is None:
            return np.full(window.shape, IGNORED, dtype=np.uint8)
        return np.array(ids[window.slices])


@dataclass(frozen=True, eq=False)
class CorrectSite:
    """The labels that are corrected now.

    Attributes
    ----------
    scene : Scene
        The scene.
    scheme : Scheme
        Its classes.
    session : Session
        Takes operations.
    ground : Ground
        What tools read.
    note_seconds : callable
        Keeps active time: gets a window, a class and seconds.
    """

    scene: Scene
    scheme: Scheme
    session: Session
    ground: Ground
    note_seconds: Callable[[Window, int, float], None] = field(default=lambda window, class_id, seconds: None)
