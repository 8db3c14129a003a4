"""SAM's mask decoder without prompts, as TransLandSeg uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from napari_rsseg.models.layers.sam_parts import MaskDecoder

__all__ = ["unprompted_masks"]


def unprompted_masks(
    decoder: MaskDecoder, embedding: Tensor, positions: Tensor, no_mask: Tensor
) -> tuple[Tensor, Tensor]:
    """Run the decoder with neither clicks nor an earlier mask.

    Parameters
    ----------
    decoder : MaskDecoder
        SAM's.
    embedding : Tensor, (B, C, n, n)
        Of the encoder.
    positions : Tensor, (1, C, n, n)
        Encoding of the grid's cells.
    no_mask : Tensor, (1, C)
        Stands at every cell for the earlier mask that is not there.

    Returns
    -------
    low_res : Tensor, (B, 1, 4n, 4n)
        Logits of mask 0.
    quality : Tensor, (B, 1)
        Its predicted IoU.
    """
    # one row of tokens for the whole batch: the decoder broadcasts it
    low_res, quality = decoder(
        image_embeddings=embedding,
        image_pe=positions,
        sparse_prompt_embeddings=embedding.new_zeros((1, 0, embedding.shape[1])),
        dense_prompt_embeddings=no_mask.reshape(1, -1, 1, 1),
        multimask_output=False,
    )
    return low_res, quality
