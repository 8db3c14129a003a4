"""A mask into a label layer, as one step of its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.world import layer_of_plugin

if TYPE_CHECKING:
    import numpy.typing as npt
    from napari.layers import Labels

__all__ = ["write_class"]


def write_class(layer: Labels, window: Window, mask: npt.NDArray[np.bool_], class_id: int) -> int:
    """Give pixels of a scene a class, where the layer reaches them.

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
        Number of pixels that the layer reaches.
    """
    known = layer_of_plugin(layer)
    assert known is not None  # labels of this plugin
    scene_affine = known.world.placement(known.scene)["affine"]
    shift = np.linalg.inv(scene_affine) @ np.asarray(layer.affine.affine_matrix)[-3:, -3:]
    row, column = (int(value) for value in np.rint(shift[:2, 2]))
    reach = Window.of(*layer.data.shape).shifted(row, column)
    inside = window.intersection(reach)
    if inside.is_empty:
        return 0
    rows, columns = np.nonzero(mask[inside.within(window).slices])
    layer.data_setitem((rows + inside.row_start - row, columns + inside.column_start - column), class_id)
    return len(rows)
