"""TransLandSeg-T: TransLandSeg's principle on MobileSAM, for a laptop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.errors import ModelError
from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.layers.sam_parts import MaskDecoder, PromptEncoder, TwoWayTransformer
from napari_rsseg.models.layers.stage_prompts import StagePrompts, high_pass
from napari_rsseg.models.layers.unprompted import unprompted_masks
from napari_rsseg.models.network import SegmentationNetwork
from napari_rsseg.models.sam import MobileSamEncoder

__all__ = ["TransLandSegT", "TransLandSegTArchitecture"]

_SIDE = 1024  # of MobileSAM's square
_GRID = 64
_CHANNELS = 256
_PROMPTED = {1: 8, 2: 16, 3: 16}  # TinyViT's transformer stages, and the pixels per grid cell of each


class TransLandSegTArchitecture(BaseModel):
    """Arguments of `TransLandSegT`.

    Attributes
    ----------
    classes : int
        Always 2: the background, and what is found.
    input_scale : int
        The image is enlarged by this factor first; a tile has 1024 / input_scale pixels along a side, in
        training and in use.
    reduction : int
        Divisor of a stage's width that gives the width inside its prompts.
    high_pass_share : float
        Share of the spectrum's area that the high-pass image lacks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: Literal[2] = 2
    input_scale: Literal[1, 2, 4, 8] = 4
    reduction: Annotated[int, Field(ge=1, le=128)] = 8
    high_pass_share: Annotated[float, Field(ge=0, le=1)] = 0.25


class TransLandSegT(SegmentationNetwork):
    """Segments one class against the background; MobileSAM's keys, and ``atl`` beside them.

    MobileSAM's encoder and positional matrix do not train; the prompts, the mask decoder and the embedding
    for "no mask" do. Published numbers there are none.

    Parameters
    ----------
    architecture : TransLandSegTArchitecture
        See there.
    """

    def __init__(self, architecture: TransLandSegTArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.stride_px = _SIDE // architecture.input_scale
        self.image_encoder = MobileSamEncoder()
        self.prompt_encoder = PromptEncoder(
            embed_dim=_CHANNELS,
            image_embedding_size=(_GRID, _GRID),
            input_image_size=(_SIDE, _SIDE),
            mask_in_chans=16,
        )
        self.mask_decoder = MaskDecoder(
            transformer_dim=_CHANNELS,
            transformer=TwoWayTransformer(depth=2, embedding_dim=_CHANNELS, num_heads=8, mlp_dim=2048),
        )
        self.requires_grad_(requires_grad=False)
        self.mask_decoder.requires_grad_()
        self.prompt_encoder.no_mask_embed.requires_grad_()
        self.atl = nn.ModuleDict()
        for number, patch in _PROMPTED.items():
            stage = self.image_encoder.vit.stages[number]
            inner = stage.out_dim // architecture.reduction
            self.atl[str(number)] = StagePrompts(stage.out_dim, inner, patch, stage.depth)

    def train(self, mode: bool = True) -> TransLandSegT:
        """Set training mode; MobileSAM's encoder stays in evaluation."""
        super().train(mode)
        self.image_encoder.eval()
        return self

    def encode(self, squares: Tensor) -> Tensor:
        """Map normalised images (B, 3, 1024, 1024) to embeddings (B, 256, 64, 64), prompted."""
        vit = self.image_encoder.vit
        high = high_pass(squares, self.architecture.high_pass_share)
        grid = vit.stages[0](vit.patch_embed(squares))
        for number in _PROMPTED:
            stage, prompts = vit.stages[number], self.atl[str(number)]
            assert isinstance(prompts, StagePrompts)
            tokens = stage.downsample(grid).permute(0, 2, 3, 1)  # (B, h, w, D)
            features = prompts.features(high, tokens)
            for index, block in enumerate(stage.blocks):
                tokens = block(tokens + prompts.prompt(index, features))
            grid = tokens.permute(0, 3, 1, 2)
        embedding: Tensor = self.image_encoder.neck(grid)
        return embedding

    def mask_logits(self, images: Tensor) -> Tensor:
        """Map normalised images (B, 3, H, W) to logits of the foreground (B, 1, H, W), tile by tile.

        Raises
        ------
        ModelError
            H or W is no multiple of a tile's side.
        """
        side = self.stride_px
        height, width = images.shape[-2:]
        if height % side or width % side:
            raise ModelError(
                f"TransLandSeg-T got an image of {height} x {width} px.", f"Feed tiles of {side} x {side} px."
            )
        tiles = images.unflatten(3, (-1, side)).unflatten(2, (-1, side)).permute(0, 2, 4, 1, 3, 5)
        flat = tiles.flatten(0, 2)  # (B * rows * columns, 3, side, side)
        if self.architecture.input_scale != 1:
            flat = functional.interpolate(flat, size=(_SIDE, _SIDE), mode="bilinear", align_corners=False)
        positions = self.prompt_encoder.get_dense_pe()
        low_res, _ = unprompted_masks(
            self.mask_decoder, self.encode(flat), positions, self.prompt_encoder.no_mask_embed.weight
        )
        masks = resize(low_res, (side, side)).unflatten(
            0, tiles.shape[:3]
        )  # (B, rows, columns, 1, side, side)
        foreground: Tensor = masks.permute(0, 3, 1, 4, 2, 5).reshape(len(images), 1, height, width)
        return foreground

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images (B, 3, H, W) to logits (B, 2, H, W): 0 for the background."""
        foreground = self.mask_logits(images)
        return functional.pad(foreground, (0, 0, 0, 0, 1, 0))
