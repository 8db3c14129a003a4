"""A mask into the labels of a layer, as one step of their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing import Operation
from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.viewer.writer import LABELLING_KEY

if TYPE_CHECKING:
    import numpy.typing as npt
    from napari.layers import Labels

    from napari_rsseg.scenes.windows import Window

__all__ = ["write_class"]


def write_class(layer: Labels, window: Window, mask: npt.NDArray[np.bool_], class_id: int) -> int:
    """Give pixels of a scene a class, whether the layer reaches them or not.

    Parameters
    ----------
    layer : Labels
        Labels of this plugin: of a whole scene, or the edit window of a large one.
    window : Window
        A part of the scene, in pixels.
    mask : ndarray, (height, width) of the window, bool
        Which of them.
    class_id : int
        What they get.

    Returns
    -------
    int
        Number of these pixels that lie in the scene.

    Raises
    ------
    RssegError
        When the journal cannot be written; nothing is changed then.
    """
    labelling = layer.metadata[LABELLING_KEY]
    assert isinstance(labelling, Labelling)  # labels of this plugin
    inside = window.intersection(labelling.window)
    part = mask[inside.within(window).slices]
    labelling.paint(Operation("prompt", inside, part, class_id))
    return int(np.count_nonzero(part))
