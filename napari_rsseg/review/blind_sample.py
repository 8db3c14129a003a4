"""The lead's blind sample: places drawn by class of the map, labelled without seeing it, then evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.project.provenance import REVIEWED
from napari_rsseg.review.areas import AreaEstimate, estimate_areas
from napari_rsseg.review.predictions import newest_prediction
from napari_rsseg.review.preparing import grid_windows
from napari_rsseg.review.sampling import allocate, count_classes, draw_points, window_around
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.project import Project, SceneEntry
    from napari_rsseg.review.queue import ReviewQueue

__all__ = ["SampleResult", "draw_blind_sample", "evaluate_sample"]

_BLOCK_PX = 512
_KIND = "sample"


@dataclass(frozen=True, eq=False)
class SampleResult:
    """What the sample says of one scene's map.

    Attributes
    ----------
    scene : str
        Id of the scene.
    drawn, labelled : int
        Places of the sample, and those that have been labelled.
    estimate : AreaEstimate or None
        Areas in hectares, or pixels where the size of a pixel is unknown; None while nothing is labelled.
    unit : str
        ``ha`` or ``px``.
    """

    scene: str
    drawn: int
    labelled: int
    estimate: AreaEstimate | None
    unit: str


def draw_blind_sample(
    project: Project, queue: ReviewQueue, scene: SceneEntry, *, total: int, side_px: int = 64, seed: int = 0
) -> list[int]:
    """Draw a sample of a scene's prediction and put a small blind window about each place into the queue.

    Parameters
    ----------
    project : Project
        Open to write.
    queue : ReviewQueue
        Of the project.
    scene : SceneEntry
        Which scene.
    total : int
        Number of places.
    side_px : int
        Side of the windows; only their middle pixel counts.
    seed : int
        The same seed draws the same places.

    Returns
    -------
    list of int
        The windows, in random order.

    Raises
    ------
    ProjectError
        When the scene has no prediction.
    DatasetError
        When the total is too small for the classes on the map.
    """
    store = newest_prediction(project, scene)
    blocks = grid_windows(scene.height, scene.width, _BLOCK_PX)
    counts = count_classes(store.read_labels, blocks, len(project.scheme.names))
    allocation = allocate(counts.sum(axis=0), total)
    points = draw_points(store.read_labels, blocks, counts, allocation, seed=seed)
    whole = Window.of(scene.height, scene.width)
    windows = [window_around(point, side_px, whole) for point in points]
    queue.fill(scene.id, windows)
    ids = {entry.window: entry.id for entry in queue.of_scene(scene.id)}
    with project.catalogue.transaction():
        queue.mark_blind([ids[window] for window in windows])
        for point, window in zip(points, windows, strict=True):
            queue.tell(
                ids[window],
                _KIND,
                details={
                    "row": point.row, "column": point.column, "mapped": point.mapped,
                    "prediction": store.path.name, "pixels": counts.sum(axis=0).tolist(),
                },
            )  # fmt: skip
    return [ids[window] for window in windows]


def evaluate_sample(project: Project, queue: ReviewQueue, scene: SceneEntry) -> SampleResult | None:
    """Return areas and accuracies from the sampled places that are labelled; None without a sample."""
    drawn = [
        event.details
        for entry in queue.of_scene(scene.id)
        if entry.is_blind
        for event in queue.history(entry.id)
        if event.kind == _KIND
    ]
    if not drawn:
        return None
    classes = len(project.scheme.names)
    samples = np.zeros((classes, classes), dtype=np.int64)
    labels = project.label_store(scene.id)
    for details in drawn:
        row, column, mapped = (int(str(details[key])) for key in ("row", "column", "mapped"))
        block = labels.read(Window(row, row + 1, column, column + 1))
        if block.labels[0, 0] != IGNORED and block.provenance[0, 0] in REVIEWED:
            samples[mapped, block.labels[0, 0]] += 1
    pixels: npt.NDArray[np.float64] = np.array(drawn[-1]["pixels"], dtype=np.float64)
    unit, size = ("px", 1.0) if scene.gsd_m is None else ("ha", scene.gsd_m**2 / 10_000)
    labelled = int(samples.sum())
    estimate = estimate_areas(samples, pixels * size) if labelled else None
    return SampleResult(scene.id, len(drawn), labelled, estimate, unit)
