"""Objects too small to be mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.editing.tools.components import components
from napari_rsseg.editing.tools.surroundings import from_around
from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground
    from napari_rsseg.scenes.windows import Window

__all__ = ["drop_specks", "pixels_of_area"]


def pixels_of_area(area_m2: float, gsd_m: float | None) -> int:
    """Return how many pixels an area is, rounded up; where the ground size is unknown, the number itself."""
    pixel_m2 = 1.0 if gsd_m is None else gsd_m**2
    return max(0, -int(-area_m2 // pixel_m2))


def drop_specks(ground: Ground, window: Window, least_px: int) -> Operation | None:
    """Let objects smaller than a number of pixels become what lies around them; the preview is the result.

    Parameters
    ----------
    ground : Ground
        Labels; read as far beyond the window as such an object can reach.
    window : Window
        Where specks are looked for.
    least_px : int
        Size of the smallest object that stays.
    """
    window = window.intersection(ground.extent)
    if window.is_empty:
        return None
    outer = window.grown(least_px).intersection(ground.extent)
    labels = ground.labels(outer)
    numbers, sizes = components(labels)
    is_speck = sizes < least_px
    is_speck[0] = False
    specks = is_speck[numbers]
    new = from_around(labels, specks)
    inner = window.within(outer).slices
    return trimmed("drop specks", window, (specks & (new != labels))[inner], new[inner])
