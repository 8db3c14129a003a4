"""A map of a scene's labels with legend, scale bar and grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.palette import colour_table
from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import OutputError
from napari_rsseg.review.pictures import overlaid, window_picture
from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.project import LabelStore
    from napari_rsseg.scenes.scene import Scene

__all__ = ["round_length", "write_map"]

_SUFFIXES = (".png", ".svg", ".pdf")
_MOST_PX = 1600


def write_map(path: Path, scene: Scene, labels: LabelStore, scheme: Scheme, *, title: str) -> Path:
    """Draw a scene with its labels to a picture whose suffix names its format, replacing an older one.

    Parameters
    ----------
    path : Path
        ``.png``, ``.svg`` or ``.pdf``.
    scene : Scene
        The picture beneath.
    labels : LabelStore
        Of the same scene.
    scheme : Scheme
        Classes; background is left out.
    title : str
        Above the map.

    Raises
    ------
    OutputError
        When the suffix is no picture's, or the file cannot be written.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    if path.suffix.lower() not in _SUFFIXES:
        raise OutputError(f"{path} is not the name of a picture.", f"End it in {', '.join(_SUFFIXES)}.")
    step = max(1, -(-max(scene.height, scene.width) // _MOST_PX))
    picture = overlaid(*_coarse(scene, labels, step), scheme)
    height, width = picture.shape[:2]
    figure = Figure(figsize=(8.5, 8.5 * height / width + 0.9), layout="constrained", dpi=150)
    axes = figure.add_subplot()
    axes.imshow(picture, extent=_extent(scene), interpolation="nearest")
    axes.grid(color="white", linewidth=0.5, alpha=0.6, linestyle=":")
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.tick_params(labelsize=7)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(_axis_words(scene), fontsize=8)
    table = colour_table(scheme) / 255
    axes.legend(
        handles=[
            Patch(facecolor=table[label][:3], edgecolor="black", linewidth=0.5, label=name)
            for label, name in enumerate(scheme.names)
            if label not in scheme.background_ids
        ],
        loc="upper right",
        fontsize=8,
        framealpha=0.9,
    )
    _draw_scale_bar(axes, scene)
    with replacing(path, overwrite=True) as part:
        figure.savefig(part)
    return path


def _coarse(
    scene: Scene, labels: LabelStore, step: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return picture and labels of one size, small enough for a page."""
    from PIL import Image

    rows, columns = -(-scene.height // step), -(-scene.width // step)
    level = max(number for number, each in enumerate(scene.levels) if each.downsample <= max(step, 1))
    size = scene.levels[level]
    whole = window_picture(scene, Window.of(size.height, size.width), level=level)
    small = np.asarray(Image.fromarray(whole).resize((columns, rows), Image.Resampling.BOX))
    fitting = max(each for each in labels.steps if each <= step)
    kept = np.asarray(labels.level(fitting)[:], dtype=np.uint8)
    down = np.minimum(np.arange(rows) * step // fitting, kept.shape[0] - 1)
    across = np.minimum(np.arange(columns) * step // fitting, kept.shape[1] - 1)
    return small, kept[np.ix_(down, across)] if kept.size else np.full((rows, columns), IGNORED, np.uint8)


def _extent(scene: Scene) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top in map coordinates, or pixels where the map is turned or unknown."""
    a, b, c, d, e, f = scene.georeference.affine
    if not scene.georeference.is_georeferenced or b or d:
        return 0.0, float(scene.width), float(scene.height), 0.0
    return c, c + a * scene.width, f + e * scene.height, f


def _axis_words(scene: Scene) -> str:
    wkt = scene.georeference.crs_wkt
    if wkt is None:
        return "pixels"
    from pyproj import CRS

    return str(CRS.from_wkt(wkt).name)


def round_length(length: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is at most a length."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9)))


def _draw_scale_bar(axes: Any, scene: Scene) -> None:
    """Draw a bar of a round length in the lower left corner; in pixels where their size is unknown."""
    unit_m = 1.0 if scene.gsd_m is None else scene.gsd_m
    length = round_length(scene.width * unit_m / 4)
    share = length / (scene.width * unit_m)
    if scene.gsd_m is None:
        words = f"{length:g} px"
    else:
        words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.plot(
        [0.04, 0.04 + share], [0.05, 0.05], transform=axes.transAxes, color="white", linewidth=5,
        solid_capstyle="butt",
    )  # fmt: skip
    axes.plot(
        [0.04, 0.04 + share], [0.05, 0.05], transform=axes.transAxes, color="black", linewidth=2.5,
        solid_capstyle="butt",
    )  # fmt: skip
    axes.text(
        0.04 + share / 2, 0.065, words, transform=axes.transAxes, ha="center", va="bottom", fontsize=8,
        bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1},
    )  # fmt: skip
