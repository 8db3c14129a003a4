"""One crop on its way to the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Sample", "Transform"]


@dataclass(frozen=True)
class Sample:
    """A crop and its labels.

    Attributes
    ----------
    image : ndarray, (C, H, W), float32, 0 to 1
        Display values.
    labels : ndarray, (H, W), uint8
        Class ids, ids of class groups, or 255.
    """

    image: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.image.shape[1:] != self.labels.shape:
            raise ValueError(f"image of {self.image.shape} and labels of {self.labels.shape} do not fit")


class Transform(Protocol):
    """Maps a sample to a new one, with all chance taken from the generator."""

    def __call__(self, sample: Sample, generator: np.random.Generator) -> Sample:
        """Return the transformed sample; the given one stays as it is."""
        ...
