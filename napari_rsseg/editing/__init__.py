"""Corrections as operations: journalled before they count, undone in scene coordinates."""

from __future__ import annotations

from napari_rsseg.editing.operation import Operation

__all__ = ["Operation"]
