"""What this package uses of segment-anything; the one module that imports it."""

from __future__ import annotations

from napari_rsseg.models.torchvision_operators import ensure_torchvision

ensure_torchvision()  # segment-anything imports torchvision

from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer  # noqa: E402
from segment_anything.modeling.common import LayerNorm2d, MLPBlock  # noqa: E402
from segment_anything.modeling.image_encoder import (  # noqa: E402
    Attention,
    ImageEncoderViT,
    PatchEmbed,
    get_rel_pos,
    window_partition,
    window_unpartition,
)
from segment_anything.modeling.prompt_encoder import PositionEmbeddingRandom  # noqa: E402
from segment_anything.utils.amg import calculate_stability_score  # noqa: E402

__all__ = [
    "Attention",
    "ImageEncoderViT",
    "LayerNorm2d",
    "MLPBlock",
    "MaskDecoder",
    "PatchEmbed",
    "PositionEmbeddingRandom",
    "PromptEncoder",
    "TwoWayTransformer",
    "calculate_stability_score",
    "get_rel_pos",
    "window_partition",
    "window_unpartition",
]
