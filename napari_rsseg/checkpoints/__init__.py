"""Strangers' weight files, read as data."""

from __future__ import annotations

from napari_rsseg.checkpoints.mapping import (
    from_published,
    ktda_decays,
    ktda_key,
    ktda_teacher_key,
    mobile_sam_key,
)
from napari_rsseg.checkpoints.reading import Checkpoint, read_checkpoint, read_tensors
from napari_rsseg.checkpoints.recognised import RecognisedNetwork
from napari_rsseg.checkpoints.recognition import recognise
from napari_rsseg.checkpoints.st_dasegnet import from_st_dasegnet, st_dasegnet_key, to_st_dasegnet

__all__ = [
    "Checkpoint",
    "RecognisedNetwork",
    "from_published",
    "from_st_dasegnet",
    "ktda_decays",
    "ktda_key",
    "ktda_teacher_key",
    "mobile_sam_key",
    "read_checkpoint",
    "read_tensors",
    "recognise",
    "st_dasegnet_key",
    "to_st_dasegnet",
]
