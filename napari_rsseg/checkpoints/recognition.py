"""Which network a published file holds, told from its keys."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_rsseg.checkpoints.backbones import recognise_backbone
from napari_rsseg.checkpoints.known import nearest_words
from napari_rsseg.checkpoints.ktda import is_ktda, recognise_ktda
from napari_rsseg.checkpoints.sam import is_sam, recognise_sam
from napari_rsseg.checkpoints.st_dasegnet import is_st_dasegnet, recognise_st_dasegnet
from napari_rsseg.checkpoints.translandseg import is_translandseg, recognise_translandseg
from napari_rsseg.errors import CheckpointError

if TYPE_CHECKING:
    from napari_rsseg.checkpoints.reading import Checkpoint
    from napari_rsseg.checkpoints.recognised import RecognisedNetwork

__all__ = ["recognise"]

_NAMED = 6
"""Beginnings of keys that are named to a user whose file is not recognised."""


def recognise(checkpoint: Checkpoint) -> RecognisedNetwork:
    """Tell which network a file holds, and of which size.

    Parameters
    ----------
    checkpoint : Checkpoint
        Its tensors by published keys, see `families.published_form`.

    Raises
    ------
    CheckpointError
        It is none of the known ones, or lacks tensors that tell its size.
    """
    tensors = checkpoint.tensors
    try:
        if is_translandseg(tensors):
            return recognise_translandseg(tensors)
        if is_sam(tensors):
            return recognise_sam(tensors)
        if is_ktda(tensors):
            return recognise_ktda(tensors, checkpoint.config)
        if is_st_dasegnet(tensors):
            return recognise_st_dasegnet(tensors, checkpoint.config)
        backbone = recognise_backbone(tensors)
    except KeyError as error:
        raise CheckpointError(
            f"The weights lack {error.args[0]}, without which their network cannot be told.",
            "Take the whole file that the training program wrote.",
        ) from None
    if backbone is not None:
        return backbone
    beginnings = Counter(key.split(".")[0] for key in tensors)
    seen = ", ".join(f"{name} ({count})" for name, count in beginnings.most_common(_NAMED))
    raise CheckpointError(
        f"The weights are of no network known here: their keys begin with {seen}.{nearest_words(tensors)}",
        "Known are the files of KTDA, TransLandSeg, ST-DASegNet, SAM, MobileSAM, ConvNeXt, DINOv2 and MiT.",
    )
