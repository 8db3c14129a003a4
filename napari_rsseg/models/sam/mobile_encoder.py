"""MobileSAM's image encoder: TinyViT-5M whose last two stages share a grid, and SAM's neck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from napari_rsseg.models.layers.sam_neck import sam_neck
from napari_rsseg.models.layers.timm_parts import create_model

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MobileSamEncoder"]


class MobileSamEncoder(nn.Module):
    """TinyViT-5M (Wu et al. 2022) as distilled from SAM's ViT-H by MobileSAM (Zhang et al. 2023, ``vit_t``).

    timm's network computes the same; published keys are `napari_rsseg.checkpoints.mobile_sam_key`'s. The
    third downsampling keeps its grid, so that both last stages are at stride 16 as SAM's neck expects.

    Attributes
    ----------
    side_px : int
        Side of the square image that the published weights were trained for.
    widths : tuple of int
        Channels of what `features` returns.
    """

    side_px = 1024
    widths = (128, 160, 256)

    def __init__(self) -> None:
        super().__init__()
        vit: Any = create_model("tiny_vit_5m_224", pretrained=False, num_classes=0)
        vit.stages[3].downsample.conv2.conv.stride = (1, 1)
        vit.head = nn.Identity()  # the published one names ImageNet's classes
        self.vit = vit
        self.neck = sam_neck(vit.num_features, self.widths[-1])
        nn.Module.register_load_state_dict_post_hook(self, _forget_biases)

    def features(self, images: Tensor) -> list[Tensor]:
        """Return what the attention stages see, finest first, the embedding last.

        Parameters
        ----------
        images : Tensor, (B, 3, side_px, side_px), float
            RGB after SAM's normalisation, which is ImageNet's.

        Returns
        -------
        list of Tensor
            (B, 128, 128, 128), (B, 160, 64, 64) and the embedding (B, 256, 64, 64).
        """
        levels = [self.vit.patch_embed(images)]
        for stage in self.vit.stages:
            levels.append(stage(levels[-1]))
        return [levels[2], levels[3], self.neck(levels[4])]

    def steps(self) -> list[Callable[[Tensor], Tensor]]:
        """Return what `forward` does, one part after the other."""
        return [self.vit.patch_embed, *self.vit.stages, self.neck]

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images (B, 3, side_px, side_px) to embeddings (B, 256, 64, 64)."""
        return self.features(images)[-1]


def _forget_biases(encoder: nn.Module, _: object) -> None:
    """Make timm drop the attention biases it keeps from before a load; entering training does."""
    mode = encoder.training
    encoder.train()
    encoder.train(mode)
