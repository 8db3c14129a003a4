"""What this package uses of transformers; the one module that imports it."""

from __future__ import annotations

from napari_rsseg.models.torchvision_operators import ensure_torchvision

ensure_torchvision()  # transformers imports torchvision where it finds it

from transformers import SegformerConfig, SegformerModel  # noqa: E402

__all__ = ["SegformerConfig", "SegformerModel"]
