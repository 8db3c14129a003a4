"""Labels of one scene as they stand on screen, told apart from what the model said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme

__all__ = ["Labelling"]


class Labelling:
    """Arrays behind a label layer and its confidence layer.

    A pixel is edited where its label is another one than the model's; undoing an edit makes it the model's
    again, whatever way it was undone.

    Parameters
    ----------
    scheme : Scheme
        Classes of the labels.
    height, width : int
        Size in pixels.

    Attributes
    ----------
    labels, predicted, confidence : ndarray, (height, width), uint8
        What is shown and painted on; what the model said; round(250 * p). 255 where nothing is said.
    key : str
        Name of the stored prediction that is shown; empty before the first.
    tags : dict
        What made it: model, digest, radiometry, device, precision.
    """

    def __init__(self, scheme: Scheme, height: int, width: int) -> None:
        self.scheme = scheme
        self.key = ""
        self.tags: dict[str, str] = {}
        self.labels: npt.NDArray[np.uint8] = np.full((height, width), IGNORED, dtype=np.uint8)
        self.predicted: npt.NDArray[np.uint8] = np.full((height, width), IGNORED, dtype=np.uint8)
        self.confidence: npt.NDArray[np.uint8] = np.full((height, width), IGNORED, dtype=np.uint8)

    @property
    def window(self) -> Window:
        """The whole of it."""
        return Window.of(*self.labels.shape)

    def edited(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return where labels are not the model's, (height, width) of the window."""
        return np.not_equal(self.labels[window.slices], self.predicted[window.slices])

    def count_edited(self, window: Window) -> int:
        """Return the number of edited pixels in a window."""
        return int(np.count_nonzero(self.edited(window.intersection(self.window))))

    def write(
        self,
        window: Window,
        labels: npt.NDArray[np.uint8],
        confidence: npt.NDArray[np.uint8],
        *,
        keep_edits: bool,
    ) -> None:
        """Take in what the model says of a window.

        Parameters
        ----------
        window : Window
            Must lie inside.
        labels, confidence : ndarray, (height, width) of the window, uint8
            As stored; 255 where nothing is said.
        keep_edits : bool
            Whether edited pixels keep their label.
        """
        shown = self.labels[window.slices]
        if keep_edits:
            np.copyto(shown, labels, where=~self.edited(window))
        else:
            shown[...] = labels
        self.predicted[window.slices] = labels
        self.confidence[window.slices] = confidence

    def forget_prediction(self, *, keep_edits: bool) -> None:
        """Clear what a model said, so that another one's result is never taken for it."""
        if keep_edits:
            self.labels[~self.edited(self.window)] = IGNORED
        else:
            self.labels[...] = IGNORED
        self.predicted[...] = IGNORED
        self.confidence[...] = IGNORED
