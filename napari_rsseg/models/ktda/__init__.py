"""KTDA: student, feature alignment and modulation, distillation teacher."""

from __future__ import annotations

from napari_rsseg.models.ktda.alignment import FeatureAlignment
from napari_rsseg.models.ktda.modulation import Bottleneck, FeatureModulation, attention_block

__all__ = ["Bottleneck", "FeatureAlignment", "FeatureModulation", "attention_block"]
