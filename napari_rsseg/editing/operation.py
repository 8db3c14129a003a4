"""What a hand or a tool wants changed: the only way in which labels change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.errors import SceneError
from napari_rsseg.project import Provenance

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.scenes.windows import Window

__all__ = ["Operation"]


@dataclass(frozen=True, eq=False)
class Operation:
    """A wish to change labels; nothing is changed before a session applies it.

    Parameters
    ----------
    tool : str
        What made it, as menus and history name it: ``brush``, ``fill``, ``accept`` …
    window : Window
        Box in pixels of the scene; the part outside the scene is dropped when it is applied.
    where : ndarray, (height, width) of the window, bool
        Pixels that change.
    labels : ndarray, (height, width) of the window, uint8, or int, or None
        New class ids (255: nothing said), one id for all, or None where labels stay and only their
        provenance changes.
    provenance : Provenance
        What the changed pixels become.

    Raises
    ------
    SceneError
        When the arrays are not of the window's size.
    """

    tool: str
    window: Window
    where: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.uint8] | int | None
    provenance: Provenance = Provenance.CORRECTED

    def __post_init__(self) -> None:
        shapes = {self.where.shape} | ({self.labels.shape} if isinstance(self.labels, np.ndarray) else set())
        if shapes != {self.window.shape}:
            raise SceneError(
                f"An operation on window {self.window} came with arrays of {sorted(shapes)}.",
                f"Give arrays of {self.window.shape}.",
            )
