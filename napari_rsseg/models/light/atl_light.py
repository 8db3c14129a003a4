"""ATL-light: TransLandSeg's principle on the CNN of a starter."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from torch import Tensor, nn

from napari_rsseg.models.layers.stage_prompts import StagePrompts, high_pass
from napari_rsseg.models.light.ktda_light import KtdaLight, KtdaLightArchitecture

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AtlLight", "AtlLightArchitecture"]


class AtlLightArchitecture(KtdaLightArchitecture):
    """Arguments of `AtlLight`: those of the starter it stands on, and two more.

    Attributes
    ----------
    reduction : int
        Divisor of a block's width that gives the width inside its prompts; at least 4 channels are kept.
    high_pass_share : float
        Share of the spectrum's area that the high-pass image lacks.
    """

    reduction: Annotated[int, Field(ge=1, le=128)] = 8
    high_pass_share: Annotated[float, Field(ge=0, le=1)] = 0.25


class AtlLight(KtdaLight):
    """A starter whose student is frozen and gets a prompt before each block; all after it trains on.

    Blocks that are given the same grid and width in a row share a `StagePrompts`. The high-pass image is that
    of the tile before it is enlarged, which has no high frequencies. Keys are the starter's, and ``atl``.

    Parameters
    ----------
    architecture : AtlLightArchitecture
        See there.
    """

    def __init__(self, architecture: AtlLightArchitecture) -> None:
        super().__init__(architecture)
        self.student.requires_grad_(requires_grad=False)
        self.atl = nn.ModuleList()
        self._places: list[tuple[int, int]] = []  # of each block: its prompts, and its number among theirs
        for (width, stride), group in groupby(_given(self.student)):
            blocks = len(list(group))
            self._places += [(len(self.atl), number) for number in range(blocks)]
            inner = max(4, width // architecture.reduction)
            self.atl.append(StagePrompts(width, inner, stride // architecture.input_scale, blocks))

    def train(self, mode: bool = True) -> AtlLight:
        """Set training mode; the student stays in evaluation."""
        super().train(mode)
        self.student.eval()
        return self

    def levels(self, images: Tensor) -> list[Tensor]:
        """Return the prompted student's levels of images (B, 3, H, W), finest first."""
        assert isinstance(self.architecture, AtlLightArchitecture)
        high = high_pass(images, self.architecture.high_pass_share)
        student, levels = self.student, []
        current = student.bn1(student.conv_stem(self.enlarged(images)))
        wanted = {entry["stage"] for entry in student.feature_info.get_dicts(keys=("stage",))}
        places = iter(self._places)
        for stage_number, stage in enumerate(student.blocks, 1):
            for block in stage:
                group, number = next(places)
                prompts = self.atl[group]
                assert isinstance(prompts, StagePrompts)
                if number == 0:
                    features = prompts.features(high, current.permute(0, 2, 3, 1))
                current = block(current + prompts.prompt(number, features).permute(0, 3, 1, 2))
            if stage_number in wanted:
                levels.append(current)
        return levels

    def folded(self) -> AtlLight:
        """Return the network itself, in evaluation: its student is as its base stores it."""
        return self.eval()


def _given(student: Any) -> Iterator[tuple[int, int]]:
    """Yield the width, and the pixels per grid cell along a side, of what each block is given."""
    stride = student.conv_stem.stride[0]
    for stage in student.blocks:
        for block in stage:
            convolutions = [part for part in block.modules() if isinstance(part, nn.Conv2d)]
            yield convolutions[0].in_channels, stride
            stride *= math.prod(convolution.stride[0] for convolution in convolutions)
