"""What napari loads with its first layers, loaded while nobody waits."""

from __future__ import annotations

import numpy as np

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.viewer.layers import label_arguments

__all__ = ["warm_up"]


def warm_up() -> None:
    """Make layers that no viewer sees: the table and colour libraries load then, in seconds.

    For a background thread; it touches neither window nor graphics.
    """
    from napari.layers import Image, Labels
    from vispy.visuals.line.dash_atlas import DashAtlas

    DashAtlas()  # its patterns are computed once; the brush of every label layer draws with them

    Image(np.zeros((2, 2, 4), dtype=np.uint8), rgb=True)
    Labels(np.full((2, 2), IGNORED, dtype=np.uint8), **label_arguments(CLOUD))
