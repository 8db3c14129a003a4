"""ST-DASegNet: two students disentangled by a shared neck, discriminators and averaged teachers."""

from __future__ import annotations

from napari_rsseg.models.st_dasegnet.adaptation_parts import AdaptationParts
from napari_rsseg.models.st_dasegnet.architecture import (
    DiscriminatorWords,
    EmaWords,
    NeckWords,
    StDasegnetArchitecture,
)
from napari_rsseg.models.st_dasegnet.discriminator import Discriminator, spatial_softmax
from napari_rsseg.models.st_dasegnet.inference import evaluate_images
from napari_rsseg.models.st_dasegnet.neck import DisentanglingNeck, neck_unit
from napari_rsseg.models.st_dasegnet.network import BranchOutputs, StDasegnet

__all__ = [
    "AdaptationParts",
    "BranchOutputs",
    "Discriminator",
    "DiscriminatorWords",
    "DisentanglingNeck",
    "EmaWords",
    "NeckWords",
    "StDasegnet",
    "StDasegnetArchitecture",
    "evaluate_images",
    "neck_unit",
    "spatial_softmax",
]
