"""Scenes of File > Open Sample: the synthetic one, and real ones where ``RSSEG_DATA`` holds them."""

from __future__ import annotations

from typing import Any

from napari_rsseg.errors import SceneError
from napari_rsseg.settings import data_folder
from napari_rsseg.viewer.reader import read_scenes

__all__ = [
    "REAL_SAMPLES",
    "SYNTHETIC_URI",
    "chiapas",
    "hokkaido",
    "long_island",
    "mountain_road",
    "north_carolina",
    "prairie",
    "synthetic_scene",
]

SYNTHETIC_URI = "synthetic:size=1024,seed=0"

REAL_SAMPLES: dict[str, str] = {
    "hokkaido": "landslide/hokkaido_s2_weak/s2_iburi_post_event.tif",
    "north_carolina": "scenes/s2b_20181013_north_carolina_b02_b03_b04_b08.tif",
    "long_island": "scenes/landsat8_lc80130312015295_120m_10band_u16.tif",
    "chiapas": "scenes/landsat7_le70220491999322_30m_8band_i16.tif",
    "prairie": "scenes/naip_m_4709963_se_20180716_5m_rgbn.tif",
    "mountain_road": "scenes/uav_road_landslide_2048.tif",
}
"""Files of the real samples below the data folder."""

Layers = list[tuple[Any, dict[str, Any], str]]


def _real(key: str) -> Layers:
    path = data_folder() / REAL_SAMPLES[key]
    if not path.is_file():
        raise SceneError(
            f"The sample {path.name} is not on this computer ({path} does not exist).",
            "Set RSSEG_DATA to the folder of the labelled sets, or open the synthetic sample.",
        )
    return read_scenes(str(path))


def synthetic_scene() -> Layers:
    """Open the synthetic scene, 1024 x 1024 pixels."""
    return read_scenes(SYNTHETIC_URI)


def hokkaido() -> Layers:
    """Open the Sentinel-2 scene of landslides after an earthquake."""
    return _real("hokkaido")


def north_carolina() -> Layers:
    """Open the Sentinel-2 scene of barrier islands."""
    return _real("north_carolina")


def long_island() -> Layers:
    """Open the Landsat 8 scene with clouds and cirrus."""
    return _real("long_island")


def chiapas() -> Layers:
    """Open the Landsat 7 scene of signed numbers."""
    return _real("chiapas")


def prairie() -> Layers:
    """Open the aerial image of crops and grass."""
    return _real("prairie")


def mountain_road() -> Layers:
    """Open the drone image without a place on the map."""
    return _real("mountain_road")
