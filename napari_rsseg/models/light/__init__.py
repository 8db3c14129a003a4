"""Networks small enough for a laptop without an accelerator."""

from __future__ import annotations

from napari_rsseg.models.light.atl_light import AtlLight, AtlLightArchitecture
from napari_rsseg.models.light.ktda_light import KtdaLight, KtdaLightArchitecture
from napari_rsseg.models.light.unet import UNet, UNetArchitecture

__all__ = [
    "AtlLight",
    "AtlLightArchitecture",
    "KtdaLight",
    "KtdaLightArchitecture",
    "UNet",
    "UNetArchitecture",
]
