"""Between the keys of our networks and those of published files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_rsseg.checkpoints.comparing import compare
from napari_rsseg.checkpoints.renaming import rewritten, rules_of
from napari_rsseg.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

__all__ = ["from_published", "ktda_decays", "ktda_key", "ktda_teacher_key", "mobile_sam_key", "sam_key"]

_STUDENT = rules_of(
    (r"^student\.stem\.", "backbone.downsample_layers.0."),
    (r"^student\.stages\.(\d+)\.downsample\.", r"backbone.downsample_layers.\1."),
    (r"^student\.stages\.(\d+)\.blocks\.(\d+)\.", r"backbone.stages.\1.\2."),
    (r"^student\.norms\.(\d+)\.", r"backbone.norm\1."),
    (r"^(backbone\.stages.*\.)conv_dw\.", r"\1depthwise_conv."),
    (r"^(backbone\.stages.*\.)mlp\.fc([12])\.", r"\1pointwise_conv\2."),
    (r"^(backbone\.stages.*\.)mlp\.grn\.weight$", r"\1grn.gamma"),
    (r"^(backbone\.stages.*\.)mlp\.grn\.bias$", r"\1grn.beta"),
)
_TEACHER = rules_of(
    (r"^vit\.", ""),
    (r"^patch_embed\.proj\.", "patch_embed.projection."),
    (r"^norm\.", "ln1."),
    (r"^blocks\.(\d+)\.norm([12])\.", r"layers.\1.ln\2."),
    (r"^blocks\.(\d+)\.ls1\.gamma$", r"layers.\1.attn.gamma1.weight"),
    (r"^blocks\.(\d+)\.ls2\.gamma$", r"layers.\1.ffn.gamma2.weight"),
    (r"^blocks\.(\d+)\.mlp\.fc1\.", r"layers.\1.ffn.layers.0.0."),
    (r"^blocks\.(\d+)\.mlp\.fc2\.", r"layers.\1.ffn.layers.1."),
    (r"^blocks\.", "layers."),
    (r"^", "teach_backbone."),
)
_MOBILE_SAM = rules_of(
    (r"\.conv\.weight$", ".c.weight"),
    (r"^vit\.patch_embed\.conv1\.", "patch_embed.seq.0."),
    (r"^vit\.patch_embed\.conv2\.", "patch_embed.seq.2."),
    (r"^vit\.stages\.1\.downsample\.", "layers.0.downsample."),  # theirs ends a stage, timm's begins one
    (r"^vit\.stages\.2\.downsample\.", "layers.1.downsample."),
    (r"^vit\.stages\.3\.downsample\.", "layers.2.downsample."),
    (r"^vit\.stages\.", "layers."),
    (r"^", "image_encoder."),
)


def ktda_key(key: str) -> str:
    """Return the published key of one of `Ktda`'s; all parts but the student have the same."""
    return rewritten(key, _STUDENT)


def ktda_teacher_key(key: str) -> str:
    """Return the published key, in the same file, of one of the `Teacher`'s."""
    return rewritten(key, _TEACHER)


def mobile_sam_key(key: str) -> str:
    """Return the published key of one of `MobileSamEncoder`'s."""
    return rewritten(key, _MOBILE_SAM)


def sam_key(key: str) -> str:
    """Return the published key of one of `Sam`'s; only the inside of MobileSAM's encoder has others."""
    inside = key.removeprefix("image_encoder.")
    return mobile_sam_key(inside) if inside.startswith(("vit.", "neck.")) and inside != key else key


def ktda_decays(published_key: str) -> bool:
    """Return whether the published recipe decays a tensor: the substring decides, so BatchNorms do decay."""
    return "norm" not in published_key


def from_published(
    network: nn.Module, tensors: Mapping[str, Tensor], published_key: Callable[[str], str] = str
) -> dict[str, Tensor]:
    """Pick and rename a network's tensors out of a published file; what the network lacks is left.

    Parameters
    ----------
    network : Module
        The network to be filled.
    tensors : mapping of Tensor
        By published key.
    published_key : callable
        The published key of one of the network's.

    Returns
    -------
    dict of Tensor
        Complete, for ``network.load_state_dict``.

    Raises
    ------
    CheckpointError
        Tensors are missing or have another shape; the first few are named.
    """
    wanted = network.state_dict()
    comparison = compare({published_key(key): value for key, value in wanted.items()}, tensors)
    if not comparison.fills:
        told = replace(comparison, unexpected=())
        raise CheckpointError(
            f"The weights do not fit the network: {told}.",
            "Take the file and the card that belong together.",
        )
    return {key: tensors[published_key(key)] for key in wanted}
