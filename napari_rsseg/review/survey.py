"""What is known of the windows of a queue before anybody looks at them: the ground of every order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.review.learning import WindowTraits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from napari_rsseg.review.evidence import WindowEvidence
    from napari_rsseg.review.misses import CellLabels
    from napari_rsseg.scenes.windows import Window

__all__ = ["SurveyedWindow", "traits_of"]


@dataclass(frozen=True, eq=False)
class SurveyedWindow:
    """A window, what the prediction says about it, and what the encoder sees in it.

    Attributes
    ----------
    id : int
        Its row in the catalogue.
    scene : str
        Id of its scene.
    window : Window
        Where.
    evidence : WindowEvidence
        What the prediction says.
    features : ndarray, (M, D), float16, or None
        Encoder features of its cells; None where no order asked for them.
    cells : CellLabels or None
        What is predicted in these cells.
    """

    id: int
    scene: str
    window: Window
    evidence: WindowEvidence
    features: npt.NDArray[np.float16] | None = None
    cells: CellLabels | None = None

    @property
    def look(self) -> npt.NDArray[np.float32]:
        """Mean features, (D,); of length 0 where there are none."""
        if self.features is None:
            return np.zeros(0, dtype=np.float32)
        mean: npt.NDArray[np.float32] = np.asarray(self.features, dtype=np.float32).mean(axis=0)
        return mean


def traits_of(windows: Sequence[SurveyedWindow]) -> WindowTraits:
    """Return what errors are learnt from."""
    evidence = [one.evidence for one in windows]
    numbers = {name: place for place, name in enumerate(dict.fromkeys(one.scene for one in windows))}
    return WindowTraits(
        doubt=np.array([one.doubt for one in evidence]),
        said=np.array(
            [[one.doubt, one.closeness, one.dispute, one.impurity, *one.classes] for one in evidence]
        ),
        looks=np.stack([one.look for one in windows]),
        scene=np.array([numbers[one.scene] for one in windows]),
        place=np.array(
            [
                [one.window.row_start / one.window.height, one.window.column_start / one.window.width]
                for one in windows
            ]
        ),
    )
