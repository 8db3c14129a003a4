"""The student: timm's ConvNeXt with a norm behind each returned stage, or any other CNN of timm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_rsseg.models.ktda.architecture import StudentWords
from napari_rsseg.models.layers.timm_parts import ConvNeXt, LayerNorm2d, create_levels

if TYPE_CHECKING:
    from napari_rsseg.models.ktda.architecture import TimmStudentWords

__all__ = ["Student", "make_student"]

_EPS = 1e-6  # of every LayerNorm in the student


class Student(nn.Module):
    """ConvNeXt (Liu et al. 2022; Woo et al. 2023 with ``grn``) that returns several normalised stages.

    Parameters
    ----------
    words : StudentWords
        Depths, widths and stages.
    """

    def __init__(self, words: StudentWords) -> None:
        super().__init__()
        self.frozen_stages = words.frozen_stages
        encoder = ConvNeXt(
            num_classes=0,
            depths=words.depths,
            dims=words.channels,
            ls_init_value=words.layer_scale or None,
            use_grn=words.grn,
            drop_path_rate=words.drop_path,
            norm_eps=_EPS,
        )
        self.stem, self.stages = encoder.stem, encoder.stages  # its head and norm are for classification
        self.norms = nn.ModuleDict(
            {str(stage): LayerNorm2d(words.channels[stage], eps=_EPS) for stage in words.out_stages}
        )
        for part in self._frozen_parts():
            part.requires_grad_(requires_grad=False)

    def _frozen_parts(self) -> list[nn.Module]:
        """Return stem and stages that do not train; a frozen stage takes its downsampling with it."""
        if not self.frozen_stages:
            return []
        return [self.stem, *self.stages[: self.frozen_stages]]

    def train(self, mode: bool = True) -> Student:
        """Set training mode; frozen stages stay in evaluation (no stochastic depth)."""
        super().train(mode)
        for part in self._frozen_parts():
            part.eval()
        return self

    def forward(self, images: Tensor) -> list[Tensor]:
        """Map images (B, 3, H, W) to one (B, channels[i], H / 4 / 2**i, W / 4 / 2**i) per returned stage."""
        levels = []
        features = self.stem(images)
        for index, stage in enumerate(self.stages):
            features = stage(features)
            if str(index) in self.norms:
                levels.append(self.norms[str(index)](features))  # the next stage gets it un-normalised
        return levels


def make_student(words: StudentWords | TimmStudentWords) -> nn.Module:
    """Make a student with initial weights: images (B, 3, H, W) to a list of levels, finest first.

    Raises
    ------
    ModelError
        timm has no such network, makes none that returns levels, or its levels have other widths.
    """
    if isinstance(words, StudentWords):
        return Student(words)
    return create_levels(words.name, words.out_indices, words.widths)
