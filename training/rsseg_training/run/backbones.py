"""Pretrained weights for ST-DASegNet's backbones: both branches start in the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.checkpoints.mit import transformers_mit
from napari_rsseg.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from napari_rsseg.models.st_dasegnet import StDasegnet

__all__ = ["start_backbones"]

_COUNTER = "num_batches_tracked"  # of batch norms; files may lack it


def start_backbones(network: StDasegnet, tensors: Mapping[str, Tensor]) -> None:
    """Fill both backbones with the tensors of one file.

    Parameters
    ----------
    network : StDasegnet
        Changed in place.
    tensors : mapping of Tensor
        A mix transformer as its authors, mmsegmentation or transformers name its tensors, or a CNN as timm
        does; heads are left aside.

    Raises
    ------
    TrainingError
        The file lacks tensors of the backbone, or has them of another shape.
    """
    kind = network.architecture.backbone.kind
    plain = {key.removeprefix("backbone."): value.float() for key, value in tensors.items()}
    named = transformers_mit(plain) if kind == "mit" else plain
    for branch in (network.backbone_s, network.backbone_t):
        part = branch.get_submodule("cnn") if kind == "timm" else branch
        own = part.state_dict()
        found = {key: value for key, value in named.items() if key in own}
        missing = [key for key in own if key not in found and not key.endswith(_COUNTER)]
        other = [key for key, value in found.items() if value.shape != own[key].shape]
        if missing or other:
            raise TrainingError(
                f"The initial weights lack {len(missing)} tensors of the backbone and have {len(other)} of "
                f"another shape, first {(missing + other)[0]}.",
                "Take the file that belongs to model.architecture.backbone.",
            )
        part.load_state_dict(found, strict=False)
