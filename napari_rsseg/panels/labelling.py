"""Labels of one scene under one scheme: what the session holds, and what the model said beside it."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from psygnal import Signal

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import Change, Operation
from napari_rsseg.panels.paged_array import NUMPY_PX, PAGE_PX, CoarseLabels, make_id_array, squares
from napari_rsseg.project import REVIEWED, Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.editing import Session
    from napari_rsseg.panels.paged_array import IdArray
    from napari_rsseg.project import Project

__all__ = ["LabelView", "Labelling", "OpenLabels"]


@dataclass(frozen=True)
class OpenLabels:
    """Labels of a scene, opened for editing.

    Attributes
    ----------
    project : Project
        Where they lie.
    session : Session
        How they change.
    """

    project: Project
    session: Session

    def model(self, name: str, digest: str) -> int:
        """Return the row of the catalogue of a model that labels.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        """
        return self.project.catalogue.actor("model", name, digest)


class LabelView:
    """The labels of a labelling as an array that is read by windows.

    Parameters
    ----------
    labelling : Labelling
        Whose labels.
    """

    dtype = np.dtype(np.uint8)
    ndim = 2

    def __init__(self, labelling: Labelling) -> None:
        self._labelling = labelling
        self.shape = labelling.window.shape

    def __getitem__(self, slices: tuple[slice, slice]) -> npt.NDArray[np.uint8]:
        (row, row_stop, row_step), (column, column_stop, column_step) = (
            part.indices(size) for part, size in zip(slices, self.shape, strict=True)
        )
        window = Window(row, max(row, row_stop), column, max(column, column_stop))
        return self._labelling.read_labels(window)[::row_step, ::column_step]


class Labelling:
    """Labels behind a layer; every change is an operation of a session, which begins with the first one.

    Parameters
    ----------
    scheme : Scheme
        Classes of the labels.
    height, width : int
        Size in pixels.
    open_labels : callable
        Opens the session, and makes its project where there is none.

    Attributes
    ----------
    changed : Signal
        Emitted with each Change of the session, on the thread that made it.
    predicted, confidence : array, (height, width), uint8
        What the model said, and round(250 * p); 255 where it said nothing. Plain arrays up to 8192 pixels a
        side, pages beyond.
    coarse : CoarseLabels or None
        Coarser levels of labels too large to be shown whole.
    key : str
        Name of the stored prediction that is shown; empty before the first.
    model : (str, str)
        Name and digest of what predicts.
    clip : callable
        Returns the part of what a hand paints that may be done; None where nothing is left.
    tags : dict
        What made the prediction: model, digest, radiometry, device, precision.
    """

    changed: ClassVar[Signal] = Signal(Change)

    def __init__(
        self, scheme: Scheme, height: int, width: int, open_labels: Callable[[], OpenLabels]
    ) -> None:
        self.scheme = scheme
        self.key, self.model = "", ("model", "")
        self.tags: dict[str, str] = {}
        self.window = Window.of(height, width)
        self.predicted: IdArray = make_id_array(height, width, is_shown=False)
        self.confidence: IdArray = make_id_array(height, width)
        self.is_paged = max(height, width) > NUMPY_PX
        self.coarse = CoarseLabels(height, width) if self.is_paged else None
        self.labels = LabelView(self)
        self.clip: Callable[[Operation], Operation | None] = _whole
        self._open_labels = open_labels
        self._opened: OpenLabels | None = None
        self._said: set[tuple[int, int]] = set()
        self._lock = threading.RLock()  # blocks arrive on a thread of the engine

    # the session

    @property
    def is_begun(self) -> bool:
        """Whether there are labels to read."""
        return self._opened is not None

    @property
    def session(self) -> Session:
        """The session, which begins here where it has not.

        Raises
        ------
        RssegError
            When the project cannot be made or opened.
        """
        return self.begin().session

    def begin(self) -> OpenLabels:
        """Open the labels, once.

        Raises
        ------
        RssegError
            When the project cannot be made or opened.
        """
        with self._lock:
            if self._opened is None:
                self._opened = self._open_labels()
                for page in self._opened.session.labels.stored_pages():
                    self._note_pages(page)
                    self._draw_coarse(page)
                self._opened.session.changed.connect(self._follow)
            return self._opened

    def _follow(self, change: Change) -> None:
        self._note_pages(change.window)
        self._draw_coarse(change.window)
        self.changed.emit(change)

    def _note_pages(self, window: Window) -> None:
        with self._lock:
            self._said.update(_pages_of(window))

    def _draw_coarse(self, window: Window) -> None:
        if self.coarse is not None:
            for part in squares(window):
                self.coarse.draw(part, self.read_labels(part))

    # reading

    def read_labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return the class ids of a window: a copy, 255 where nothing is said."""
        if self._opened is None:
            return np.full(window.shape, IGNORED, dtype=np.uint8)
        return self._opened.session.labels.labels(window)

    def edited(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return which pixels a person looked at or a mask brought, (height, width) of the window."""
        if self._opened is None:
            return np.zeros(window.shape, dtype=np.bool_)
        return np.isin(self._opened.session.labels.provenance(window), REVIEWED)

    def count_edited(self, window: Window) -> int:
        """Return the number of edited pixels in a window."""
        return sum(int(np.count_nonzero(self.edited(part))) for part in self._parts(window))

    def count(self, window: Window) -> npt.NDArray[np.int64]:
        """Return the number of pixels of each id in a window, (256,); of 255 at least those beside others."""
        counts = np.zeros(IGNORED + 1, dtype=np.int64)
        for part in self._parts(window):
            counts += np.bincount(self.read_labels(part).ravel(), minlength=IGNORED + 1)
        return counts

    def _parts(self, window: Window) -> Iterator[Window]:
        """Yield the parts of a window in which something may be said: of a large scene its written pages."""
        if not self.is_paged:
            yield from squares(window.intersection(self.window))
            return
        with self._lock:
            pages = sorted(self._said)
        for row, column in pages:
            page = Window(row * PAGE_PX, (row + 1) * PAGE_PX, column * PAGE_PX, (column + 1) * PAGE_PX)
            part = page.intersection(self.window).intersection(window)
            if not part.is_empty:
                yield part

    # changing

    def apply(self, operation: Operation) -> Change | None:
        """Change labels as one step of the history; return None where nothing changes.

        Raises
        ------
        RssegError
            When the project or its journal cannot be written; nothing is changed then.
        """
        return self.session.apply(operation)

    def paint(self, operation: Operation) -> Change | None:
        """Change labels as a hand painted, as far as that may be; return None where nothing changes.

        Raises
        ------
        RssegError
            When the project or its journal cannot be written; nothing is changed then.
        """
        cut = self.clip(operation)
        return None if cut is None else self.apply(cut)

    def undo(self) -> Change | None:
        """Take the last step back; what it had covered of the prediction is shown again.

        Raises
        ------
        RssegError
            When the journal cannot be read or written; nothing is changed then.
        """
        change = self.session.undo() if self.is_begun else None
        if change is not None:
            self._show_predicted(change.window)
        return change

    def redo(self) -> Change | None:
        """Do the last step that was taken back again.

        Raises
        ------
        RssegError
            When the journal cannot be read or written; nothing is changed then.
        """
        return self.session.redo() if self.is_begun else None

    def _show_predicted(self, window: Window) -> None:
        """Fill what nobody says anything about with what the model said meanwhile."""
        opened = self.begin()
        for part in squares(window) if self.key else ():
            predicted = self.predicted[part.slices]
            free = opened.session.labels.provenance(part) == Provenance.UNLABELLED
            free &= predicted != IGNORED
            if free.any():
                opened.session.predict(part, predicted, actor=opened.model(*self.model), where=free)

    def release(self, window: Window) -> None:
        """Give edited pixels of a window free for a prediction, as a step that can be undone."""
        for part in [window] if not self.is_paged else list(squares(window)):
            edited = self.edited(part)
            if edited.any():
                self.apply(Operation("overwrite", part, edited, IGNORED, Provenance.UNLABELLED))

    def write(self, window: Window, labels: npt.NDArray[np.uint8], confidence: npt.NDArray[np.uint8]) -> None:
        """Take in what the model says of a window; edited pixels keep their label.

        Parameters
        ----------
        window : Window
            Must lie inside.
        labels, confidence : ndarray, (height, width) of the window, uint8
            As stored; 255 where nothing is said.

        Raises
        ------
        RssegError
            When the project or its journal cannot be written.
        """
        opened = self.begin()
        with self._lock:
            self.predicted[window.slices] = labels
            self.confidence[window.slices] = confidence
        opened.session.predict(window, labels, actor=opened.model(*self.model))

    def forget_prediction(self) -> None:
        """Clear what a model said, so that another one's result is never taken for it; edits stay."""
        for part in list(self._parts(self.window)):
            nothing = np.full(part.shape, IGNORED, dtype=np.uint8)
            self.write(part, nothing, nothing)


def _whole(operation: Operation) -> Operation:
    """Return all of an operation."""
    return operation


def _pages_of(window: Window) -> set[tuple[int, int]]:
    """Return row and column of the pages that a window touches."""
    rows = range(window.row_start // PAGE_PX, -(-window.row_stop // PAGE_PX))
    columns = range(window.column_start // PAGE_PX, -(-window.column_stop // PAGE_PX))
    return set(itertools.product(rows, columns))
