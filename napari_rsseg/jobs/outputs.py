"""The files of a segmentation: named before the run, written after it, all of them or none."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import EngineError, OutputError
from napari_rsseg.scenes.class_sidecar import sidecar_path
from napari_rsseg.scenes.replacing import output_errors, refuse_existing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from napari_rsseg.engine.events import PredictionReport
    from napari_rsseg.engine.request import PredictionRequest
    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["OutputPlan", "plan_outputs", "write_outputs"]

VectorFormat = Literal["gpkg", "geojson"]
_TEXT_NAME = re.compile(r"[^\w.-]+")
_LONGEST_DATABASE_FOLDER = 440  # bytes; SQLite's paths have 512 at most, with the names of temporary files
_ENDINGS = (".tif", "_confidence.tif", "_probabilities.tif", ".gpkg", ".geojson")


@dataclass(frozen=True)
class OutputPlan:
    """The files to write of one segmentation; None: not wanted.

    Attributes
    ----------
    labels : Path
        GeoTIFF of class ids.
    confidence : Path or None
        GeoTIFF of round(250 p).
    probabilities : Path or None
        GeoTIFF with a band per class, float16.
    vectors : Path or None
        GeoPackage or GeoJSON.
    overwrite : bool
        Whether an earlier result may be replaced, with all its files.
    """

    labels: Path
    confidence: Path | None = None
    probabilities: Path | None = None
    vectors: Path | None = None
    overwrite: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The files to write, labels first."""
        chosen = (self.labels, self.confidence, self.probabilities, self.vectors)
        return tuple(path for path in chosen if path is not None)

    def moved(self, folder: Path) -> OutputPlan:
        """Return the plan for the same files in an empty folder."""

        def there(path: Path | None) -> Path | None:
            return None if path is None else folder / path.name

        return OutputPlan(
            folder / self.labels.name, there(self.confidence), there(self.probabilities), there(self.vectors)
        )


def plan_outputs(
    scene: Scene,
    task: str,
    folder: Path,
    *,
    wanted: Iterable[Literal["confidence", "probabilities"]] = (),
    vectors: VectorFormat | None = None,
    overwrite: bool = False,
) -> OutputPlan:
    """Name the files of a segmentation, and check before the run that they may be written.

    Parameters
    ----------
    scene : Scene
        What is segmented; its file gives the stem.
    task : str
        Name of the scheme, the second part of the names.
    folder : Path
        Where to write; made if need be.
    wanted : iterable of str
        Files beside the labels.
    vectors : {"gpkg", "geojson"}, optional
        Format of polygons to write as well.
    overwrite : bool
        Whether an earlier result may be replaced: all its files, also those not asked for now.

    Raises
    ------
    OutputError
        When an earlier result is there and must not be replaced, or the folder or the name refuse it.
    """
    stem = f"{_stem(scene.uri)}_{task}"
    labels = folder / f"{stem}.tif"
    further = {kind: folder / f"{stem}_{kind}.tif" for kind in wanted}
    plan = OutputPlan(
        labels,
        confidence=further.get("confidence"),
        probabilities=further.get("probabilities"),
        vectors=None if vectors is None else folder / f"{stem}.{vectors}",
        overwrite=overwrite,
    )
    with output_errors(labels):
        folder.mkdir(parents=True, exist_ok=True)
    _earlier(plan)
    for path in plan.files:
        refuse_existing(path, overwrite=overwrite)
        refuse_existing(sidecar_path(path), overwrite=True)
    if vectors == "gpkg" and len(os.fsencode(folder.absolute())) > _LONGEST_DATABASE_FOLDER:
        raise OutputError(
            f"A GeoPackage is a database, and none takes a path as long as that of {folder}.",
            "Use --vectors geojson, or choose a folder of a shorter path.",
        )
    if not os.access(folder, os.W_OK):
        raise OutputError(f"Nothing may be written to {folder}.", "Name another folder with --out.")
    return plan


def _earlier(plan: OutputPlan) -> list[Path]:
    """Return the files of an earlier result in the place of this one.

    Raises
    ------
    OutputError
        When there are some and they must not be replaced.
    """
    with output_errors(plan.labels):
        possible = [plan.labels.with_name(plan.labels.stem + ending) for ending in _ENDINGS]
        found = [path for path in possible if path.exists()]
    if found and not plan.overwrite:
        raise OutputError(
            f"{', '.join(map(str, found))} {'exist' if len(found) > 1 else 'exists'} already.",
            "Allow overwriting (--overwrite), or choose another folder (--out).",
        )
    return found


def write_outputs(
    request: PredictionRequest, report: PredictionReport, scene: Scene, plan: OutputPlan
) -> list[Path]:
    """Write the files of a finished prediction, all of them or none.

    They are written beside their places and moved there together, so that no file of an earlier result ever
    lies beside the new ones. Pixels outside the region are 255 (nodata), and so are those where the scene has
    none.

    Returns
    -------
    list of Path
        The files, labels first.

    Raises
    ------
    EngineError
        When blocks of the region are missing: an incomplete map is never written for a whole one.
    OutputError
        When a file cannot be written; what was there before is then left as it was.
    """
    _require_complete(report)
    folder = plan.labels.parent
    with (
        output_errors(plan.labels),
        tempfile.TemporaryDirectory(prefix=".rsseg-", dir=folder, ignore_cleanup_errors=True) as name,
    ):
        staging = Path(name)
        try:
            _write_all(request, scene, plan.moved(staging))
        except OutputError as error:
            raise OutputError(error.found.replace(str(staging), str(folder)), error.remedy) from None
        for path in _earlier(plan):
            path.unlink(missing_ok=True)
            sidecar_path(path).unlink(missing_ok=True)
        for path in staging.iterdir():
            path.replace(folder / path.name)
    return list(plan.files)


def _write_all(request: PredictionRequest, scene: Scene, plan: OutputPlan) -> None:
    from napari_rsseg.datasets.exports.vectors import write_vectors
    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.scenes.masks import write_confidence, write_mask, write_probabilities

    scheme = request.card.scheme
    assert scheme is not None  # checked in the request
    store = PredictionStore.open(request.store)
    tags = _tags(request, store)
    labels = _within(request.region, store.read_labels)
    write_mask(plan.labels, like=scene, read=labels, scheme=scheme, tags=tags)
    if plan.confidence is not None:
        shares = _within(request.region, store.read_confidence)
        write_confidence(plan.confidence, like=scene, read=shares, tags=tags)
    if plan.probabilities is not None:
        read = _probabilities_within(request.region, store)
        write_probabilities(plan.probabilities, like=scene, read=read, scheme=scheme, tags=tags)
    if plan.vectors is not None:
        write_vectors(plan.vectors, mask=plan.labels, scheme=scheme)


def _stem(uri: str) -> str:
    """Return a file stem for a scene: of its file or folder, or of what stands for them."""
    if uri.startswith("synthetic:"):
        return _TEXT_NAME.sub("_", uri)
    if "://" in uri:
        return PurePosixPath(uri.split("?")[0]).stem
    return Path(uri).stem


def _require_complete(report: PredictionReport) -> None:
    if not report.missing:
        return
    total = len(report.done) + len(report.missing)
    named = ", ".join(str(window) for window in report.missing[:5])
    more = f" and {len(report.missing) - 5} more" if len(report.missing) > 5 else ""
    reason = f" {report.failed[0].found}" if report.failed else ""
    raise EngineError(
        f"{len(report.missing)} of {total} blocks are not predicted ({named}{more}).{reason}",
        report.failed[0].remedy if report.failed else "Segment again: only the missing blocks are predicted.",
    )


def _tags(request: PredictionRequest, store: PredictionStore) -> dict[str, str]:
    facts = store.facts
    assert request.scene.radiometry is not None  # checked in the request
    tags = {
        "model": request.card.name,
        "model_sha256": request.card.sha256,
        "radiometry": request.scene.radiometry.model_dump_json(),
        "device": str(facts.get("device", "")),
        "precision": str(facts.get("precision", "")),
        "tta": "yes" if request.tta else "no",
        "region": str(request.region),
    }
    if facts.get("changes"):
        tags["changes"] = " ".join(facts["changes"])
    return tags


def _within(
    region: Window, read: Callable[[Window], npt.NDArray[np.uint8]]
) -> Callable[[Window], npt.NDArray[np.uint8]]:
    def inside(window: Window) -> npt.NDArray[np.uint8]:
        values = np.full(window.shape, IGNORED, dtype=np.uint8)
        common = window.intersection(region)
        if not common.is_empty:
            values[common.within(window).slices] = read(common)
        return values

    return inside


def _probabilities_within(
    region: Window, store: PredictionStore
) -> Callable[[Window], npt.NDArray[np.float16]]:
    def inside(window: Window) -> npt.NDArray[np.float16]:
        values = np.full((store.layout.classes, *window.shape), np.nan, dtype=np.float16)
        common = window.intersection(region)
        if not common.is_empty:
            values[(slice(None), *common.within(window).slices)] = store.read_probabilities(common)
        return values

    return inside
