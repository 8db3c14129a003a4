"""Strangers' weight files, read as data."""

from __future__ import annotations

from napari_rsseg.checkpoints.mapping import (
    from_published,
    ktda_decays,
    ktda_key,
    ktda_teacher_key,
    mobile_sam_key,
)
from napari_rsseg.checkpoints.reading import read_tensors

__all__ = ["from_published", "ktda_decays", "ktda_key", "ktda_teacher_key", "mobile_sam_key", "read_tensors"]
