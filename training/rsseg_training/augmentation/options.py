"""Augmentation as a recipe states it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["AugmentationOptions"]

_Share = Annotated[float, Field(ge=0, le=1)]
_Zoom = Annotated[float, Field(gt=0.05, le=20)]


class AugmentationOptions(BaseModel):
    """How crops are varied; the eight orientations are always used.

    Attributes
    ----------
    zoom_low, zoom_high : float
        Range of magnifications.
    jitter : float
        Share of crops with other colours.
    jitter_strength : float
        1: as measured in the data sets' notes.
    grey : float
        Share of the jittered crops that lose their colour.
    haze : float
        Share of crops under a veil.
    haze_densest : float
        Largest alpha of the veil.
    haze_labelled_above : float
        Alpha above which clear ground under the veil is labelled thin cloud; above 1: never.
    compositing : float
        Share of clear crops onto which clouds of other crops are pasted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    zoom_low: _Zoom = 1.0
    zoom_high: _Zoom = 1.0
    jitter: _Share = 0.0
    jitter_strength: Annotated[float, Field(ge=0, le=3)] = 1.0
    grey: _Share = 0.0
    haze: _Share = 0.0
    haze_densest: _Share = 0.3
    haze_labelled_above: Annotated[float, Field(ge=0, le=2)] = 2.0
    compositing: _Share = 0.0
