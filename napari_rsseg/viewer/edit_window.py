"""Painting on labels larger than 8192 pixels: a window that follows the view, over a read-only pyramid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.panels.paged_array import PAGE_PX
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.edit_layer import EditLayer
from napari_rsseg.viewer.layers import ROLE_KEY, guard_ids, label_arguments
from napari_rsseg.viewer.status import tell_places
from napari_rsseg.viewer.writer import LABELLING_KEY, SCHEME_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Labels

    from napari_rsseg.panels.labelling import Labelling, LabelView
    from napari_rsseg.panels.paged_array import CoarseLevel, PagedArray
    from napari_rsseg.viewer.world import SceneLayer

__all__ = ["SIDE_PX", "EditWindow", "LevelView"]

SIDE_PX = 4096


class LevelView:
    """One level of ids as napari reads it: never cached, empty where the edit window lies.

    Parameters
    ----------
    source : array
        What is shown: pages, labels, or a coarse level of either.
    step : int
        How many pixels of the scene one of its pixels spans.
    """

    dtype = np.dtype(np.uint8)
    ndim = 2

    def __init__(self, source: PagedArray | LabelView | CoarseLevel, step: int) -> None:
        self._source, self._step = source, step
        self.hidden: Window | None = None
        self.shape = source.shape

    @property
    def size(self) -> int:
        """Number of pixels."""
        height, width = self.shape
        return int(height * width)

    def __array__(self, dtype: object = None, copy: bool | None = None) -> npt.NDArray[np.uint8]:
        return self[:, :]

    def __getitem__(self, slices: tuple[Any, Any]) -> npt.NDArray[np.uint8]:
        ids = np.array(self._source[slices])
        if self.hidden is not None and ids.ndim == 2:
            self._clear(ids, slices)
        return ids

    def _clear(self, ids: npt.NDArray[np.uint8], slices: tuple[Any, Any]) -> None:
        assert self.hidden is not None
        (row, row_stop, _), (column, column_stop, _) = (
            part.indices(size) for part, size in zip(slices, self.shape, strict=True)
        )
        shown = Window(row, max(row, row_stop), column, max(column, column_stop))
        step, hidden = self._step, self.hidden
        covered = Window(
            -(-hidden.row_start // step), -(-hidden.row_stop // step),
            -(-hidden.column_start // step), -(-hidden.column_stop // step),
        )  # fmt: skip
        ids[covered.intersection(shown).within(shown).slices] = IGNORED


class EditWindow:
    """An editable label layer of fixed size that moves over a paged labelling, kept for life.

    Parameters
    ----------
    viewer : Viewer
        Where both layers are added.
    place : SceneLayer
        Scene, world and task.
    title : str
        Of the scene.
    labelling : Labelling
        A paged one.
    tell : callable
        Told, in words, what could not be done, and what undo and redo did.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        place: SceneLayer,
        title: str,
        labelling: Labelling,
        tell: Callable[[str], object],
    ) -> None:
        assert labelling.coarse is not None  # a paged one
        self.labelling, self._place = labelling, place
        window = Window(0, SIDE_PX, 0, SIDE_PX).intersection(labelling.window)
        self._levels = [
            LevelView(labelling.labels, 1),
            *(LevelView(level, step) for step, level in labelling.coarse.levels.items()),
        ]
        name = f"{title} · {labelling.scheme.name}"
        common: dict[str, Any] = {**label_arguments(labelling.scheme), **place.world.placement(place.scene)}
        shared = {SCHEME_KEY: labelling.scheme, LABELLING_KEY: labelling}
        self.overview: Labels = viewer.add_labels(
            self._levels,
            multiscale=True,
            name=f"{name} (overview)",
            metadata={ROLE_KEY: replace(place, role="overview"), **shared},
            **common,
        )
        self._matrix = np.asarray(common.pop("affine"))
        self.layer: Labels = viewer.add_labels(
            np.full(window.shape, IGNORED, dtype=np.uint8),
            name=name,
            metadata={ROLE_KEY: place, **shared},
            affine=self._matrix,
            **common,
        )
        guard_ids(self.layer, labelling.scheme)
        tell_places(self.overview)
        tell_places(self.layer)
        self.edit = EditLayer(self.layer, labelling, window, tell)
        self._place_at(window)

    @property
    def window(self) -> Window:
        """What of the scene can be painted."""
        return self.edit.window

    @property
    def words(self) -> str:
        """Which pixels can be painted, in words."""
        window = self.window
        return (
            f"Painting reaches rows {window.row_start} to {window.row_stop} and columns "
            f"{window.column_start} to {window.column_stop}; the window follows the view."
        )

    def refresh(self) -> None:
        """Show what was changed elsewhere, in the window and around it."""
        self.edit.flush()
        self.overview.refresh()

    def follow(self, view: Window) -> bool:
        """Move when the view's middle has left the window's middle half; return whether it moved."""
        row, column = (view.row_start + view.row_stop) // 2, (view.column_start + view.column_stop) // 2
        window = self.window
        margin_rows, margin_columns = window.height // 4, window.width // 4
        if self.edit.is_painting or (
            window.row_start + margin_rows <= row < window.row_stop - margin_rows
            and window.column_start + margin_columns <= column < window.column_stop - margin_columns
        ):
            return False
        return self.centre(view)

    def centre(self, view: Window) -> bool:
        """Move so that the view's middle lies as near to the window's as can be; return whether it moved."""
        row, column = (view.row_start + view.row_stop) // 2, (view.column_start + view.column_stop) // 2
        window = self.window
        start_row = self._snapped(row - window.height // 2, window.height, self.labelling.window.height)
        start_column = self._snapped(column - window.width // 2, window.width, self.labelling.window.width)
        if (start_row, start_column) == (window.row_start, window.column_start):
            return False
        self._place_at(
            Window(start_row, start_row + window.height, start_column, start_column + window.width)
        )
        return True

    @staticmethod
    def _snapped(start: int, side: int, whole: int) -> int:
        return max(0, min(start // PAGE_PX * PAGE_PX, whole - side))

    def _place_at(self, window: Window) -> None:
        shift = np.eye(3)
        shift[:2, 2] = window.row_start, window.column_start
        self.layer.affine = self._matrix @ shift
        for level in self._levels:
            level.hidden = window
        self.edit.move(window)
        self.overview.refresh()
