"""The loop's numbers, as a recipe states them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LoopOptions"]

_Rate = Annotated[float, Field(ge=0, le=1)]


class LoopOptions(BaseModel):
    """How long and how fast to train.

    Attributes
    ----------
    steps : int
        Number of optimizer steps.
    batch : int
        Crops per step.
    crop_px : int
        Side of a crop, in pixels of the scene.
    rate : float
        Highest learning rate of new layers.
    pretrained_rate : float
        Highest learning rate of layers that start from pretrained weights.
    weight_decay : float
        AdamW's, for tensors of two or more axes.
    warm_up : float
        Share of the steps in which the rate grows to its highest.
    averaging : float
        Decay of the running average of parameters that is kept as the result; 0: the last parameters.
    clip : float
        Largest norm of the gradient.
    save_every : int
        Steps between saves of the run's own state.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Annotated[int, Field(ge=1)]
    batch: Annotated[int, Field(ge=1, le=4096)] = 8
    crop_px: Annotated[int, Field(ge=32, le=4096)] = 192
    rate: _Rate = 1e-3
    pretrained_rate: _Rate = 3e-4
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.1
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.98
    clip: Annotated[float, Field(gt=0)] = 5.0
    save_every: Annotated[int, Field(ge=1)] = 50
