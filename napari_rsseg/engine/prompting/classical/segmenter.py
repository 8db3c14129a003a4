"""Prompts answered without SAM: superpixels judged by colour, texture and a starter's features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.packing import PackedArray
from napari_rsseg.engine.prompting.classical.cues import middle_of_box
from napari_rsseg.engine.prompting.classical.image import Superpixels, describe
from napari_rsseg.engine.prompting.classical.judge import shipped_judge
from napari_rsseg.engine.prompting.classical.prompts import seeds_of
from napari_rsseg.engine.prompting.classical.regions import proposed_regions
from napari_rsseg.engine.prompting.classical.walker import walked
from napari_rsseg.engine.prompting.view_image import candidate_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.classical.cues import Seeds
    from napari_rsseg.engine.prompting.prepared_views import Prepared
    from napari_rsseg.engine.prompting.prompts import Candidate, Prompts
    from napari_rsseg.engine.prompting.student_features import StudentFeatures
    from napari_rsseg.engine.prompting.view import PromptView

__all__ = ["ClassicalSegmenter"]

_LIMITS = (0.02, 0.8)  # of the share above which a superpixel is shown
_BOX_TRUST = 0.35  # how far a box alone says where the object is
_MEMORY = 0.5  # how far a corrected mask stays what it was
_SAME = 0.95  # IoU above which two extents are one
_SCALES = (100.0, 300.0, 1000.0)  # of the regions looked for: of Felzenszwalb and Huttenlocher (2004)
_LEAST_PX, _LEAST_SHARE = 36, 0.001


class ClassicalSegmenter:
    """Superpixels (SLIC) of an image, and for each prompt a judgement of every one of them.

    Parameters
    ----------
    features : StudentFeatures or None
        A starter's network; None: colour and texture alone.
    """

    search_overlap = 0.7
    """Regions of one search that overlap more than this IoU show the same thing."""

    def __init__(self, features: StudentFeatures | None) -> None:
        self.features = features
        self._latest: Superpixels | None = None

    def prepare(self, image: npt.NDArray[np.uint8], is_called_off: Callable[[], bool]) -> Prepared:
        """Divide an image (h, w, 3) into superpixels and describe them.

        Raises
        ------
        Cancelled
            When it is called off between network and superpixels.
        """
        levels = None if self.features is None else self.features.levels(image)
        if is_called_off():
            raise Cancelled
        return describe(image, levels)

    def segment(self, prepared: Prepared, view: PromptView, prompts: Prompts) -> list[Candidate]:
        """Return up to three candidates: the extent of the highest expected IoU, a wider and a narrower one.

        Parts without a click are dropped afterwards, so a later one may have the higher quality; to put that
        one first was measured to be no better (mean IoU of one click 0.41 instead of 0.42).
        """
        image = self._image(prepared)
        seeds = seeds_of(image, view, prompts)
        shares = self.joined(image, self.judged(image, seeds), seeds)
        soft = _inside_box(image.spread(shares), seeds)
        earlier = PackedArray.of(shares)
        made: list[tuple[npt.NDArray[np.bool_], Candidate]] = []
        for level in _levels(image.shares_of(soft), image.arrays["areas"]):
            extent = _holding(soft - level, image.labels, seeds.inside)
            mask = extent > 0
            if any(_iou(mask, other) > _SAME for other, _ in made):
                continue
            candidate = candidate_of(view, extent, _expected_iou(soft, mask), logits=earlier)
            if candidate is not None:
                made.append((mask, candidate))
        return [candidate for _, candidate in made]

    def judged(self, image: Superpixels, seeds: Seeds) -> npt.NDArray[np.float32]:
        """Return how much each superpixel seems to belong to the object, (N,), 0 to 1."""
        return shipped_judge()(image, seeds)

    def joined(
        self, image: Superpixels, shares: npt.NDArray[np.float32], seeds: Seeds
    ) -> npt.NDArray[np.float32]:
        """Return what was judged (N,), made to hold together and to what was shown before, (N,), 0 to 1."""
        if seeds.box is not None:
            shares = (1 - _BOX_TRUST) * shares + _BOX_TRUST * middle_of_box(image, seeds.box)
        if seeds.earlier is not None:
            shares = (1 - _MEMORY) * shares + _MEMORY * seeds.earlier
        return walked(image, seeds.imposed_on(shares), seeds)

    def propose(
        self, prepared: Prepared, view: PromptView, is_called_off: Callable[[], bool]
    ) -> list[Candidate]:
        """Return the regions of even colour and features at three scales, the most distinct best.

        Raises
        ------
        Cancelled
            When it is called off between two scales.
        """
        from skimage.segmentation import felzenszwalb

        image = self._image(prepared)
        channels = [prepared["image"].astype(np.float32) / 255]
        if "middle" in prepared:
            channels.append(0.5 * prepared["middle"][:, :3][image.labels])
        looks = np.dstack(channels).astype(np.float32)
        found: list[Candidate | None] = []
        for scale in _SCALES:
            if is_called_off():
                raise Cancelled
            least = max(_LEAST_PX, int(_LEAST_SHARE * image.labels.size))
            regions = felzenszwalb(looks, scale=scale, sigma=0.8, min_size=least, channel_axis=-1)
            found += proposed_regions(view, np.asarray(regions), looks, least)
        return [candidate for candidate in found if candidate is not None]

    def _image(self, prepared: Prepared) -> Superpixels:
        """Return the superpixels, with what earlier prompts had computed of them."""
        latest = self._latest
        if latest is None or latest.arrays is not prepared:
            latest = self._latest = Superpixels(prepared)
        return latest


def _holding(
    soft: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], inside: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Return a soft mask without the parts that hold no positive seed, where there are seeds."""
    from scipy import ndimage

    if not inside.size:
        return soft
    parts, _ = ndimage.label(soft > 0)
    held = np.unique(parts[np.isin(labels, inside)])
    held = held[held > 0]
    if not held.size:
        return soft
    return np.where(np.isin(parts, held), soft, np.minimum(soft, -1e-3)).astype(np.float32)


def _iou(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))


def _levels(shares: npt.NDArray[np.float32], areas: npt.NDArray[np.float32]) -> tuple[float, float, float]:
    """Return the share above which the expected IoU is highest, and those of a wider and a narrower mask.

    Where shares (N,) are probabilities, the most probable superpixels have an expected IoU of about what they
    hold of the object over their areas (N,) and what the rest holds.
    """
    order = np.argsort(-shares)
    held = np.cumsum(shares[order] * areas[order], dtype=np.float64)
    expected = held / (np.cumsum(areas[order], dtype=np.float64) + held[-1] - held)
    best = float(np.clip(shares[order[int(expected.argmax())]], *_LIMITS))
    return best, best / 2, (1 + best) / 2


def _expected_iou(soft: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> float:
    if not mask.any():
        return 0.0
    return float(soft[mask].sum() / (mask.sum() + soft[~mask].sum()))


def _inside_box(soft: npt.NDArray[np.float32], seeds: Seeds) -> npt.NDArray[np.float32]:
    if seeds.box is None:
        return soft
    top, left, bottom, right = (round(side) for side in seeds.box)
    inside = np.zeros_like(soft)
    box = (slice(max(0, top), max(0, bottom + 1)), slice(max(0, left), max(0, right + 1)))
    inside[box] = soft[box]
    return inside
