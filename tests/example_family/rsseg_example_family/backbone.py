"""A backbone in timm's form: a name of the registry, stages that halve the size."""

from __future__ import annotations

from typing import Any

from timm.models import build_model_with_cfg, register_model
from torch import Tensor, nn

__all__ = ["TinyCnn", "example_tiny_cnn"]


class TinyCnn(nn.Module):
    """Four stages of one convolution each, at 1/4, 1/8, 1/16 and 1/32 of the size."""

    def __init__(self, in_chans: int = 3, num_classes: int = 0, **unused: Any) -> None:
        super().__init__()
        widths, strides = (in_chans, 8, 16, 24, 32), (4, 2, 2, 2)
        self.feature_info = []
        reduction = 1
        for index, stride in enumerate(strides):
            stage = nn.Sequential(
                nn.Conv2d(widths[index], widths[index + 1], 3, stride=stride, padding=1), nn.ReLU()
            )
            setattr(self, f"stage{index}", stage)
            reduction *= stride
            self.feature_info.append(
                {"num_chs": widths[index + 1], "reduction": reduction, "module": f"stage{index}"}
            )

    def forward(self, images: Tensor) -> Tensor:
        """Map images to the coarsest stage."""
        for index in range(4):
            images = getattr(self, f"stage{index}")(images)
        return images


@register_model
def example_tiny_cnn(pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """Make the backbone; timm finds it by this function's name."""
    model: nn.Module = build_model_with_cfg(
        TinyCnn, "example_tiny_cnn", pretrained, feature_cfg={"out_indices": (0, 1, 2, 3)}, **kwargs
    )
    return model
