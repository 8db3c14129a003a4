"""The segmentation that plugin and command line share: what is asked of the engine, what becomes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from napari_rsseg.classes.scheme import IGNORED, Scheme
from napari_rsseg.engine.request import PredictionRequest, prediction_key
from napari_rsseg.errors import EngineError, ModelError, OutputError
from napari_rsseg.registry.fitting import fit
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from napari_rsseg.engine.events import PredictionReport
    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.registry.sources import ModelFile
    from napari_rsseg.scenes.scene import Scene

__all__ = [
    "ClassArea",
    "OutputPlan",
    "SegmentationOptions",
    "class_areas",
    "plan_outputs",
    "plan_segmentation",
    "predictions_folder",
    "write_outputs",
]

VectorFormat = Literal["gpkg", "geojson"]
_TEXT_NAME = re.compile(r"[^\w.-]+")


class SegmentationOptions(Protocol):
    """How to predict; the plugin's form and the command line's flags have these.

    Attributes
    ----------
    device : {"auto", "cuda", "mps", "cpu"}
        Where to run.
    tta : bool
        Average over eight orientations.
    overview : bool
        Predict a coarse level of large scenes first.
    """

    @property
    def device(self) -> DeviceChoice:
        """Where to run."""
        ...

    @property
    def tta(self) -> bool:
        """Whether to average over eight orientations."""
        ...

    @property
    def overview(self) -> bool:
        """Whether a coarse pass comes first."""
        ...


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
        Whether files of these names may be replaced.
    """

    labels: Path
    confidence: Path | None = None
    probabilities: Path | None = None
    vectors: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class ClassArea:
    """How much of a region a class covers.

    Attributes
    ----------
    name : str
        Of the class.
    pixels : int
        Number of pixels.
    hectares : float or None
        Area; None where the size of a pixel is unknown.
    percent : float
        Share of the pixels about which something is said.
    """

    name: str
    pixels: int
    hectares: float | None
    percent: float


def predictions_folder() -> Path:
    """Return where predictions are kept without a project; may be deleted at any time."""
    return cache_folder() / "predictions"


def plan_segmentation(
    scene: Scene,
    model: ModelFile,
    *,
    options: SegmentationOptions,
    region: Window | None = None,
    view: Window | None = None,
    store_root: Path | None = None,
) -> PredictionRequest:
    """Return what to ask of the engine.

    Parameters
    ----------
    scene : Scene
        What to segment.
    model : ModelFile
        With what.
    options : SegmentationOptions
        How; with a true ``probabilities`` the probability of every class is kept as well.
    region : Window, optional
        The part to predict; default: the whole scene.
    view : Window, optional
        What the user looks at, predicted first.
    store_root : Path, optional
        Folder of the stored predictions; default: `predictions_folder`.

    Raises
    ------
    ModelError
        When the model does not fit the scene, with all reasons.
    EngineError
        When the region holds no pixel of the scene.
    """
    problems = fit(model.card, scene).problems
    if problems:
        raise ModelError(
            f"Model {model.card.name} does not fit scene {scene.uri}: {'; '.join(problems)}.",
            "Choose another model, or correct the scene's band roles or radiometry.",
        )
    whole = Window.of(scene.height, scene.width)
    probabilities = bool(getattr(options, "probabilities", False))
    reference = scene.reference
    key = prediction_key(
        scene.fingerprint, model.card, reference, tta=options.tta, probabilities=probabilities
    )
    return PredictionRequest(
        scene=reference,
        scene_fingerprint=scene.fingerprint,
        height=scene.height,
        width=scene.width,
        card=model.card,
        weights=model.weights_path,
        region=whole if region is None else region.intersection(whole),
        store=(store_root or predictions_folder()) / f"{key}.zarr",
        device=options.device,
        tta=options.tta,
        probabilities=probabilities,
        view=view,
        overview=options.overview,
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
        Whether files of these names may be replaced.

    Raises
    ------
    OutputError
        When files of these names are there and must not be replaced, or the folder cannot be written.
    """
    stem = f"{_stem(scene.uri)}_{task}"
    further = {kind: folder / f"{stem}_{kind}.tif" for kind in wanted}
    plan = OutputPlan(
        folder / f"{stem}.tif",
        confidence=further.get("confidence"),
        probabilities=further.get("probabilities"),
        vectors=None if vectors is None else folder / f"{stem}.{vectors}",
        overwrite=overwrite,
    )
    files = (plan.labels, plan.confidence, plan.probabilities, plan.vectors)
    existing = [str(path) for path in files if path is not None and path.exists()]
    if existing and not overwrite:
        raise OutputError(
            f"{', '.join(existing)} {'exist' if len(existing) > 1 else 'exists'} already.",
            "Allow overwriting (--overwrite), or choose another folder (--out).",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Folder {folder} cannot be made ({error.strerror}).", "Choose a folder that you may write to."
        ) from None
    return plan


def write_outputs(
    request: PredictionRequest, report: PredictionReport, scene: Scene, plan: OutputPlan
) -> list[Path]:
    """Write the files of a finished prediction, each all or nothing.

    Pixels outside the region are 255 (nodata), and so are those where the scene has none.

    Returns
    -------
    list of Path
        The files, labels first.

    Raises
    ------
    EngineError
        When blocks of the region are missing: an incomplete map is never written for a whole one.
    OutputError
        When a file cannot be written or must not be replaced.
    """
    from napari_rsseg.datasets.exports.vectors import write_vectors
    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.scenes.masks import write_confidence, write_mask, write_probabilities

    _require_complete(report)
    scheme = _scheme(request)
    store = PredictionStore.open(request.store)
    tags = _tags(request, store)
    inside = _within(request.region, store.read_labels)
    overwrite = plan.overwrite
    written = [
        write_mask(plan.labels, like=scene, read=inside, scheme=scheme, tags=tags, overwrite=overwrite)
    ]
    if plan.confidence is not None:
        inside = _within(request.region, store.read_confidence)
        written.append(
            write_confidence(plan.confidence, like=scene, read=inside, tags=tags, overwrite=overwrite)
        )
    if plan.probabilities is not None:
        read = _probabilities_within(request.region, store)
        written.append(
            write_probabilities(
                plan.probabilities, like=scene, read=read, scheme=scheme, tags=tags, overwrite=overwrite
            )
        )
    if plan.vectors is not None:
        written.append(write_vectors(plan.vectors, mask=plan.labels, scheme=scheme, overwrite=overwrite))
    return written


def class_areas(request: PredictionRequest, gsd_m: float | None) -> tuple[ClassArea, ...]:
    """Return how much of the region each class of the prediction covers.

    Parameters
    ----------
    request : PredictionRequest
        Whose prediction to measure; blocks that are missing are left out.
    gsd_m : float or None
        Ground sampling distance of the scene in metres.

    Returns
    -------
    tuple of ClassArea
        In order of the class ids.
    """
    from napari_rsseg.engine.results import PredictionStore

    scheme = _scheme(request)
    store = PredictionStore.open(request.store)
    counts = np.zeros(IGNORED + 1, dtype=np.int64)
    for block in store.done_blocks(request.region):
        window = store.grid.window(block).intersection(request.region)
        counts += np.bincount(store.read_labels(window).ravel(), minlength=IGNORED + 1)
    total = max(int(counts[:IGNORED].sum()), 1)
    pixel_ha = None if gsd_m is None else gsd_m**2 / 10_000
    return tuple(
        ClassArea(
            name,
            int(count),
            None if pixel_ha is None else int(count) * pixel_ha,
            100 * int(count) / total,
        )
        for name, count in zip(scheme.names, counts, strict=False)
    )


def _scheme(request: PredictionRequest) -> Scheme:
    assert request.card.scheme is not None  # checked in the request
    return request.card.scheme


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
