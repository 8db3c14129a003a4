"""What tools read: labels, who says them, how sure the model was, and where anything was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from napari_rsseg.errors import SceneError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.scenes.windows import Window

__all__ = ["FULL_CONFIDENCE", "Ground", "Seen"]

FULL_CONFIDENCE = 250
"""Stored confidence of a model that is certain; 255 where it said nothing."""


class Ground(Protocol):
    """The part of a scene's labels that can be changed now; each answer is (height, width) of the window."""

    @property
    def extent(self) -> Window:
        """Pixels that tools may read and change."""
        ...

    def labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids, 255 where nothing is said."""
        ...

    def predicted(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return what the model said, 255 where it said nothing."""
        ...

    def provenance(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return values of `Provenance`."""
        ...

    def confidence(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return round(250 * p) of the model, 255 where it said nothing."""
        ...

    def valid(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return where something was measured."""
        ...


@dataclass(frozen=True, eq=False)
class Seen:
    """The picture of a part of a scene, as a screen shows it.

    Parameters
    ----------
    window : Window
        Which part, in pixels of the scene.
    image : ndarray, (height, width, 3) of the window, float32
        Red, green and blue, 0 to 1.

    Raises
    ------
    SceneError
        When the image is not of the window's size.
    """

    window: Window
    image: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.image.shape != (*self.window.shape, 3):
            raise SceneError(
                f"A picture of window {self.window} came as an array of {self.image.shape}.",
                f"Give an array of {(*self.window.shape, 3)}.",
            )
