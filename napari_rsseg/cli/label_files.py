"""Label maps of any program: found in folders, paired by name, read in strips, translated to class ids."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.label_map import parse_label_map
from napari_rsseg.errors import SceneError, SchemeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt
    import rasterio

    from napari_rsseg.classes.scheme import Scheme

__all__ = ["LABEL_SUFFIXES", "Pairing", "check_same_grid", "open_labels", "pair_labels", "parse_id_map"]

LABEL_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".jp2", ".vrt")
_STRIP_PX = 1 << 24  # pixels read at once
_LARGEST_ID = 65535


@dataclass(frozen=True)
class Pairing:
    """Label files that belong together.

    Attributes
    ----------
    pairs : tuple of (Path, Path)
        Prediction and truth.
    truths_alone, predictions_alone : tuple of Path
        Files without a partner.
    """

    pairs: tuple[tuple[Path, Path], ...]
    truths_alone: tuple[Path, ...] = ()
    predictions_alone: tuple[Path, ...] = ()


def _label_files(folder: Path) -> dict[str, Path]:
    """Return the label files of a folder by stem.

    Raises
    ------
    SceneError
        When two files have the same stem.
    """
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in LABEL_SUFFIXES or not path.is_file():
            continue
        first = files.setdefault(path.stem, path)
        if first != path:
            raise SceneError(
                f"{first} and {path.name} have the same stem, so neither can be paired.",
                "Keep one label file of each stem in the folder.",
            )
    return files


def pair_labels(prediction: Path, truth: Path, task: str) -> Pairing:
    """Pair predictions with truths.

    Two files are a pair. Of two folders, a truth ``<stem>`` goes with the prediction ``<stem>_<task>``, or
    else with the prediction ``<stem>``.

    Raises
    ------
    SceneError
        When a place does not exist, one is a folder and the other a file, or nothing pairs.
    """
    for place in (prediction, truth):
        if not place.exists():
            raise SceneError(f"{place} does not exist.", "Give a label file, or a folder of label files.")
    if prediction.is_dir() != truth.is_dir():
        folder = prediction if prediction.is_dir() else truth
        raise SceneError(f"{folder} is a folder, the other one is a file.", "Give two files or two folders.")
    if not truth.is_dir():
        return Pairing(((prediction, truth),))
    predictions, truths = _label_files(prediction), _label_files(truth)
    pairs: list[tuple[Path, Path]] = []
    alone: list[Path] = []
    for stem, path in truths.items():
        partner = predictions.pop(f"{stem}_{task}", None) or predictions.pop(stem, None)
        if partner is None:
            alone.append(path)
        else:
            pairs.append((partner, path))
    if not pairs:
        raise SceneError(
            f"None of the {len(truths)} label files in {truth} has a prediction in {prediction}.",
            f"A prediction needs the stem of its truth, or that stem and _{task}.",
        )
    return Pairing(tuple(pairs), tuple(alone), tuple(predictions.values()))


def parse_id_map(text: str, scheme: Scheme) -> dict[int, int]:
    """Read ``64=cloud shadow,128-255=cloud,0=ignore`` as numbers in files to class ids.

    Raises
    ------
    SchemeError
        With all entries that are not of this form, or name no class.
    """
    meaning = parse_label_map(text, scheme)
    if meaning.colours:
        raise SchemeError(
            f"The class map {text!r} names colours.", "Name numbers; these are maps of class ids."
        )
    return {number: label for first, last, label in meaning.numbers for number in range(first, last + 1)}


@dataclass
class LabelFile:
    """An opened label map.

    Attributes
    ----------
    path : Path
        File.
    dataset : rasterio dataset
        As opened.
    id_map : mapping
        Numbers in the file to class ids; what it does not name stays.
    classes : int
        Number of classes: nodata that is one of their ids counts as that class.
    """

    path: Path
    dataset: rasterio.DatasetReader
    id_map: Mapping[int, int]
    classes: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.dataset.height), int(self.dataset.width)

    @property
    def nodata_is_a_class(self) -> bool:
        """Whether the file's nodata number is also a class."""
        nodata = self.dataset.nodata
        return nodata is not None and (nodata in self.id_map or 0 <= nodata < self.classes)

    def strips(self) -> Iterator[tuple[int, int]]:
        """Yield half-open ranges of rows that fit in memory."""
        height, width = self.shape
        rows = max(1, _STRIP_PX // max(1, width))
        for start in range(0, height, rows):
            yield start, min(start + rows, height)

    def read(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """Return class ids of rows, (rows, width); 255 where nothing is said.

        Raises
        ------
        SceneError
            When the file is damaged there, or is a colour picture.
        SchemeError
            When it holds fractions, negative numbers, or ids too large to be a class.
        """
        values = self._numbers(start, stop)
        unique, inverse = np.unique(values, return_inverse=True)
        ids = np.array([self._id_of(float(value)) for value in unique], dtype=np.uint8)
        return ids[inverse].reshape(values.shape)

    def _id_of(self, value: float) -> int:
        if not np.isfinite(value) or (value == self.dataset.nodata and not self.nodata_is_a_class):
            return IGNORED
        if value != int(value) or not 0 <= int(value) <= _LARGEST_ID:
            raise SchemeError(f"{self.path} holds {value:g}, which is no class id.", "Give whole numbers.")
        label = self.id_map.get(int(value), int(value))
        if label > IGNORED:
            raise SchemeError(
                f"{self.path} holds {label}, which is no class id.", f'Say what it means: "{label}=CLASS".'
            )
        return label

    def _numbers(self, start: int, stop: int) -> npt.NDArray[np.generic]:
        """Return the one channel that holds the labels, (rows, width)."""
        import rasterio.errors
        import rasterio.windows

        window = rasterio.windows.Window(0, start, self.shape[1], stop - start)
        try:
            bands = self.dataset.read(window=window)
        except (rasterio.errors.RasterioError, OSError) as error:
            raise SceneError(
                f"{self.path} is damaged in rows {start} to {stop} ({error}).", "Get the file again."
            ) from None
        colours = bands[: 3 if len(bands) >= 3 else 1]
        if len(bands) > 4 or (colours != colours[0]).any():
            raise SceneError(
                f"{self.path} is a picture of {len(bands)} bands, not a map of class ids.",
                "Give one band of class ids (or grey, where all colours are the same).",
            )
        labels: npt.NDArray[np.generic] = colours[0]
        if len(bands) in (2, 4):  # the last one is alpha
            labels = np.where(bands[-1] == 0, np.float64(np.nan), labels)
        return labels


@contextmanager
def open_labels(path: Path, id_map: Mapping[int, int], classes: int) -> Iterator[LabelFile]:
    """Open a label map; rows are read when asked for.

    Raises
    ------
    SceneError
        When the file is no raster.
    """
    import rasterio
    import rasterio.errors

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            dataset = rasterio.open(path)
        except (rasterio.errors.RasterioError, OSError) as error:
            raise SceneError(
                f"{path} cannot be read as a label map ({error}).", "Give a GeoTIFF or PNG of class ids."
            ) from None
        with dataset:
            yield LabelFile(path, dataset, id_map, classes)


def _map_position(dataset: rasterio.DatasetReader, column: int, row: int) -> npt.NDArray[np.float64]:
    """Return x and y of a pixel corner on the map."""
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    return np.array([a * column + b * row + c, d * column + e * row + f])


def check_same_grid(prediction: LabelFile, truth: LabelFile) -> None:
    """Refuse to compare maps of different pixels.

    Raises
    ------
    SceneError
        When sizes differ, or both have a place on the map and the places differ.
    """
    if prediction.shape != truth.shape:
        sizes = " and ".join(
            f"{labels.path} is {labels.shape[0]} x {labels.shape[1]}" for labels in (prediction, truth)
        )
        raise SceneError(f"{sizes} pixels (rows x columns).", "Compare label maps of one grid.")
    first, second = prediction.dataset, truth.dataset
    if first.crs is None or second.crs is None:
        return
    if first.crs != second.crs:
        raise SceneError(
            f"{prediction.path} lies in {first.crs} and {truth.path} in {second.crs}.",
            "Re-project one of them to the grid of the other.",
        )
    pixel = max(abs(first.transform.a), abs(first.transform.b), abs(first.transform.e))
    rows, columns = truth.shape
    for column, row in ((0, 0), (columns, rows)):
        apart = _map_position(first, column, row) - _map_position(second, column, row)
        if np.abs(apart).max() > 0.01 * pixel:
            raise SceneError(
                f"{prediction.path} and {truth.path} lie {np.abs(apart).max() / pixel:.2f} pixels apart.",
                "Compare label maps of one grid.",
            )
