"""TransLandSeg's published files: sizes and variant, told from keys and shapes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.checkpoints.mapping import from_published
from napari_rsseg.checkpoints.recognised import RecognisedNetwork
from napari_rsseg.checkpoints.sam import vit_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor

__all__ = ["is_translandseg", "recognise_translandseg"]


def is_translandseg(keys: Iterable[str]) -> bool:
    """Return whether the keys are those of SAM with prompts inside its encoder."""
    return any(key.startswith("image_encoder.prompt_generator.") for key in keys)


def recognise_translandseg(tensors: Mapping[str, Tensor]) -> RecognisedNetwork:
    """Tell size and variant; its files hold no configuration.

    Raises
    ------
    KeyError
        When a tensor of SAM's encoder is missing.
    """
    encoder = "image_encoder."
    sizes = vit_words(tensors)
    inner = tensors[f"{encoder}prompt_generator.embedding_generator.weight"].shape[0]
    return RecognisedNetwork(
        "translandseg",
        {
            "inp_size": sizes.pop("img_size"),
            **sizes,
            "out_chans": tensors[f"{encoder}neck.0.weight"].shape[0],
            "prompt_embed_dim": tensors["no_mask_embed.weight"].shape[1],
            "variant": _variant(tensors),
            "scale_factor": sizes["embed_dim"] // inner,
        },
        from_published,
        ("freq_nums 0.25",),
    )


def _variant(tensors: Iterable[str]) -> str:
    parts = {key.split(".")[2].rsplit("_", 1)[0] for key in tensors if ".prompt_generator." in key}
    if "prompt_learn" in parts:
        return "2m_3c" if "adaptor_mlp" in parts else "3_MidLay_c"
    if any(".Space_Adapter." in key for key in tensors):
        return "outside_block"
    return "2_MidLay_m" if "adaptor_mlp" in parts else "1_MidLay_m"
