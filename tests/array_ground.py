"""A ground made of arrays, for tools without a session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.project import Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing import Operation


@dataclass
class ArrayGround:
    """A ground whose pixels begin at a corner; what an operation says is done by `apply`."""

    ids: npt.NDArray[np.uint8]
    corner: tuple[int, int] = (0, 0)
    said_by: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    model: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    sureness: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    measured: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), np.bool_))

    def __post_init__(self) -> None:
        shape = self.ids.shape
        if self.said_by.shape != shape:
            self.said_by = np.full(shape, Provenance.PREDICTED, np.uint8)
        if self.model.shape != shape:
            self.model = self.ids.copy()
        if self.sureness.shape != shape:
            self.sureness = np.full(shape, 255, np.uint8)
        if self.measured.shape != shape:
            self.measured = np.ones(shape, np.bool_)

    @property
    def extent(self) -> Window:
        return Window.of(*self.ids.shape).shifted(*self.corner)

    def _at(self, window: Window) -> tuple[slice, slice]:
        assert self.extent.contains(window), "tools read inside the ground only"
        return window.within(self.extent).slices

    def labels(self, window: Window) -> npt.NDArray[np.uint8]:
        return self.ids[self._at(window)].copy()

    def predicted(self, window: Window) -> npt.NDArray[np.uint8]:
        return self.model[self._at(window)].copy()

    def provenance(self, window: Window) -> npt.NDArray[np.uint8]:
        return self.said_by[self._at(window)].copy()

    def confidence(self, window: Window) -> npt.NDArray[np.uint8]:
        return self.sureness[self._at(window)].copy()

    def valid(self, window: Window) -> npt.NDArray[np.bool_]:
        return self.measured[self._at(window)].copy()

    def after(self, operation: Operation | None) -> npt.NDArray[np.uint8]:
        """Return the labels as the operation wants them; the ground stays."""
        ids = self.ids.copy()
        if operation is not None and operation.labels is not None:
            part = ids[self._at(operation.window)]
            new = np.broadcast_to(np.asarray(operation.labels, np.uint8), part.shape)
            part[operation.where] = new[operation.where]
        return ids

    def changed(self, operation: Operation | None) -> npt.NDArray[np.bool_]:
        """Return the pixels that the operation names, in an array of the ground."""
        where = np.zeros(self.ids.shape, bool)
        if operation is not None:
            where[self._at(operation.window)] = operation.where
        return where
