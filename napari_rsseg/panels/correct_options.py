"""Settings of correction tools; the form is made from this model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from napari_rsseg.editing.tools import SuperpixelKind

__all__ = ["CorrectOptions"]


class CorrectOptions(BaseModel):
    """How tools work; each field's description is its tooltip."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    superpixels: SuperpixelKind = Field(
        "slic",
        title="Superpixels",
        description="slic: of even size; felzenszwalb: large where the picture is even.",
    )
    superpixel_px: int = Field(
        14, ge=3, le=200, title="Their size (px)", description="How long and wide a superpixel is about."
    )
    tolerance: float = Field(
        0.08,
        ge=0.0,
        le=1.0,
        title="Like colour within",
        description="Smart fill: largest difference of red, green or blue, 0 to 1.",
    )
    confidence_tolerance: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        title="Like confidence within",
        description="Smart fill: largest difference of the model's confidence; 1: it does not matter.",
    )
    border_px: float = Field(
        2.0, gt=0, le=100, title="Grow, shrink by (px)", description="How far borders are moved."
    )
    smoothing_px: float = Field(
        2.0, gt=0, le=50, title="Smooth over (px)", description="Tips and gaps thinner than this disappear."
    )
    speck_m2: float = Field(
        500.0,
        ge=0,
        le=1e9,
        title="Specks below (m²)",
        description="Smaller objects are dropped; pixels where the scene has no ground size.",
    )
    least_m2: float = Field(
        0.0,
        ge=0,
        le=1e12,
        title="Objects from (m²)",
        description="Replace, delete and merge leave smaller objects alone; pixels without a ground size.",
    )
    most_m2: float = Field(
        0.0,
        ge=0,
        le=1e12,
        title="Objects up to (m²)",
        description="Replace, delete and merge leave larger objects alone; 0: no bound.",
    )
