"""MobileSAM's image encoder against the published program, and what SAM's decoder makes of its embedding.

Covered modes: ``forward`` and the manifest. ``inference`` (prompts on photographs) is not collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.checkpoints import mobile_sam_key
from napari_rsseg.models.layers.sam_parts import MaskDecoder, PromptEncoder, TwoWayTransformer
from napari_rsseg.models.sam import MobileSamEncoder

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "mobilesam"


def _decoder() -> tuple[Any, Any]:
    """Return SAM's prompt encoder and mask decoder, of segment-anything."""
    prompts = PromptEncoder(
        embed_dim=256, image_embedding_size=(64, 64), input_image_size=(1024, 1024), mask_in_chans=16
    )
    transformer = TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8)
    return prompts, MaskDecoder(transformer_dim=256, transformer=transformer)


@torch.no_grad()
def test_every_intermediate_is_the_published_one(forward_case: GoldenCase) -> None:
    encoder = MobileSamEncoder().eval()
    prompts, decoder = (module.eval() for module in _decoder())
    forward_case.fill(encoder, mobile_sam_key)
    forward_case.fill(prompts, lambda key: f"prompt_encoder.{key}")
    forward_case.fill(decoder, lambda key: f"mask_decoder.{key}")
    inputs = forward_case.inputs()
    outputs: dict[str, torch.Tensor] = {}

    def keep(name: str, module: torch.nn.Module) -> None:
        module.register_forward_hook(lambda module, args, output: outputs.update({name: output.clone()}))

    stages = encoder.vit.stages
    keep("patch_embed", encoder.vit.patch_embed)
    keep("block", stages[1].blocks[0])
    for index in (1, 2, 3):
        keep(f"grid_{index - 1}", stages[index].downsample)  # the end of the published stage before
    keep("grid_3", stages[3])
    embedding = encoder(inputs["image"])
    outputs |= {f"stage_{index}": outputs[f"grid_{index}"].flatten(2).transpose(1, 2) for index in range(4)}
    outputs["stage_1_block_0"] = outputs["block"].flatten(1, 2)
    sparse, dense = prompts(points=(inputs["points"], inputs["labels"]), boxes=None, masks=None)
    low_res, iou = decoder(
        image_embeddings=embedding,
        image_pe=prompts.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=forward_case.words["model"]["multimask_output"],
    )
    forward_case.compare(outputs | {"embedding": embedding, "low_res": low_res, "iou": iou})


def test_the_file_is_the_encoder_a_classifier_and_sams_decoder(manifest_case: GoldenCase) -> None:
    with torch.device("meta"):
        prompts, decoder = _decoder()
        parts = {
            "image_encoder.": torch.nn.ModuleDict(
                {"norm_head": torch.nn.LayerNorm(320), "head": torch.nn.Linear(320, 1000)}
            ),
            "prompt_encoder.": prompts,
            "mask_decoder.": decoder,
        }
    encoder = MobileSamEncoder().state_dict()
    found = {mobile_sam_key(key): list(value.shape) for key, value in encoder.items()}
    found |= {
        prefix + key: list(value.shape)
        for prefix, part in parts.items()
        for key, value in part.state_dict().items()
    }
    assert found == {key: entry["shape"] for key, entry in manifest_case.words["keys"].items()}
