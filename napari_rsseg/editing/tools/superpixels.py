"""Small regions of even looks in the view, collected by clicks and drags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Seen
    from napari_rsseg.scenes.windows import Window

__all__ = ["SuperpixelKind", "Superpixels", "collected", "divide"]

SuperpixelKind = Literal["slic", "felzenszwalb"]
_COMPACTNESS = 10.0  # of SLIC in CIELAB, as its authors advise (Achanta et al. 2012)


@dataclass(frozen=True, eq=False)
class Superpixels:
    """A division of a view.

    Attributes
    ----------
    window : Window
        The view, in pixels of the scene.
    numbers : ndarray, (height, width) of the window, int
        Which region each pixel belongs to.
    """

    window: Window
    numbers: npt.NDArray[np.integer]


def divide(seen: Seen, kind: SuperpixelKind, size_px: int) -> Superpixels:
    """Divide a view into regions; takes a second per million pixels.

    Parameters
    ----------
    seen : Seen
        The view.
    kind : {"slic", "felzenszwalb"}
        Regions of even size (Achanta et al. 2012), or larger ones where the picture is even (Felzenszwalb
        and Huttenlocher 2004).
    size_px : int
        About how long and wide a region is.
    """
    from skimage.segmentation import felzenszwalb, slic

    height, width = seen.window.shape
    if kind == "slic":
        count = max(1, round(height * width / size_px**2))
        numbers = slic(seen.image, n_segments=count, compactness=_COMPACTNESS, start_label=0, channel_axis=-1)
    else:
        numbers = felzenszwalb(
            seen.image, scale=float(size_px), sigma=0.8, min_size=max(1, size_px**2 // 4), channel_axis=-1
        )
    return Superpixels(seen.window, numbers)


def collected(superpixels: Superpixels, path: npt.NDArray[np.float64], class_id: int) -> Operation | None:
    """Give all regions that a path crosses a class.

    Parameters
    ----------
    superpixels : Superpixels
        The division.
    path : ndarray, (n, 2), float
        Rows and columns where the pointer was, one for a click; straight lines lie between.
    class_id : int
        What the regions get.
    """
    window, numbers = superpixels.window, superpixels.numbers
    drawn = _drawn(path - (window.row_start, window.column_start), window.shape)
    if not drawn.any():
        return None
    where = np.isin(numbers, np.unique(numbers[drawn]))
    return trimmed("superpixels", window, where, class_id)


def _drawn(path: npt.NDArray[np.float64], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return the pixels of straight lines through places, as far as they lie in an array of this shape."""
    from skimage.draw import line

    places = np.rint(path).astype(int)
    drawn = np.zeros(shape, dtype=bool)
    for begin, end in zip(places, [*places[1:], places[-1]], strict=True):
        rows, columns = line(*begin, *end)
        inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
        drawn[rows[inside], columns[inside]] = True
    return drawn
