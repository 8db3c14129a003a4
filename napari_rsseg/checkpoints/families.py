"""The families of networks as files know them: their keys as published, and what files hold beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.checkpoints.backbones import BACKBONE_LEAVES, backbone_network, library_form
from napari_rsseg.checkpoints.comparing import Comparison, compare
from napari_rsseg.checkpoints.ktda import is_ktda
from napari_rsseg.checkpoints.mapping import ktda_key, sam_key
from napari_rsseg.checkpoints.st_dasegnet import to_st_dasegnet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

__all__ = ["compare_with", "empty_network", "published_form", "published_state"]

_PARALLEL = "module."


def _renamed(key_of: Callable[[str], str]) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
    return lambda tensors: {key_of(key): value for key, value in tensors.items()}


_PUBLISHED_FORM: dict[str, Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]] = {
    "backbone": lambda tensors: library_form(tensors) or tensors,
    "ktda": _renamed(ktda_key),
    "sam": _renamed(sam_key),
    "stdasegnet": to_st_dasegnet,
}
"""How a family's own keys become the published ones; the other families have one set of keys."""
_LEAVES = {
    "ktda": (r"^teach_backbone\.",),
    "sam": (r"^pixel_(mean|std)$", r"^image_encoder\.(norm_head|head)\.", r"\.attention_bias_idxs$"),
    "stdasegnet": (r"^cross_EMA_", r"^discriminator_"),
    "backbone": BACKBONE_LEAVES,
}
"""What training programs leave in files of a family and inference does not need."""


def empty_network(family: str, architecture: Mapping[str, Any]) -> nn.Module:
    """Make a network without values, of which only keys and shapes are asked."""
    from napari_rsseg.models import build

    with torch.device("meta"):
        if family == "backbone":
            return backbone_network(architecture)
        if family == "sam":
            from napari_rsseg.models.sam import Sam, SamArchitecture

            return Sam(SamArchitecture.model_validate(architecture))
        return build(family, architecture)


def published_form(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors by published keys: as published already, or as this package or a library names them."""
    if all(key.startswith(_PARALLEL) for key in tensors):
        tensors = {key.removeprefix(_PARALLEL): value for key, value in tensors.items()}
    if "student.stem.0.weight" in tensors and "fam.convert.0.weight" in tensors:
        return dict(_PUBLISHED_FORM["ktda"](tensors))
    if any(key.startswith("backbone_s.stages.") for key in tensors) or "backbone_s.bn1.weight" in tensors:
        return to_st_dasegnet(tensors)
    if "image_encoder.vit.patch_embed.conv1.conv.weight" in tensors:
        return dict(_PUBLISHED_FORM["sam"](tensors))
    if is_ktda(tensors):
        return dict(tensors)
    return library_form(tensors) or dict(tensors)


def compare_with(family: str, network: nn.Module, tensors: Mapping[str, Tensor]) -> Comparison:
    """Compare a file, by published keys, with a network of a family."""
    return compare(published_state(family, network), tensors, _LEAVES.get(family, ()))


def published_state(family: str, network: nn.Module) -> Mapping[str, Tensor]:
    """Return a network's state by published keys, in the shapes of published files."""
    state = network.state_dict()
    return _PUBLISHED_FORM[family](state) if family in _PUBLISHED_FORM else state
