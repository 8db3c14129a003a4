"""Pixels with bands, validity, radiometry and a place on the map."""

from napari_rsseg.scenes.opening import open_reference, open_scene, reopened
from napari_rsseg.scenes.radiometry import Radiometry
from napari_rsseg.scenes.reading import read_values
from napari_rsseg.scenes.scene import (
    BAND_ROLES,
    Band,
    BandRole,
    Georeference,
    Level,
    Scene,
    SceneReference,
    band_indices,
)
from napari_rsseg.scenes.windows import Window

__all__ = [
    "BAND_ROLES",
    "Band",
    "BandRole",
    "Georeference",
    "Level",
    "Radiometry",
    "Scene",
    "SceneReference",
    "Window",
    "band_indices",
    "open_reference",
    "open_scene",
    "read_values",
    "reopened",
]
