"""KTDA: student, feature alignment and modulation, distillation teacher."""

from __future__ import annotations

from napari_rsseg.models.ktda.alignment import FeatureAlignment
from napari_rsseg.models.ktda.architecture import KtdaArchitecture, TeacherWords
from napari_rsseg.models.ktda.inference import evaluate_images
from napari_rsseg.models.ktda.modulation import Bottleneck, FeatureModulation, attention_block
from napari_rsseg.models.ktda.network import Ktda, KtdaFeatures
from napari_rsseg.models.ktda.positions import resize_positions
from napari_rsseg.models.ktda.teacher import Teacher

__all__ = [
    "Bottleneck",
    "FeatureAlignment",
    "FeatureModulation",
    "Ktda",
    "KtdaArchitecture",
    "KtdaFeatures",
    "Teacher",
    "TeacherWords",
    "attention_block",
    "evaluate_images",
    "resize_positions",
]
