"""A network that looks at each pixel alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from napari_rsseg.models import SegmentationNetwork

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

__all__ = ["PixelNetwork", "PixelNetworkArchitecture", "make"]


class PixelNetworkArchitecture(BaseModel):
    """Arguments of `PixelNetwork`: number of classes, of bands, and of hidden channels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: Annotated[int, Field(ge=2, le=255)]
    bands: Annotated[int, Field(ge=1, le=64)] = 3
    width: Annotated[int, Field(ge=1, le=256)] = 16


class PixelNetwork(SegmentationNetwork):
    """Two 1x1 convolutions."""

    stride_px = 1

    def __init__(self, architecture: PixelNetworkArchitecture) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(architecture.bands, architecture.width, 1),
            nn.ReLU(),
            nn.Conv2d(architecture.width, architecture.classes, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) to logits (B, K, H, W)."""
        logits: Tensor = self.layers(images)
        return logits


def make(architecture: Mapping[str, JsonValue]) -> PixelNetwork:
    """Make the network that a card describes; pydantic's errors become a sentence for the user."""
    return PixelNetwork(PixelNetworkArchitecture.model_validate(architecture))
