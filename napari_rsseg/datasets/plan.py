"""What a dataset version would hold: chips, their splits, and how the classes are balanced."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.datasets.chips import Chip, ChipPixels, chip_windows, read_chip
from napari_rsseg.datasets.likeness import alike_pairs, thumbnail
from napari_rsseg.datasets.sessions import sessions_of
from napari_rsseg.datasets.splitting import LEFT_OUT, SPLITS, Places, split_places
from napari_rsseg.errors import DatasetError, SettingsError
from napari_rsseg.scenes.georeferencing import map_to_lonlat, pixel_to_map
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproj import Transformer

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.datasets.sessions import SessionOf
    from napari_rsseg.project import LabelBlock, Project, SceneEntry
    from napari_rsseg.scenes.scene import Scene

__all__ = ["VersionOptions", "VersionPlan", "plan_version"]

_SMALLEST_PX, _LARGEST_PX = 16, 8192
_EQUAL_AREA = "EPSG:6933"


@dataclass(frozen=True)
class VersionOptions:
    """How a version is cut and shared out.

    Attributes
    ----------
    chip_px : int
        Side of the chips in pixels.
    overlap_px : int
        Pixels that neighbouring chips have in common.
    shares : tuple of 3 float
        Wanted shares of train, val and test, 0 to 1.
    seed : int
        Draws the lots.

    Raises
    ------
    SettingsError
        When one is out of range.
    """

    chip_px: int = 256
    overlap_px: int = 0
    shares: tuple[float, float, float] = (0.7, 0.15, 0.15)
    seed: int = 0

    def __post_init__(self) -> None:
        if not _SMALLEST_PX <= self.chip_px <= _LARGEST_PX:
            raise SettingsError(
                f"Chips of {self.chip_px} pixels are out of range.",
                f"Choose a side from {_SMALLEST_PX} to {_LARGEST_PX}.",
            )
        if not 0 <= self.overlap_px < self.chip_px:
            raise SettingsError(
                f"An overlap of {self.overlap_px} pixels does not fit chips of {self.chip_px}.",
                f"Choose 0 to {self.chip_px - 1}.",
            )


@dataclass(frozen=True, eq=False)
class VersionPlan:
    """What a version would hold.

    Attributes
    ----------
    options : VersionOptions
        How it is made.
    scheme : Scheme
        The classes.
    chips : tuple of Chip
        Sorted by name; those that are left out have the split ``""``.
    """

    options: VersionOptions
    scheme: Scheme
    chips: tuple[Chip, ...]

    @property
    def kept(self) -> tuple[Chip, ...]:
        """Chips that belong to a split."""
        return tuple(chip for chip in self.chips if chip.split)

    @property
    def left_out(self) -> int:
        """Number of chips that are left out because they touch or resemble one of another split."""
        return len(self.chips) - len(self.kept)

    def class_pixels(self, split: str) -> npt.NDArray[np.int64]:
        """Return the reviewed pixels of each class in a split, (classes,)."""
        rows = [chip.class_pixels for chip in self.chips if chip.split == split]
        counts = np.array(rows, dtype=np.int64).reshape(-1, len(self.scheme.classes))
        return np.asarray(counts.sum(axis=0), dtype=np.int64)

    def chip_count(self, split: str) -> int:
        """Return the number of chips of a split."""
        return sum(chip.split == split for chip in self.chips)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a trainer should know before the version is made, a sentence each."""
        found = [
            f"{split} has no chips: there are too few places to share out."
            for split, share in zip(SPLITS, self.options.shares, strict=True)
            if share > 0 and not self.chip_count(split)
        ]
        for split in SPLITS:
            missing = [
                name
                for name, pixels in zip(self.scheme.names, self.class_pixels(split), strict=True)
                if not pixels and self.chip_count(split)
            ]
            if missing:
                found.append(f"{split} has no pixel of {', '.join(missing)}.")
        return tuple(found)


@dataclass
class _Survey:
    """What is gathered chip by chip."""

    chips: list[Chip] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    scenes: list[int] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    thumbnails: list[npt.NDArray[np.float32]] = field(default_factory=list)


def plan_version(
    project: Project,
    options: VersionOptions,
    *,
    session_of: SessionOf | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> VersionPlan:
    """Look at every reviewed pixel and share the chips out.

    Parameters
    ----------
    project : Project
        Whose labels.
    options : VersionOptions
        How.
    session_of : callable, optional
        Gives the session of a scene; default: opened and closed here.
    on_progress : callable
        Told how many of the scenes are done; may raise to stop.

    Raises
    ------
    DatasetError
        When nothing is reviewed.
    ProjectError, SceneError
        When a scene or its labels cannot be read.
    """
    survey = _Survey()
    entries = project.scenes()
    classes = len(project.scheme.classes)
    opened = session_of or sessions_of(project)
    for number, entry in enumerate(entries):
        on_progress(number, len(entries))
        scene = project.open_scene(entry)
        try:
            with opened(entry) as session:
                _survey_scene(survey, number, entry, scene, session.labels.read, options, classes)
        finally:
            scene.close()
    on_progress(len(entries), len(entries))
    if not survey.chips:
        raise DatasetError(
            f"Nothing in the project {project.root} is reviewed yet.",
            "Correct or accept labels, or import masks: napari-rsseg dataset import IMAGES MASKS",
        )
    earlier, torn = _earlier_splits(project, survey.chips)
    places = Places(
        frames=tuple(survey.frames),
        scenes=np.array(survey.scenes, dtype=np.int64),
        boxes=np.array(survey.boxes, dtype=np.float64),
        margins=np.array(survey.margins),
        counts=np.array([chip.class_pixels for chip in survey.chips], dtype=np.int64),
        names=tuple(chip.name for chip in survey.chips),
        alike=alike_pairs(np.stack(survey.thumbnails)),
        earlier=earlier,
    )
    splits = split_places(places, options.shares, options.seed)
    splits[torn] = LEFT_OUT
    chips = [
        Chip(
            chip.name, chip.scene, chip.window, SPLITS[split] if split != LEFT_OUT else "", chip.class_pixels
        )
        for chip, split in zip(survey.chips, splits.tolist(), strict=True)
    ]
    return VersionPlan(options, project.scheme, tuple(sorted(chips, key=lambda chip: chip.name)))


def _survey_scene(  # noqa: PLR0913 - one scene of the survey
    survey: _Survey,
    number: int,
    entry: SceneEntry,
    scene: Scene,
    labels: Callable[[Window], LabelBlock],
    options: VersionOptions,
    classes: int,
) -> None:
    for window in chip_windows(scene.height, scene.width, options.chip_px, options.overlap_px):
        pixels = read_chip(scene, labels, window)
        if pixels is None:
            continue
        counts = np.bincount(pixels.block.labels.ravel(), minlength=256)[:classes]
        name = f"{entry.id}_r{window.row_start:06d}_c{window.column_start:06d}"
        survey.chips.append(Chip(name, entry.id, window, "", tuple(counts.tolist())))
        frame, box = _place_of(entry, window.intersection(Window.of(scene.height, scene.width)))
        survey.frames.append(frame)
        survey.scenes.append(number)
        survey.boxes.append(box)
        area = (box[2] - box[0]) * (box[3] - box[1])
        inside = window.intersection(Window.of(scene.height, scene.width))
        survey.margins.append(0.5 * (area / (inside.height * inside.width)) ** 0.5)
        survey.thumbnails.append(_thumbnail_of(scene, pixels))


def _thumbnail_of(scene: Scene, pixels: ChipPixels) -> npt.NDArray[np.float32]:
    bands = tuple(range(min(3, len(scene.bands))))
    shown = scene.radiometry.apply(pixels.image[list(bands)], bands, display=True)
    return thumbnail(np.nan_to_num(shown).mean(axis=0), pixels.valid)


def _place_of(entry: SceneEntry, window: Window) -> tuple[str, tuple[float, float, float, float]]:
    """Return frame and box of a window: metres of an equal-area map, or pixels of its own scene."""
    own = f"scene {entry.id}", _box_of(window)
    place = Georeference(entry.crs_wkt, entry.affine)
    if entry.crs_wkt is None:
        return own
    corners = [
        map_to_lonlat(place, *pixel_to_map(place, row, column))
        for row in (window.row_start, window.row_stop)
        for column in (window.column_start, window.column_stop)
    ]
    known = [corner for corner in corners if corner is not None]
    if len(known) < len(corners):
        return own
    longitudes, latitudes = zip(*known, strict=True)
    xs, ys = _to_equal_area().transform(longitudes, latitudes)
    if not np.isfinite([*xs, *ys]).all():
        return own
    return "map", (float(min(xs)), float(min(ys)), float(max(xs)), float(max(ys)))


def _box_of(window: Window) -> tuple[float, float, float, float]:
    return (
        float(window.column_start), float(window.row_start),
        float(window.column_stop), float(window.row_stop),
    )  # fmt: skip


@cache
def _to_equal_area() -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:4326", _EQUAL_AREA, always_xy=True)


def _earlier_splits(
    project: Project, chips: list[Chip]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Return the split of each chip's place in earlier versions, and where two of them meet in a chip."""
    import shapely

    earlier = np.full(len(chips), LEFT_OUT, dtype=np.int8)
    torn = np.zeros(len(chips), dtype=np.bool_)
    rows = project.catalogue.rows(
        "SELECT scene, row_start, row_stop, column_start, column_stop, split FROM splits"
    )
    for scene in {row["scene"] for row in rows}:
        known = [row for row in rows if row["scene"] == scene]
        windows = [
            Window(row["row_start"], row["row_stop"], row["column_start"], row["column_stop"])
            for row in known
        ]
        tree = shapely.STRtree(shapely.box(*np.array([_box_of(window) for window in windows]).T))
        own = [index for index, chip in enumerate(chips) if chip.scene == scene]
        boxes = np.array([_box_of(chips[index].window) for index in own]).reshape(-1, 4)
        inner = boxes + np.array([0.5, 0.5, -0.5, -0.5])  # common borders are no overlap
        for at, met in zip(*tree.query(shapely.box(*inner.T), predicate="intersects"), strict=True):
            index, split = own[at], SPLITS.index(known[met]["split"])
            torn[index] |= earlier[index] not in (LEFT_OUT, split)
            earlier[index] = split
    return earlier, torn
