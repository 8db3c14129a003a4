"""Backbones of timm and transformers, on which networks of this package are trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_rsseg.checkpoints.convnext import convnext_name, is_convnext, timm_convnext
from napari_rsseg.checkpoints.mit import is_mit, mit_name, mit_sizes, transformers_mit
from napari_rsseg.checkpoints.recognised import RecognisedNetwork
from napari_rsseg.checkpoints.vit import is_vit, timm_vit, vit_name
from napari_rsseg.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

__all__ = ["BACKBONE_LEAVES", "backbone_network", "library_form", "recognise_backbone"]

BACKBONE_LEAVES = (
    r"^head\.fc\.",
    r"^head\.(weight|bias)$",
    r"^(classifier|fc|decode_head|fc_norm)\.",
    "^mask_token$",
)
"""Heads for other tasks, and what pretraining alone needs."""
_PREFIX = "backbone."
_KINDS: tuple[tuple[Any, Callable[[Mapping[str, Tensor]], dict[str, Tensor]], Any, str], ...] = (
    (is_convnext, timm_convnext, convnext_name, "timm"),
    (is_vit, timm_vit, vit_name, "timm"),
    (is_mit, transformers_mit, mit_name, "transformers"),
)


def library_form(tensors: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
    """Return a backbone's tensors by the keys of the library that builds it; None for anything else."""
    kept = {key.removeprefix(_PREFIX): value for key, value in tensors.items()}
    return next((rename(kept) for is_kind, rename, _, _ in _KINDS if is_kind(kept)), None)


def recognise_backbone(tensors: Mapping[str, Tensor]) -> RecognisedNetwork | None:
    """Tell the size of a backbone in its library's keys; None for anything else.

    Raises
    ------
    KeyError
        When a tensor that tells the size is missing.
    CheckpointError
        When it is of a size that is not published.
    """
    for is_kind, _, name_of, library in _KINDS:
        if is_kind(tensors):
            name = name_of(tensors)
            if name is None:
                raise CheckpointError(
                    f"The weights are a backbone of {library}'s kind, of a size that is not published.",
                    "Take a published size of ConvNeXt, DINOv2, ViT or MiT.",
                )
            return RecognisedNetwork("backbone", {"library": library, "name": name}, _pick)
    return None


def _pick(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    state = network.state_dict()
    return {key: tensors[key].reshape(value.shape) for key, value in state.items()}


def backbone_network(architecture: Mapping[str, Any]) -> nn.Module:
    """Make a backbone with initial weights, by its card's words ``library`` and ``name``."""
    if architecture["library"] == "transformers":
        from napari_rsseg.models.layers.transformers_parts import SegformerConfig, SegformerModel

        network: nn.Module = SegformerModel(SegformerConfig(**mit_sizes(architecture["name"])))
        return network
    from napari_rsseg.models.layers.timm_parts import create_model

    return create_model(architecture["name"], pretrained=False, num_classes=0)
