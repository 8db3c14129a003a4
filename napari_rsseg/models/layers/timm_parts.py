"""What this package uses of timm; the one module that imports it."""

from __future__ import annotations

from napari_rsseg.models.torchvision_operators import ensure_torchvision

ensure_torchvision()  # timm imports torchvision

from timm import create_model  # noqa: E402
from timm.layers.norm import LayerNorm2d  # noqa: E402
from timm.models import is_model_in_modules  # noqa: E402
from timm.models.convnext import ConvNeXt  # noqa: E402
from timm.models.vision_transformer import Block, VisionTransformer  # noqa: E402
from timm.models.vision_transformer import checkpoint_filter_fn as convert_vision_transformer  # noqa: E402

__all__ = [
    "Block",
    "ConvNeXt",
    "LayerNorm2d",
    "VisionTransformer",
    "convert_vision_transformer",
    "create_model",
    "is_vision_transformer",
]


def is_vision_transformer(name: str) -> bool:
    """Return whether timm has a plain vision transformer of that name; a pretraining's tag may follow."""
    return bool(is_model_in_modules(name, ("vision_transformer",)))
