"""Labels of one scene as they stand on screen, told apart from what the model said."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.panels.paged_array import PAGE_PX, PagedArray, make_id_array, squares
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.paged_array import IdArray

__all__ = ["Labelling"]


class Labelling:
    """Arrays behind a label layer and its confidence layer.

    A pixel is edited where its label is another one than the model's; undoing an edit makes it the model's
    again, whatever way it was undone.

    Parameters
    ----------
    scheme : Scheme
        Classes of the labels.
    height, width : int
        Size in pixels.

    Attributes
    ----------
    labels, predicted, confidence : array, (height, width), uint8
        What is shown and painted on; what the model said; round(250 * p). 255 where nothing is said. Plain
        arrays up to 8192 pixels a side, pages beyond.
    key : str
        Name of the stored prediction that is shown; empty before the first.
    tags : dict
        What made it: model, digest, radiometry, device, precision.
    """

    def __init__(self, scheme: Scheme, height: int, width: int) -> None:
        self.scheme = scheme
        self.key = ""
        self.tags: dict[str, str] = {}
        self.window = Window.of(height, width)
        self.labels: IdArray = make_id_array(height, width)
        self.predicted: IdArray = make_id_array(height, width, is_shown=False)
        self.confidence: IdArray = make_id_array(height, width)
        self._touched: set[tuple[int, int]] = set()
        self._written: set[tuple[int, int]] = set()
        self._lock = threading.RLock()  # blocks arrive on a thread of the engine

    @property
    def is_paged(self) -> bool:
        """Whether it is too large to be painted on as a whole."""
        return isinstance(self.labels, PagedArray)

    def edited(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return where labels are not the model's, (height, width) of the window."""
        edited: npt.NDArray[np.bool_] = self.labels[window.slices] != self.predicted[window.slices]
        return edited

    def count_edited(self, window: Window) -> int:
        """Return the number of edited pixels in a window."""
        parts = (page.intersection(window) for page in self.touched_pages())
        return sum(int(np.count_nonzero(self.edited(part))) for part in parts if not part.is_empty)

    def count(self, window: Window) -> npt.NDArray[np.int64]:
        """Return the number of pixels of each id in a window, (256,); of 255 at least those beside others."""
        counts = np.zeros(IGNORED + 1, dtype=np.int64)
        for part in self._said(window):
            counts += np.bincount(self.labels[part.slices].ravel(), minlength=IGNORED + 1)
        return counts

    def snapshot(self, window: Window) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Return copies of labels and of what the model said of a window, as of one moment."""
        with self._lock:
            return np.array(self.labels[window.slices]), np.array(self.predicted[window.slices])

    def write(
        self,
        window: Window,
        labels: npt.NDArray[np.uint8],
        confidence: npt.NDArray[np.uint8],
        *,
        keep_edits: bool,
    ) -> None:
        """Take in what the model says of a window.

        Parameters
        ----------
        window : Window
            Must lie inside.
        labels, confidence : ndarray, (height, width) of the window, uint8
            As stored; 255 where nothing is said.
        keep_edits : bool
            Whether edited pixels keep their label.
        """
        with self._lock:
            shown = self.labels[window.slices]
            self.labels[window.slices] = (
                np.where(self.edited(window), shown, labels) if keep_edits else labels
            )
            self.predicted[window.slices] = labels
            self.confidence[window.slices] = confidence
            self._written.update(_pages_of(window))

    def paint(self, window: Window, labels: npt.NDArray[np.uint8], where: npt.NDArray[np.bool_]) -> None:
        """Take in what a hand painted on a copy of a window, and nothing else of the copy."""
        with self._lock:
            self.labels[window.slices] = np.where(where, labels, self.labels[window.slices])
            self.touch(window)

    def touch(self, window: Window) -> None:
        """Remember that a hand changed something in a window."""
        self._touched.update(_pages_of(window))

    def touched_pages(self) -> Iterator[Window]:
        """Yield pages in which a hand may have changed labels: all of a plain array."""
        return self._windows(self._touched if self.is_paged else _pages_of(self.window))

    def _said(self, window: Window) -> Iterator[Window]:
        """Yield the parts of a window in which something may be said: of a large array its written pages."""
        if not self.is_paged:
            yield from squares(window)
            return
        for page in self._windows(self._written | self._touched):
            part = page.intersection(window)
            if not part.is_empty:
                yield part

    def _windows(self, pages: set[tuple[int, int]]) -> Iterator[Window]:
        for row, column in sorted(pages):
            page = Window(row * PAGE_PX, (row + 1) * PAGE_PX, column * PAGE_PX, (column + 1) * PAGE_PX)
            yield page.intersection(self.window)

    def forget_prediction(self, *, keep_edits: bool) -> None:
        """Clear what a model said, so that another one's result is never taken for it."""
        for part in list(self._said(self.window)):
            nothing = np.full(part.shape, IGNORED, dtype=np.uint8)
            self.write(part, nothing, nothing, keep_edits=keep_edits)


def _pages_of(window: Window) -> set[tuple[int, int]]:
    """Return row and column of the pages that a window touches."""
    rows = range(window.row_start // PAGE_PX, -(-window.row_stop // PAGE_PX))
    columns = range(window.column_start // PAGE_PX, -(-window.column_stop // PAGE_PX))
    return set(itertools.product(rows, columns))
