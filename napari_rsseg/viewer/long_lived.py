"""What lives as long as the window is left out of Python's garbage collection."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

__all__ = ["LongLived"]


class LongLived:
    """Spares the window passes over everything that napari and its libraries made.

    Such a pass stops all threads for one to several tenths of a second, whenever much was made, and napari
    asks for one with each layer that goes. Objects made later are collected as ever, and all are again once
    a layer is removed that was there already, or ``release`` is called.

    Parameters
    ----------
    viewer : Viewer
        Whose layers must never be kept in memory after they are removed.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._layers: weakref.WeakSet[Layer] = weakref.WeakSet()
        self._viewer = viewer
        viewer.layers.events.removing.connect(self._follow_removing)

    def settle(self) -> None:
        """Leave out what is there now; takes no time."""
        self._layers.update(self._viewer.layers)
        gc.freeze()

    def release(self) -> None:
        """Collect everything again, from the next pass on."""
        self._layers.clear()
        gc.unfreeze()

    def _follow_removing(self, event: Any) -> None:
        if self._viewer.layers[event.index] in self._layers:
            self.release()
