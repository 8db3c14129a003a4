"""The segmentation that plugin and command line share: what is asked of the engine, what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.engine.request import PredictionRequest, prediction_key
from napari_rsseg.errors import ModelError
from napari_rsseg.registry.deltas import whole_model
from napari_rsseg.registry.fitting import fit
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.registry.sources import ModelFile
    from napari_rsseg.scenes.scene import Scene

__all__ = [
    "ClassArea",
    "SegmentationOptions",
    "class_areas",
    "plan_segmentation",
    "predictions_folder",
]


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
        With what; a delta is joined with its base first.
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
        When the model does not fit the scene, with all reasons, or the base of a delta is missing.
    EngineError
        When the region holds no pixel of the scene.
    """
    problems = fit(model.card, scene).problems
    if problems:
        raise ModelError(
            f"Model {model.card.name} does not fit scene {scene.uri}: {'; '.join(problems)}.",
            "Choose another model, or correct the scene's band roles or radiometry.",
        )
    model = whole_model(model)
    whole = Window.of(scene.height, scene.width)
    asked = whole if region is None else region
    inside = asked.intersection(whole)
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
        region=asked if inside.is_empty else inside,  # refused by the numbers that were asked for
        store=(store_root or predictions_folder()) / f"{key}.zarr",
        device=options.device,
        tta=options.tta,
        probabilities=probabilities,
        view=view,
        overview=options.overview,
    )


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

    scheme = request.card.scheme
    assert scheme is not None  # checked in the request
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
