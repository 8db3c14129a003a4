from __future__ import annotations

from typing import ClassVar

from napari_rsseg.models.contract import NetworkContract


class TestPixels(NetworkContract):
    family = "example-pixels"
    architecture: ClassVar = {"classes": 3, "bands": 4}
    bands = 4
    classes = 3
