"""What this package uses of timm; the one module that imports it."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from napari_rsseg.errors import ModelError
from napari_rsseg.models.build import ENTRY_POINTS, load_added
from napari_rsseg.models.torchvision_operators import ensure_torchvision

ensure_torchvision()  # timm imports torchvision

import timm  # noqa: E402
from timm.layers.norm import LayerNorm2d  # noqa: E402
from timm.models import is_model, is_model_in_modules  # noqa: E402
from timm.models.convnext import ConvNeXt  # noqa: E402
from timm.models.vision_transformer import Block, VisionTransformer  # noqa: E402
from timm.models.vision_transformer import checkpoint_filter_fn as convert_vision_transformer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

__all__ = [
    "Block",
    "ConvNeXt",
    "LayerNorm2d",
    "VisionTransformer",
    "convert_vision_transformer",
    "create_levels",
    "create_model",
    "is_vision_transformer",
]


def create_model(name: str, **arguments: Any) -> nn.Module:
    """Make a network of timm's registry, also one that another package adds to it.

    Parameters
    ----------
    name : str
        timm's name, or that of an entry point whose module registers the network.
    **arguments
        Of `timm.create_model`.

    Raises
    ------
    ModelError
        The module of the entry point does not load.
    """
    if not is_model(name):
        for added in entry_points(group=ENTRY_POINTS, name=name):
            load_added(added)
    return timm.create_model(name, **arguments)


def create_levels(name: str, out_indices: Sequence[int], widths: Sequence[int]) -> nn.Module:
    """Make a CNN with initial weights that maps images (B, C, H, W) to a list of levels, finest first.

    Parameters
    ----------
    name : str
        As in `create_model`.
    out_indices : sequence of int
        Which of timm's levels are returned.
    widths : sequence of int
        Of each of these; other ones are refused.

    Raises
    ------
    ModelError
        There is no such network, it returns no levels, or they have other widths.
    """
    try:
        network = create_model(name, pretrained=False, features_only=True, out_indices=tuple(out_indices))
    except (RuntimeError, AttributeError, AssertionError, IndexError, TypeError) as error:
        raise ModelError(
            f"timm makes no backbone {name!r} with levels {tuple(out_indices)} ({error}).",
            "Take a CNN that timm.list_models() names, and levels that it has.",
        ) from None
    found = tuple(network.feature_info.channels())  # type: ignore[union-attr,operator]  # timm's own
    if found != tuple(widths):
        raise ModelError(
            f"The levels of {name} are {found} wide, the architecture says {tuple(widths)}.",
            "Correct the backbone's widths, and those of what reads them.",
        )
    return network


def is_vision_transformer(name: str) -> bool:
    """Return whether timm has a plain vision transformer of that name; a pretraining's tag may follow."""
    return bool(is_model_in_modules(name, ("vision_transformer",)))
