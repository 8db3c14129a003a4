"""Strangers' weight files, read as data."""

from __future__ import annotations

from napari_rsseg.checkpoints.mapping import (
    from_published,
    ktda_decays,
    ktda_key,
    ktda_teacher_key,
    mobile_sam_key,
    sam_key,
)
from napari_rsseg.checkpoints.reading import Checkpoint, read_checkpoint, read_tensors
from napari_rsseg.checkpoints.recognised import RecognisedNetwork
from napari_rsseg.checkpoints.recognition import recognise
from napari_rsseg.checkpoints.st_dasegnet import from_st_dasegnet, st_dasegnet_key, to_st_dasegnet
from napari_rsseg.checkpoints.taking import TakenIn, check_fit, take_in

__all__ = [
    "Checkpoint",
    "RecognisedNetwork",
    "TakenIn",
    "check_fit",
    "from_published",
    "from_st_dasegnet",
    "ktda_decays",
    "ktda_key",
    "ktda_teacher_key",
    "mobile_sam_key",
    "read_checkpoint",
    "read_tensors",
    "recognise",
    "sam_key",
    "st_dasegnet_key",
    "take_in",
    "to_st_dasegnet",
]
