"""What a person says without painting: agreed, or not to be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.polygon import polygon
from napari_rsseg.editing.tools.trimming import trimmed
from napari_rsseg.project import Provenance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground
    from napari_rsseg.scenes.windows import Window

__all__ = ["accept_rest", "mark_ignored"]


def accept_rest(ground: Ground, window: Window) -> Operation | None:
    """Agree with all that a model says in a window and nobody changed; no label changes.

    Parameters
    ----------
    ground : Ground
        Labels and who says them.
    window : Window
        What the person looked at.
    """
    window = window.intersection(ground.extent)
    if window.is_empty:
        return None
    predicted = ground.provenance(window) == Provenance.PREDICTED
    said = predicted & (ground.labels(window) != IGNORED) & ground.valid(window)
    return trimmed("accept", window, said, None, Provenance.ACCEPTED)


def mark_ignored(vertices: npt.NDArray[np.float64], extent: Window) -> Operation | None:
    """Say of a drawn region that it counts neither for nor against any class (label 255).

    Parameters
    ----------
    vertices : ndarray, (n, 2), float
        Corners, rows and columns.
    extent : Window
        Pixels that can be changed.
    """
    return polygon(vertices, IGNORED, extent, tool="ignore")
