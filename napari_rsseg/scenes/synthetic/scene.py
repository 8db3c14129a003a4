"""The synthetic scene: a satellite image of no existing country, with exact truth for three tasks."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.georeferencing import parsed_crs
from napari_rsseg.scenes.radiometry import Radiometry
from napari_rsseg.scenes.scene import Band, Georeference, Level, SceneReference
from napari_rsseg.scenes.synthetic.clouds import make_clouds
from napari_rsseg.scenes.synthetic.cover import make_ground
from napari_rsseg.scenes.synthetic.noise import Grid, Noise, uniform
from napari_rsseg.scenes.synthetic.terrain import GSD_M
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TRUTH_TASKS", "SyntheticScene", "TruthTask", "open_synthetic"]

TruthTask = Literal["landslide", "cloud", "grass"]
TRUTH_TASKS: tuple[TruthTask, ...] = ("landslide", "cloud", "grass")
BLOCK_PX = 512
THICK_OPACITY, THIN_OPACITY, SHADOW_SHARE = 0.62, 0.10, 0.40
"""From which opacity a pixel counts as cloud, as thin cloud; from which share of lost sun as shadow."""
_VERSION = 1  # part of the fingerprint: raise it when the same seed gives other pixels
_CLOUD_COLOUR = (1.0, 1.0, 1.03, 1.02)
_SKY = (0.009, 0.016, 0.028, 0.003)  # light scattered into the sensor: red, green, blue, near infrared
_SENSOR_KEY = 601


@dataclass(frozen=True)
class SyntheticScene:
    """A procedural scene; implements the Scene protocol and reads like a file, without one.

    Each number is a function of seed and coordinates alone: windows and levels are computed when asked for,
    nothing is kept, so a scene of 50 000 x 50 000 pixels costs no memory. Coarser levels are evaluated at
    coarser points, without the waves that these cannot show.

    Parameters
    ----------
    size : int or (int, int)
        Side, or height and width, in pixels.
    seed : int
        Which country.

    Raises
    ------
    SceneError
        When the size is not positive.
    """

    size: int | tuple[int, int] = 2048
    seed: int = 0
    acquired: str | None = field(default="2024-06-14", init=False)
    gsd_m: float | None = field(default=GSD_M, init=False)

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise SceneError(
                f"A synthetic scene of {self.height} x {self.width} pixels was asked for.",
                "Give a size of at least 1.",
            )

    @property
    def height(self) -> int:
        """Rows of level 0."""
        return self.size if isinstance(self.size, int) else self.size[0]

    @property
    def width(self) -> int:
        """Columns of level 0."""
        return self.size if isinstance(self.size, int) else self.size[1]

    @property
    def uri(self) -> str:
        """``synthetic:size=2048,seed=0``; ``size=HEIGHTxWIDTH`` where they differ."""
        size = str(self.height) if self.height == self.width else f"{self.height}x{self.width}"
        return f"synthetic:size={size},seed={self.seed}"

    @property
    def reference(self) -> SceneReference:
        """How a worker makes the same scene."""
        return SceneReference(uri=self.uri, radiometry=self.radiometry)

    @property
    def bands(self) -> tuple[Band, ...]:
        """Red, green, blue and near infrared, reflectance times 10 000."""
        return (
            Band("red", "red", "uint16", wavelength_nm=665.0),
            Band("green", "green", "uint16", wavelength_nm=560.0),
            Band("blue", "blue", "uint16", wavelength_nm=492.0),
            Band("nir", "nir", "uint16", wavelength_nm=833.0),
        )

    @cached_property
    def georeference(self) -> Georeference:
        """A place in UTM zone 33 north, chosen by the seed."""
        place = uniform(np.arange(2), np.zeros(2, dtype=np.int64), seed=self.seed, key=701)
        easting = 300_000.0 + 10.0 * float(np.floor(place[0] * 20_000))
        northing = 5_100_000.0 + 10.0 * float(np.floor(place[1] * 60_000))
        return Georeference(
            crs_wkt=parsed_crs("EPSG:32633").to_wkt(),
            affine=(GSD_M, 0.0, easting, 0.0, -GSD_M, northing),
        )

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Halved until a level fits into 512 pixels."""
        levels, step = [], 1
        while True:
            levels.append(Level(-(-self.height // step), -(-self.width // step), float(step)))
            if max(levels[-1].height, levels[-1].width) <= BLOCK_PX:
                return tuple(levels)
            step *= 2

    @property
    def fingerprint(self) -> str:
        """Digest of all that the pixels depend on."""
        return hashlib.sha256(f"{self.uri},version={_VERSION}".encode()).hexdigest()

    @property
    def radiometry(self) -> Radiometry:
        """Reflectance times 10 000."""
        return Radiometry(kind="scale", low=(0.0,) * 4, high=(10_000.0,) * 4)

    def read(
        self, window: Window, *, level: int = 0, bands: tuple[int, ...] | None = None
    ) -> npt.NDArray[np.uint16]:
        """Compute a window.

        Parameters
        ----------
        window : Window
            In pixels of the level.
        level : int
            Of the pyramid.
        bands : tuple of int, optional
            Which; default all.

        Returns
        -------
        ndarray, (bands, height, width), uint16
            Reflectance times 10 000.

        Raises
        ------
        SceneError
            When the window leaves the level.
        """
        chosen = tuple(range(4)) if bands is None else bands
        values = np.empty((len(chosen), *window.shape), dtype=np.uint16)
        for part, grid in self._parts(window, level):
            image = _image(Noise(self.seed), grid)
            values[(slice(None), *part.within(window).slices)] = image[list(chosen)]
        return values

    def valid(self, window: Window, *, level: int = 0) -> npt.NDArray[np.bool_]:
        """Return all true: every pixel exists."""
        self._check(window, level)
        return np.ones(window.shape, dtype=np.bool_)

    def truth(self, task: TruthTask, window: Window) -> npt.NDArray[np.uint8]:
        """Return exact class ids of level 0.

        Parameters
        ----------
        task : {"landslide", "cloud", "grass"}
            Which built-in scheme. Ground below cloud that hides it is 255 in ``landslide`` and ``grass``;
            thin cloud and shadow hide nothing. Grass counts no trees and no crops; water, rock, roads and
            landslides have the lowest density.
        window : Window
            In pixels of level 0.

        Returns
        -------
        ndarray, (height, width), uint8

        Raises
        ------
        SceneError
            When the window leaves the scene, or there is no such task.
        """
        if task not in TRUTH_TASKS:
            raise SceneError(
                f"A synthetic scene has no truth for {task!r}.", f"Ask for one of {', '.join(TRUTH_TASKS)}."
            )
        labels = np.empty(window.shape, dtype=np.uint8)
        for part, grid in self._parts(window, 0):
            labels[part.within(window).slices] = _truth(Noise(self.seed), grid, task)
        return labels

    def close(self) -> None:
        """Do nothing: there is no file."""

    def _check(self, window: Window, level: int) -> None:
        if not 0 <= level < len(self.levels):
            raise SceneError(
                f"Level {level} of {self.uri} was asked for.", f"It has levels 0 to {len(self.levels) - 1}."
            )
        size = self.levels[level]
        if not Window.of(size.height, size.width).contains(window):
            raise SceneError(
                f"Window {window} leaves level {level} of {self.uri} ({size.height} x {size.width} px).",
                "Ask for a window inside it.",
            )

    def _parts(self, window: Window, level: int) -> Iterator[tuple[Window, Grid]]:
        """Cut a window into pieces whose arrays fit into the processor's cache."""
        self._check(window, level)
        for row in range(window.row_start, window.row_stop, BLOCK_PX):
            for column in range(window.column_start, window.column_stop, BLOCK_PX):
                part = Window(row, row + BLOCK_PX, column, column + BLOCK_PX).intersection(window)
                yield part, Grid(row, column, part.height, part.width, step=2**level)


def open_synthetic(uri: str) -> SyntheticScene:
    """Make the scene that a uri such as ``synthetic:size=2048,seed=0`` names.

    Raises
    ------
    SceneError
        When the text is of another form.
    """
    match = re.fullmatch(r"synthetic:(?:size=(\d+)(?:x(\d+))?)?,?(?:seed=(\d+))?", uri)
    if match is None:
        raise SceneError(f"{uri!r} names no synthetic scene.", "Write it as synthetic:size=2048,seed=0.")
    height, width, seed = match.groups()
    rows = int(height or 2048)
    return SyntheticScene(size=(rows, int(width)) if width else rows, seed=int(seed or 0))


def _image(noise: Noise, grid: Grid) -> npt.NDArray[np.uint16]:
    """Return what the sensor measures, (4, height, width)."""
    ground = make_ground(noise, grid)
    clouds = make_clouds(noise, grid)
    sun = np.float32(1) - np.float32(0.68) * clouds.shadow
    grain = _grain(noise.seed, grid)
    image = np.empty(ground.reflectance.shape, dtype=np.uint16)
    for band in range(4):
        seen = ground.reflectance[band] * sun + np.float32(_SKY[band])
        seen += clouds.opacity * (clouds.brightness * np.float32(_CLOUD_COLOUR[band]) - seen)
        seen *= np.float32(1) + np.float32(0.018) * grain[band % 2]
        image[band] = np.clip(seen * np.float32(10_000) + np.float32(0.5), 1, 16_000).astype(np.uint16)
    return image


def _grain(seed: int, grid: Grid) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return noise of single pixels, -1 to 1."""
    rows = np.arange(grid.row_start, grid.row_start + grid.height)[:, None]
    columns = np.arange(grid.column_start, grid.column_start + grid.width)[None, :]
    first, second = (
        uniform(rows, columns, seed=seed, key=_SENSOR_KEY + index + 2 * grid.step) * np.float32(2)
        - np.float32(1)
        for index in range(2)
    )
    return first, second


def _truth(noise: Noise, grid: Grid, task: TruthTask) -> npt.NDArray[np.uint8]:
    clouds = make_clouds(noise, grid)
    thick = clouds.opacity >= np.float32(THICK_OPACITY)
    if task == "cloud":
        labels = (clouds.shadow >= np.float32(SHADOW_SHARE)).astype(np.uint8)
        labels[clouds.opacity >= np.float32(THIN_OPACITY)] = 2
        labels[thick] = 3
        return labels
    ground = make_ground(noise, grid)
    if task == "landslide":
        labels = ground.landslide.astype(np.uint8)
    else:
        labels = np.minimum(ground.grass * np.float32(5), np.float32(4)).astype(np.uint8)
    labels[thick] = IGNORED
    return labels
