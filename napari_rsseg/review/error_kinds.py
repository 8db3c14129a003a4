"""Which mistakes a prediction makes, told by what people corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ErrorKinds", "error_kinds"]


@dataclass(frozen=True)
class ErrorKinds:
    """Wrong pixels by kind.

    Attributes
    ----------
    missed : int
        A class was there, and the prediction said background.
    false : int
        The prediction said a class where there is background.
    confused : int
        One class was taken for another.
    outline : int
        Of all these, those within two pixels of a true outline: right object, loose border.
    """

    missed: int = 0
    false: int = 0
    confused: int = 0
    outline: int = 0

    @property
    def total(self) -> int:
        """All wrong pixels."""
        return self.missed + self.false + self.confused

    def __add__(self, other: ErrorKinds) -> ErrorKinds:
        return ErrorKinds(
            self.missed + other.missed,
            self.false + other.false,
            self.confused + other.confused,
            self.outline + other.outline,
        )


def error_kinds(
    truth: npt.NDArray[np.uint8], prediction: npt.NDArray[np.uint8], background: tuple[int, ...]
) -> ErrorKinds:
    """Count wrong pixels by kind.

    Parameters
    ----------
    truth, prediction : ndarray, (H, W), uint8
        Class ids; 255 in either is not counted.
    background : tuple of int
        Ids of background classes; without any, every error is a confusion.
    """
    from scipy import ndimage

    wrong = (truth != prediction) & (truth != IGNORED) & (prediction != IGNORED)
    empty = np.isin(truth, background)
    unseen = np.isin(prediction, background)
    low = ndimage.minimum_filter(truth, size=5, mode="nearest")
    high = ndimage.maximum_filter(truth, size=5, mode="nearest")
    return ErrorKinds(
        missed=int((wrong & ~empty & unseen).sum()),
        false=int((wrong & empty & ~unseen).sum()),
        confused=int((wrong & (empty == unseen)).sum()),
        outline=int((wrong & (low != high)).sum()),
    )
