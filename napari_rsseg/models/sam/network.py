"""SAM: masks from points, boxes and earlier masks on an image that was looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_rsseg.models.layers.sam_parts import MaskDecoder, PromptEncoder, TwoWayTransformer
from napari_rsseg.models.sam.mobile_encoder import MobileSamEncoder
from napari_rsseg.models.sam.vit_encoder import VitEncoder

if TYPE_CHECKING:
    from napari_rsseg.models.sam.architecture import SamArchitecture

__all__ = ["Sam", "SamPrompts"]

_STRIDE = 16


@dataclass(frozen=True)
class SamPrompts:
    """A batch of B prompts, in pixels (x, y) of the network's square image.

    Attributes
    ----------
    points : Tensor, (B, N, 2), or None
        Clicks.
    labels : Tensor, (B, N), or None
        1: on the object, 0: beside it, -1: no point at all.
    boxes : Tensor, (B, 4), or None
        x0, y0, x1, y1.
    masks : Tensor, (B, 1, 4n, 4n), or None
        Low-resolution logits of an earlier answer.
    """

    points: Tensor | None = None
    labels: Tensor | None = None
    boxes: Tensor | None = None
    masks: Tensor | None = None


class Sam(nn.Module):
    """Segments what prompts point at (Kirillov et al. 2023; MobileSAM: Zhang et al. 2023).

    Keys are the published ones, but for the inside of MobileSAM's encoder.

    Parameters
    ----------
    architecture : SamArchitecture
        Encoder and sizes.

    Attributes
    ----------
    side_px : int
        Side of the square image.
    """

    def __init__(self, architecture: SamArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.side_px = architecture.img_size
        width, grid = architecture.prompt_embed_dim, architecture.img_size // _STRIDE
        self.image_encoder: MobileSamEncoder | VitEncoder
        if architecture.encoder == "vit_t":
            self.image_encoder = MobileSamEncoder()
        else:
            self.image_encoder = VitEncoder(architecture.vit, self.side_px, width)
        self.prompt_encoder = PromptEncoder(
            embed_dim=width,
            image_embedding_size=(grid, grid),
            input_image_size=(self.side_px, self.side_px),
            mask_in_chans=architecture.mask_in_chans,
        )
        transformer = TwoWayTransformer(depth=2, embedding_dim=width, num_heads=8, mlp_dim=2048)
        self.mask_decoder = MaskDecoder(transformer_dim=width, transformer=transformer)

    def encode(self, images: Tensor) -> Tensor:
        """Map prepared images (B, 3, S, S) to embeddings (B, C, S / 16, S / 16)."""
        embedding: Tensor = self.image_encoder(images)
        return embedding

    def embed_prompts(self, prompts: SamPrompts) -> tuple[Tensor, Tensor]:
        """Return a batch of prompts as tokens (B, T, C) and as a map (B, C, S / 16, S / 16)."""
        points = None
        if prompts.points is not None:
            points = (prompts.points, prompts.labels)
        sparse, dense = self.prompt_encoder(points=points, boxes=prompts.boxes, masks=prompts.masks)
        return sparse, dense

    def decode(self, embedding: Tensor, prompts: SamPrompts, *, several: bool) -> tuple[Tensor, Tensor]:
        """Return masks for a batch of prompts on one image.

        Parameters
        ----------
        embedding : Tensor, (1, C, n, n)
            Of the image.
        prompts : SamPrompts
            B prompts.
        several : bool
            Three masks of different extent for each, as fits one click; False: one, as fits a box, several
            points or a correction.

        Returns
        -------
        low_res : Tensor, (B, M, 4n, 4n)
            Logits.
        quality : Tensor, (B, M)
            Predicted IoU of each.
        """
        low_res, quality = self.decode_all(embedding, prompts)
        chosen = slice(1, None) if several else slice(0, 1)
        return low_res[:, chosen], quality[:, chosen]

    def decode_all(self, embedding: Tensor, prompts: SamPrompts) -> tuple[Tensor, Tensor]:
        """Return all four masks of each prompt, the one for unambiguous prompts first; see `decode`."""
        sparse, dense = self.embed_prompts(prompts)
        low_res, quality = self.mask_decoder.predict_masks(
            image_embeddings=embedding,
            image_pe=self.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
        return low_res, quality
