"""Labels that are drawn into an array before they are taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_rsseg.scenes.scene import Georeference

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.scenes.windows import Window

__all__ = ["ArrayLabels"]


@dataclass(frozen=True, eq=False)
class ArrayLabels:
    """Class ids of one image, checked while they were drawn.

    Attributes
    ----------
    ids : ndarray, (height, width), uint8
        255 where nothing is said.
    georeference : Georeference
        Place on the map.
    """

    ids: npt.NDArray[np.uint8]
    georeference: Georeference = field(default_factory=Georeference)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.ids.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.ids.shape[1])

    def check(self) -> None:
        """Every pixel was looked at already."""

    def read(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return the ids of a window."""
        return self.ids[window.slices]
