"""Labels of a session as the tools of correction read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing import Session
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["SessionGround"]


@dataclass(frozen=True)
class SessionGround:
    """What tools of correction may read of a session; implements ``editing.tools.Ground``.

    Attributes
    ----------
    session : Session
        Labels and who says them.
    scene : Scene or None
        Says where something was measured; None: everywhere.
    """

    session: Session
    scene: Scene | None = None

    @property
    def extent(self) -> Window:
        """The whole scene."""
        return self.session.labels.window

    def labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids, 255 where nothing is said."""
        return self.session.labels.labels(window)

    def predicted(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return 255: no prediction is at hand."""
        return np.full(window.shape, IGNORED, dtype=np.uint8)

    def provenance(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return values of `Provenance`."""
        return self.session.labels.provenance(window)

    def confidence(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return 255: no prediction is at hand."""
        return np.full(window.shape, IGNORED, dtype=np.uint8)

    def valid(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return where something was measured."""
        if self.scene is None:
            return np.ones(window.shape, dtype=np.bool_)
        return self.scene.valid(window)
