"""ST-DASegNet without teachers and discriminators: what runs at inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.layers.heads import SegformerHead
from napari_rsseg.models.network import SegmentationNetwork
from napari_rsseg.models.st_dasegnet.aspp_head import AsppHead
from napari_rsseg.models.st_dasegnet.backbones import backbone
from napari_rsseg.models.st_dasegnet.neck import DisentanglingNeck

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_rsseg.models.st_dasegnet.architecture import HeadWords, StDasegnetArchitecture

__all__ = ["BranchOutputs", "StDasegnet", "head"]


@dataclass(frozen=True)
class BranchOutputs:
    """What the source-style branch (s) and the target-style branch (t) see in one batch of images.

    Attributes
    ----------
    features_s, features_t : list of Tensor, (B, C_i, h_i, w_i) each
        Of the backbones, finest first; the discriminators look at the deepest.
    neck_s, neck_t : list of Tensor
        After the neck.
    logits_s, logits_t : Tensor, (B, K, h_0, w_0)
        Of the heads, at a quarter of the size.
    """

    features_s: list[Tensor]
    features_t: list[Tensor]
    neck_s: list[Tensor]
    neck_t: list[Tensor]
    logits_s: Tensor
    logits_t: Tensor


class StDasegnet(SegmentationNetwork):
    """Two students, one neck; the mean of both logit maps is the answer (arXiv 2301.05526).

    Parameters
    ----------
    architecture : StDasegnetArchitecture
        All parts; what training adds is not held here, see `AdaptationParts`.
    """

    stride_px = 32

    def __init__(self, architecture: StDasegnetArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone_s = backbone(architecture.backbone)
        self.backbone_t = backbone(architecture.backbone)
        self.decode_head_s = head(architecture.head)
        self.decode_head_t = head(architecture.head)
        self.dsk_neck = DisentanglingNeck(architecture.neck)

    def branches(self, images: Tensor) -> BranchOutputs:
        """Run both branches on images (B, 3, H, W)."""
        features_s, features_t = self.backbone_s(images), self.backbone_t(images)
        neck_s, neck_t = self.dsk_neck(features_s, features_t)
        return BranchOutputs(
            features_s, features_t, neck_s, neck_t, self.decode_head_s(neck_s), self.decode_head_t(neck_t)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W), normalised, of either domain, to logits (B, K, H, W).

        The mean is over logits, before the resize, as published.
        """
        seen = self.branches(images)
        return resize((seen.logits_s + seen.logits_t) / 2, (images.shape[-2], images.shape[-1]))


def head(words: HeadWords) -> nn.Module:
    """Make a head with initial weights: the neck's levels to logits at the size of the finest."""
    if words.kind == "sep_aspp":
        return AsppHead(words)
    return SegformerHead(words.in_channels, words.channels, words.num_classes, dropout=words.dropout)
