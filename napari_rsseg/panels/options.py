"""Options of a segmentation that users rarely change; forms are made from this model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DeviceName", "SegmentOptions"]

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


class SegmentOptions(BaseModel):
    """How to predict; each field's description is its tooltip."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: DeviceName = Field(
        "auto", description="Where to compute: auto takes a graphics card where there is one."
    )
    scheduler: str = Field(
        "", description="Address of a dask scheduler, for example tcp://host:8786; empty: this computer."
    )
    tta: bool = Field(
        False,
        title="Eight views",
        description="Predict each tile in eight orientations and average: steadier, eight times as long.",
    )
    probabilities: bool = Field(
        False,
        title="Keep probabilities",
        description="Keep the probability of every class, which Save labels can write; needs more disk.",
    )
    overview: bool = Field(
        True,
        title="Coarse pass first",
        description="Show a coarse result of large scenes before the full one.",
    )
