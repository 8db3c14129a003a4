"""What training adds to ST-DASegNet: two discriminators and the averaged teachers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_rsseg.models.st_dasegnet.backbones import backbone
from napari_rsseg.models.st_dasegnet.discriminator import Discriminator
from napari_rsseg.models.st_dasegnet.network import BranchOutputs, head

if TYPE_CHECKING:
    from napari_rsseg.models.st_dasegnet.architecture import StDasegnetArchitecture
    from napari_rsseg.models.st_dasegnet.network import StDasegnet

__all__ = ["AdaptationParts"]


class AdaptationParts(nn.Module):
    """Discriminators of both branches, and teachers that no gradient reaches; keys as published.

    Parameters
    ----------
    architecture : StDasegnetArchitecture
        The network's.
    """

    def __init__(self, architecture: StDasegnetArchitecture) -> None:
        super().__init__()
        self.discriminator_s = Discriminator(architecture.discriminator)
        self.discriminator_t = Discriminator(architecture.discriminator)
        teachers: dict[str, nn.Module]
        if architecture.ema.type == "single_t":
            teachers = {
                "cross_EMA_backbone": backbone(architecture.backbone),
                "cross_EMA_decoder": head(architecture.head),
            }
            self._taught_by = {"cross_EMA_backbone": "backbone_t", "cross_EMA_decoder": "decode_head_t"}
        else:
            teachers = {f"cross_EMA_decoder_{branch}": head(architecture.head) for branch in "st"}
            self._taught_by = {f"cross_EMA_decoder_{branch}": f"decode_head_{branch}" for branch in "st"}
        for name, teacher in teachers.items():
            self.add_module(name, teacher.requires_grad_(requires_grad=False))

    def teachers(self, network: StDasegnet) -> list[tuple[nn.Module, nn.Module]]:
        """Return each teacher with the student that it averages."""
        return [
            (self.get_submodule(teacher), network.get_submodule(student))
            for teacher, student in self._taught_by.items()
        ]

    @torch.no_grad()
    def teach(self, network: StDasegnet, images: Tensor, seen: BranchOutputs) -> BranchOutputs:
        """Return what the teachers see in target images.

        Parameters
        ----------
        network : StDasegnet
            The students.
        images : Tensor, (B, 3, H, W)
            Normalised.
        seen : BranchOutputs
            The students' of these images. Decoders alone go on from their neck; a teacher with a backbone of
            its own is joined with the present student's source branch, run once more, as published.
        """
        if "cross_EMA_backbone" not in self._taught_by:
            logits = [
                self.get_submodule(f"cross_EMA_decoder_{branch}")(levels)
                for branch, levels in (("s", seen.neck_s), ("t", seen.neck_t))
            ]
            return BranchOutputs(seen.features_s, seen.features_t, seen.neck_s, seen.neck_t, *logits)
        features_s = network.backbone_s(images)
        features_t = self.get_submodule("cross_EMA_backbone")(images)
        neck_s, neck_t = network.dsk_neck(features_s, features_t)
        logits_t = self.get_submodule("cross_EMA_decoder")(neck_t)
        return BranchOutputs(features_s, features_t, neck_s, neck_t, network.decode_head_s(neck_s), logits_t)
