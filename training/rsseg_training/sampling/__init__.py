"""Labelled sets and how crops are drawn from them."""

from __future__ import annotations

from rsseg_training.sampling.chip import Chip
from rsseg_training.sampling.cloud import ANY_CLOUD, CLOUD_GROUPS, NO_CLOUD
from rsseg_training.sampling.draw import Batch, CropSampler, WeightedChips
from rsseg_training.sampling.sets import SETS, LabelledSet, read_set

__all__ = [
    "ANY_CLOUD",
    "CLOUD_GROUPS",
    "NO_CLOUD",
    "SETS",
    "Batch",
    "Chip",
    "CropSampler",
    "LabelledSet",
    "WeightedChips",
    "read_set",
]
