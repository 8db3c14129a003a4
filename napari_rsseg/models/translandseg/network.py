"""TransLandSeg: landslides by SAM's encoder with adaptive transfer learning and SAM's decoder unprompted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_rsseg.errors import ModelError
from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.layers.sam_parts import MaskDecoder, PositionEmbeddingRandom, TwoWayTransformer
from napari_rsseg.models.layers.unprompted import unprompted_masks
from napari_rsseg.models.network import SegmentationNetwork
from napari_rsseg.models.translandseg.encoder import PromptedEncoder

if TYPE_CHECKING:
    from napari_rsseg.models.translandseg.architecture import TransLandSegArchitecture

__all__ = ["TransLandSeg"]


class TransLandSeg(SegmentationNetwork):
    """Segments one class against the background (arXiv 2403.10127), keys as published.

    SAM's own part of the encoder does not train. The positional matrix and ``no_mask_embed`` belong to the
    weights: a decoder trained with one set works with no other.

    Parameters
    ----------
    architecture : TransLandSegArchitecture
        Sizes and variant.
    """

    def __init__(self, architecture: TransLandSegArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.stride_px = architecture.inp_size
        width = architecture.prompt_embed_dim
        self.image_encoder = PromptedEncoder(architecture)
        self.mask_decoder = MaskDecoder(
            transformer_dim=width,
            transformer=TwoWayTransformer(depth=2, embedding_dim=width, num_heads=8, mlp_dim=2048),
        )
        self.pe_layer = PositionEmbeddingRandom(width // 2)
        self.no_mask_embed = nn.Embedding(1, width)
        for name, parameter in self.image_encoder.named_parameters():
            parameter.requires_grad_("prompt_generator" in name or "Space_Adapter" in name)

    def decode(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Run the decoder without prompts.

        Parameters
        ----------
        embedding : Tensor, (B, C, n, n)
            Of the encoder.

        Returns
        -------
        low_res : Tensor, (B, 1, 4n, 4n)
            Logits of mask 0.
        quality : Tensor, (B, 1)
            Predicted quality of the mask; not trained by the published recipe.
        """
        grid = (embedding.shape[-2], embedding.shape[-1])
        positions = self.pe_layer(grid).unsqueeze(0)
        return unprompted_masks(self.mask_decoder, embedding, positions, self.no_mask_embed.weight)

    def mask_logits(self, images: Tensor) -> Tensor:
        """Map images (B, 3, S, S) to the published output, logits of the foreground (B, 1, S, S).

        Raises
        ------
        ModelError
            The images are not of the side the position table is made for.
        """
        side = self.architecture.inp_size
        if images.shape[-2:] != (side, side):
            raise ModelError(
                f"TransLandSeg got an image of {images.shape[-2]} x {images.shape[-1]} px.",
                f"Feed tiles of {side} x {side} px.",
            )
        low_res, _ = self.decode(self.image_encoder(images))
        return resize(low_res, (side, side))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, S, S) to logits (B, 2, S, S): 0 for background, the mask's for the foreground.

        Softmax of the two is the published sigmoid of the one.
        """
        foreground = self.mask_logits(images)
        return torch.cat((torch.zeros_like(foreground), foreground), dim=1)
