"""Labels of a scene with provenance and actor, in pages of memory over the store on disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.record import Patch, Values
from napari_rsseg.project import LabelBlock, Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from napari_rsseg.project import LabelStore

__all__ = ["PAGE_PX", "LabelArrays", "pages_of"]

PAGE_PX = 512
"""Side of a page: that of a chunk of the store."""
WHOLE_PX = 8192
"""Scenes up to this side stay in memory as a whole once they were read."""
_BATCH = 32

Key = tuple[int, int]


def pages_of(window: Window, whole: Window) -> Iterator[Window]:
    """Yield the parts of a window that lie in one page each, row by row."""
    inside = window.intersection(whole)
    for row in range(inside.row_start // PAGE_PX, -(-inside.row_stop // PAGE_PX)):
        for column in range(inside.column_start // PAGE_PX, -(-inside.column_stop // PAGE_PX)):
            page = Window(row * PAGE_PX, (row + 1) * PAGE_PX, column * PAGE_PX, (column + 1) * PAGE_PX)
            part = page.intersection(inside)
            if not part.is_empty:
                yield part


class LabelArrays:
    """Labels of one scene as they stand: what the store holds and what was changed since; for any thread.

    Parameters
    ----------
    store : LabelStore
        Where pages are read from and written to.
    height, width : int
        Size in pixels.

    Attributes
    ----------
    lock : RLock
        Held while pixels are read or changed.
    store_lock : Lock
        Held while the store is written; never asked for ``lock`` meanwhile.
    before_write : callable
        Called before pages are written: what they hold must be safe in the journal by then.
    """

    def __init__(self, store: LabelStore, height: int, width: int) -> None:
        self.window = Window.of(height, width)
        self.lock = threading.RLock()
        self.before_write: Callable[[], None] = _nothing
        self.store_lock = threading.Lock()
        self._store = store
        self._pages: dict[Key, LabelBlock] = {}  # oldest use first
        self._dirty: set[Key] = set()
        self._writing: set[Key] = set()
        whole = (-(-height // PAGE_PX)) * (-(-width // PAGE_PX))
        self._most_pages = min(whole, (WHOLE_PX // PAGE_PX) ** 2)

    # reading

    def labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return the class ids of a window, which must lie inside: (height, width), a copy."""
        return self._joined(window, "labels", IGNORED, np.uint8)

    def provenance(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return where the labels of a window come from: (height, width), a copy."""
        return self._joined(window, "provenance", Provenance.UNLABELLED, np.uint8)

    def actor(self, window: Window) -> npt.NDArray[np.uint16]:
        """Return who said the labels of a window, as rows of the catalogue: (height, width), a copy."""
        return self._joined(window, "actor", 0, np.uint16)

    def read(self, window: Window) -> LabelBlock:
        """Return all three of a window, as of one moment."""
        with self.lock:
            return LabelBlock(self.labels(window), self.provenance(window), self.actor(window))

    def _joined(self, window: Window, name: str, nothing: int, dtype: Any) -> npt.NDArray[Any]:
        joined = np.full(window.shape, nothing, dtype=dtype)
        with self.lock:
            for part in pages_of(window, self.window):
                corner, page = self._page(part)
                joined[part.within(window).slices] = getattr(page, name)[part.within(corner).slices]
        return joined

    def _page(self, part: Window) -> tuple[Window, LabelBlock]:
        """Return the page around a part of it, and its window."""
        key = (part.row_start // PAGE_PX, part.column_start // PAGE_PX)
        page = self._pages.pop(key, None)
        window = self._window(key)
        if page is None:
            self._make_room()
            page = self._store.read(window)
        self._pages[key] = page
        return window, page

    def _window(self, key: Key) -> Window:
        row, column = key[0] * PAGE_PX, key[1] * PAGE_PX
        return Window(row, row + PAGE_PX, column, column + PAGE_PX).intersection(self.window)

    def stored_pages(self) -> tuple[Window, ...]:
        """Return the pages about which something is said: those of the store, and those changed since."""
        chunks = self._store.path / "labels" / "c"
        keys = {(int(path.parent.name), int(path.name)) for path in chunks.glob("*/*") if path.name.isdigit()}
        with self.lock:
            return tuple(self._window(key) for key in sorted(keys | self._dirty))

    # changing

    def differing(
        self, window: Window, where: npt.NDArray[np.bool_], new: tuple[Any, int, int]
    ) -> Patch | None:
        """Return what changes where pixels inside one page get new values; None where nothing does.

        Parameters
        ----------
        window : Window
            Inside one page.
        where : ndarray, (height, width) of the window, bool
            Pixels that are asked for.
        new : tuple
            Labels ((height, width), one id, or None where they stay), provenance and actor.
        """
        labels, provenance, actor = new
        with self.lock:
            corner, page = self._page(window)
            place = window.within(corner).slices
            now = page.labels[place]
            differs = (page.provenance[place] != provenance) | (page.actor[place] != actor)
            if labels is not None:
                differs |= now != labels
            where = where & differs
            if not where.any():
                return None
            box = _box_of(where)
            held = _values(page, window.within(corner).slices, where)
        count = len(held.labels)
        if labels is None:
            given = held.labels
        elif isinstance(labels, np.ndarray):
            given = labels[where]
        else:
            given = np.full(count, labels, dtype=np.uint8)
        new_values = Values(given, np.full(count, provenance, np.uint8), np.full(count, actor, np.uint16))
        return Patch(box.shifted(window.row_start, window.column_start), where[box.slices], held, new_values)

    def held(self, window: Window, where: npt.NDArray[np.bool_]) -> Values:
        """Return what pixels inside one page hold now."""
        with self.lock:
            corner, page = self._page(window)
            return _values(page, window.within(corner).slices, where)

    def put(self, patch: Patch) -> None:
        """Give the pixels of a patch their new values."""
        with self.lock:
            corner, page = self._page(patch.window)
            place = patch.window.within(corner).slices
            page.labels[place][patch.where] = patch.new.labels
            page.provenance[place][patch.where] = patch.new.provenance
            page.actor[place][patch.where] = patch.new.actor
            self._dirty.add((corner.row_start // PAGE_PX, corner.column_start // PAGE_PX))

    # the store

    @property
    def dirty_count(self) -> int:
        """Number of pages that the store does not hold as they are."""
        return len(self._dirty)

    def flush(self) -> int:
        """Write changed pages to the store, a few at a time; return their number.

        Raises
        ------
        ProjectError
            When the store cannot be written; what was not written stays changed.
        """
        with self.lock:
            waiting = sorted(self._dirty)
        for start in range(0, len(waiting), _BATCH):
            self._write(waiting[start : start + _BATCH])
        return len(waiting)

    def _write(self, keys: list[Key]) -> None:
        with self.lock:
            batch = {key: _copied(self._pages[key]) for key in keys if key in self._dirty}
            self._dirty -= batch.keys()
            self._writing |= batch.keys()
        left = set(batch)
        try:
            self.before_write()
            with self.store_lock:
                for key, page in batch.items():
                    self._store.write(self._window(key), page)
                    left.remove(key)
        finally:
            with self.lock:
                self._dirty |= left
                self._writing -= batch.keys()

    def _make_room(self) -> None:
        """Leave out pages that were not used for long, written first where they were changed."""
        if len(self._pages) < self._most_pages or self._store.is_read_only:
            return
        old = [key for key in self._pages if key not in self._writing]
        clean = [key for key in old if key not in self._dirty][:_BATCH]
        if not clean:
            clean = old[:_BATCH]
            self._write(clean)
        for key in clean:
            del self._pages[key]


def _copied(page: LabelBlock) -> LabelBlock:
    return LabelBlock(page.labels.copy(), page.provenance.copy(), page.actor.copy())


def _box_of(where: npt.NDArray[np.bool_]) -> Window:
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    return Window(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def _values(page: LabelBlock, place: tuple[slice, slice], where: npt.NDArray[np.bool_]) -> Values:
    return Values(page.labels[place][where], page.provenance[place][where], page.actor[place][where])


def _nothing() -> None:
    """Do nothing: no journal must be safe before pages are written."""
