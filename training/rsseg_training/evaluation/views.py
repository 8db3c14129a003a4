"""Ways to read a network's classes against a set's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from rsseg_training.evaluation.scoring import Reading
from rsseg_training.sampling import ANY_CLOUD, NO_CLOUD

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["View", "read_labels_as", "reading_of"]

View = Literal["classes", "any cloud"]

_CLOUDY = {0: 0, 1: 0, 2: 1, 3: 1, NO_CLOUD: 0, ANY_CLOUD: 1}


def reading_of(names: tuple[str, ...], view: View, temperature: float, threshold: float | None) -> Reading:
    """Return how logits are read for a view of a scheme's classes."""
    if view == "any cloud":
        return Reading(("clear", "cloud"), temperature, groups=((0, 1), (2, 3)))
    return Reading(names, temperature, threshold)


def read_labels_as(view: View, labels: npt.NDArray[np.uint8], dataset: str) -> npt.NDArray[np.uint8]:
    """Return a set's labels in the ids of a view; other ids become 255.

    Parameters
    ----------
    view : {"classes", "any cloud"}
        What is compared.
    labels : ndarray, (H, W), uint8
        Of the set.
    dataset : str
        Its name, for messages.
    """
    table = np.full(256, IGNORED, dtype=np.uint8)
    if view == "any cloud":
        for label, meaning in _CLOUDY.items():
            table[label] = meaning
    else:
        if ((labels == NO_CLOUD) | (labels == ANY_CLOUD)).any():
            raise ValueError(f"{dataset} has two classes only; read it as any cloud")
        table[:NO_CLOUD] = np.arange(NO_CLOUD)
    read: npt.NDArray[np.uint8] = table[labels]
    return read
