"""The chips of a scene put together again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.exports.pictures import mask_of, said_by
from napari_rsseg.datasets.splitting import SPLITS
from napari_rsseg.scenes.scene import Georeference

if TYPE_CHECKING:
    from napari_rsseg.datasets.chips import Chip
    from napari_rsseg.datasets.version import Version
    from napari_rsseg.scenes.windows import Window

__all__ = ["SceneMosaic", "Statement", "mosaics"]

_KEPT_CHIPS = 64
_NOTHING = -1


@dataclass(frozen=True)
class Statement:
    """What is said of a pixel, and by whom.

    Attributes
    ----------
    class_id : int
        Its class.
    provenance : int
        Where the label comes from.
    split : str
        Of its chip.
    actor : int
        Who said so, number in the card.
    """

    class_id: int
    provenance: int
    split: str
    actor: int

    @property
    def code(self) -> int:
        """The statement as one number."""
        parts = self.provenance + 8 * (SPLITS.index(self.split) + 4 * self.actor)
        return self.class_id + 256 * parts

    @classmethod
    def of_code(cls, code: int) -> Statement:
        """Return the statement of a number."""
        rest, class_id = divmod(code, 256)
        rest, provenance = divmod(rest, 8)
        actor, split = divmod(rest, 4)
        return cls(class_id, provenance, SPLITS[split], actor)


class SceneMosaic:
    """Labels of a version on the grid of one scene, 255 outside of its chips.

    Parameters
    ----------
    version : Version
        The version.
    scene : str
        Id of the scene.
    """

    def __init__(self, version: Version, scene: str) -> None:
        self.version, self.scene = version, scene
        self.source = version.sources[scene]
        self.chips = tuple(chip for chip in version.chips if chip.scene == scene)
        self._loaded = lru_cache(maxsize=_KEPT_CHIPS)(self._load)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.source["height"])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.source["width"])

    @property
    def georeference(self) -> Georeference:
        """Place on the map."""
        return Georeference(self.source["crs_wkt"], tuple(self.source["affine"]))

    def codes(self) -> set[int]:
        """Return the code of every statement that occurs."""
        return {int(code) for chip in self.chips for code in np.unique(self._loaded(chip))} - {_NOTHING}

    def statements(self, window: Window) -> npt.NDArray[np.int32]:
        """Return `Statement.code` of each pixel of a window, -1 where nothing is said."""
        joined = np.full(window.shape, _NOTHING, dtype=np.int32)
        for chip in self.chips:
            part = chip.window.intersection(window)
            if not part.is_empty:
                found = self._loaded(chip)[part.within(chip.window).slices]
                place = part.within(window).slices
                joined[place] = np.where(found != _NOTHING, found, joined[place])
        return joined

    def labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids of a window, 255 where nothing is said."""
        codes = self.statements(window)
        return np.where(codes == _NOTHING, IGNORED, codes % 256).astype(np.uint8)

    def _load(self, chip: Chip) -> npt.NDArray[np.int32]:
        labels = mask_of(self.version, chip).astype(np.int32)
        provenance, actor = said_by(self.version, chip).astype(np.int32)
        codes = labels + 256 * (provenance + 8 * (SPLITS.index(chip.split) + 4 * actor))
        return np.where(labels == IGNORED, _NOTHING, codes).astype(np.int32)


def mosaics(version: Version) -> tuple[SceneMosaic, ...]:
    """Return every scene of a version."""
    return tuple(SceneMosaic(version, scene) for scene in version.sources)
