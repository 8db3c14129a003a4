"""Networks small enough for a laptop without an accelerator."""

from __future__ import annotations

from napari_rsseg.models.light.ktda_light import KtdaLight, KtdaLightArchitecture
from napari_rsseg.models.light.unet import UNet, UNetArchitecture

__all__ = ["KtdaLight", "KtdaLightArchitecture", "UNet", "UNetArchitecture"]
