"""Regions of even looks as proposals, each with how distinct it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.engine.prompting.view_image import candidate_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prompts import Candidate
    from napari_rsseg.engine.prompting.view import PromptView

__all__ = ["proposed_regions"]

_MOST_SHARE = 0.6  # of the image
_MOST_REGIONS = 200  # of one division, the most distinct ones


def proposed_regions(
    view: PromptView,
    regions: npt.NDArray[np.integer],
    looks: npt.NDArray[np.float32],
    least_px: int,
) -> list[Candidate | None]:
    """Return the regions of one division of a view's image as masks of the scene.

    Parameters
    ----------
    view : PromptView
        The view.
    regions : ndarray, (h, w), int
        Which region each pixel belongs to.
    looks : ndarray, (h, w, C), float32
        What the division was made by.
    least_px : int
        Fewest pixels of a region.
    """
    from scipy import ndimage

    steps = np.zeros(regions.shape, np.float32)
    steps[:, 1:] = np.linalg.norm(np.diff(looks, axis=1), axis=-1)
    steps[1:] = np.maximum(steps[1:], np.linalg.norm(np.diff(looks, axis=0), axis=-1))
    found = []
    for index, places in enumerate(ndimage.find_objects(regions + 1)):
        mask = regions[places] == index
        if least_px <= mask.sum() <= _MOST_SHARE * regions.size:
            found.append((_distinctness(mask, steps[places]), places, mask))
    found.sort(key=lambda each: -each[0])
    made = []
    for distinctness, places, mask in found[:_MOST_REGIONS]:
        soft = np.full(regions.shape, -1.0, np.float32)
        soft[places][mask] = 1.0
        made.append(candidate_of(view, soft, distinctness))
    return made


def _distinctness(mask: npt.NDArray[np.bool_], steps: npt.NDArray[np.float32]) -> float:
    """Return how much of the change of looks in a region lies on its edge, 0 to 1."""
    from scipy import ndimage

    edge = mask & ~ndimage.binary_erosion(mask)
    inner = mask & ~edge
    across = float(steps[edge].mean())
    within = float(steps[inner].mean()) if inner.any() else 0.0
    return across / (across + within + 1e-6)
