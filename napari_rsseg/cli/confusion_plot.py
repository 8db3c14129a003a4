"""A picture of a confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.errors import OutputError
from napari_rsseg.scenes.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.metrics import ClassScores

__all__ = ["write_confusion_plot"]

_SUFFIXES = (".png", ".svg", ".pdf")
_DARK_SHARE = 0.55  # above it the cell is dark and its text white


def write_confusion_plot(path: Path, scores: ClassScores, scheme: Scheme, *, overwrite: bool) -> Path:
    """Draw shares of each true class, with pixels beneath, to a picture whose suffix names its format.

    Raises
    ------
    OutputError
        When the suffix is no picture's, the file exists and may not be replaced, or it cannot be written.
    """
    from matplotlib.figure import Figure

    if path.suffix.lower() not in _SUFFIXES:
        raise OutputError(f"{path} is not the name of a picture.", f"End it in {', '.join(_SUFFIXES)}.")
    labelled = scores.confusion.sum(axis=1, keepdims=True)
    shares = scores.confusion / np.maximum(labelled, 1)
    side = 2.2 + 0.95 * len(scheme.names)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained", dpi=150)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for (row, column), share in np.ndenumerate(shares):
        text = f"{share:.1%}\n{scores.confusion[row, column]:,}" if labelled[row, 0] else "-"
        colour = "white" if share > _DARK_SHARE else "black"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    ticks = range(len(scheme.names))
    axes.set_xticks(ticks, scheme.names, rotation=30, ha="right")
    axes.set_yticks(ticks, scheme.names)
    axes.set(xlabel="predicted", ylabel="true", title=f"{scheme.name}: mean IoU {scores.mean_iou:.3f}")
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    with replacing(path, overwrite=overwrite) as part:
        figure.savefig(part)
    return path
