"""How a scene's numbers become what a network and a screen see: fixed per scene, never per tile."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, model_validator

from napari_rsseg.errors import SceneError

__all__ = ["Radiometry", "RadiometryKind"]

RadiometryKind = Literal["none", "scale", "percentile"]


class Radiometry(BaseModel):
    """Linear mapping of each band's numbers to 0 to 1, with the meaning of the result.

    Attributes
    ----------
    kind : {"none", "scale", "percentile"}
        ``none``: the file's own display range (uint8); ``scale``: the result is reflectance;
        ``percentile``: low and high are the 2nd and 98th percentile of the scene's valid pixels.
    low, high : tuple of float
        The number that becomes 0 and the one that becomes 1, one per band of the scene.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RadiometryKind
    low: tuple[float, ...]
    high: tuple[float, ...]

    @model_validator(mode="after")
    def _check(self) -> Radiometry:
        if len(self.low) != len(self.high) or not self.low:
            raise SceneError(
                f"Radiometry has {len(self.low)} low and {len(self.high)} high values.",
                "Give one of each per band.",
            )
        for band, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            if not high > low:
                raise SceneError(
                    f"Radiometry of band {band} runs from {low} to {high}.",
                    "Give a high value above the low one.",
                )
        return self

    @property
    def gamma(self) -> float:
        """Exponent of the display: reflectance is shown by its square root, stretched numbers as they are."""
        return 0.5 if self.kind == "scale" else 1.0

    def apply(
        self, values: npt.NDArray[np.generic], bands: tuple[int, ...], *, display: bool
    ) -> npt.NDArray[np.float32]:
        """Map numbers of the given bands to values.

        Parameters
        ----------
        values : ndarray, (len(bands), H, W), any real dtype
            Numbers as they stand in the file.
        bands : tuple of int
            Index of each row of ``values`` in the scene's bands.
        display : bool
            True: what a screen shows, 0 to 1, clipped, with ``gamma``; False: the linear value, not clipped
            (reflectance where ``kind`` is ``scale``).

        Returns
        -------
        ndarray, (len(bands), H, W), float32
            NaN and infinity stay what they are; the caller masks them.
        """
        low = np.asarray([self.low[band] for band in bands], dtype=np.float32)[:, None, None]
        high = np.asarray([self.high[band] for band in bands], dtype=np.float32)[:, None, None]
        linear = (values.astype(np.float32) - low) / (high - low)
        if not display:
            return linear
        clipped = np.clip(linear, 0.0, 1.0)
        return clipped if self.gamma == 1.0 else np.sqrt(clipped)
