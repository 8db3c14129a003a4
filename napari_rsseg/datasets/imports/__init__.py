"""Labelled sets of other programs, one file per layout."""

from __future__ import annotations

from napari_rsseg.datasets.imports.layouts import FoundSet, find_labelled

__all__ = ["FoundSet", "find_labelled"]
