"""What a format reader offers: numbers of a window, at the levels that the file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.scenes.scene import Level
    from napari_rsseg.scenes.windows import Window

__all__ = ["PixelSource"]


class PixelSource(Protocol):
    """Numbers of one raster; thread-safe, decodes only what a window touches.

    Windows lie inside their level: the scene has checked them.
    """

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """One dtype for all bands."""
        ...

    @property
    def levels(self) -> tuple[Level, ...]:
        """Level 0 and the coarser ones."""
        ...

    def read(self, window: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return (len(bands), height, width)."""
        ...

    def mask(self, window: Window, level: int) -> npt.NDArray[np.bool_] | None:
        """Return where the file's mask band says valid, (height, width); None where it has no mask."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
