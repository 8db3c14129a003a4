"""What a model's encoder sees in windows of a scene, for orders of review; worker side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from napari_rsseg.engine.feature_task import CELLS
from napari_rsseg.engine.prompting.view import view_of
from napari_rsseg.engine.prompting.view_image import read_view

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.feature_task import FeatureTask
    from napari_rsseg.engine.prompting.student_features import StudentFeatures
    from napari_rsseg.scenes.scene import Scene

__all__ = ["features_of_windows", "pooled"]


def features_of_windows(
    task: FeatureTask, scene: Scene, features: StudentFeatures
) -> npt.NDArray[np.float16]:
    """Return the features of each window's cells, (N, CELLS * CELLS, D), rows of cells first."""
    found = []
    for window in task.windows:
        image = read_view(scene, view_of(scene, window, task.segmenter))
        found.append(pooled(features.levels(image)[1:-1], (CELLS, CELLS)))
    return np.stack(found)


def pooled(levels: list[npt.NDArray[np.float32]], grid: tuple[int, int]) -> npt.NDArray[np.float16]:
    """Return the means of feature maps (C, h, w) over cells, side by side, (cells, sum of C)."""
    parts = []
    for level in levels:
        tensor = torch.from_numpy(level)[None]
        parts.append(functional.adaptive_avg_pool2d(tensor, grid)[0].flatten(1).T.numpy())
    return np.concatenate(parts, axis=1).astype(np.float16)
