"""What this package uses of segment-anything; the one module that imports it."""

from __future__ import annotations

from napari_rsseg.models.torchvision_operators import ensure_torchvision

ensure_torchvision()  # segment-anything imports torchvision

from segment_anything.modeling import ImageEncoderViT, MaskDecoder, TwoWayTransformer  # noqa: E402
from segment_anything.modeling.common import LayerNorm2d  # noqa: E402
from segment_anything.modeling.prompt_encoder import PositionEmbeddingRandom  # noqa: E402

__all__ = ["ImageEncoderViT", "LayerNorm2d", "MaskDecoder", "PositionEmbeddingRandom", "TwoWayTransformer"]
