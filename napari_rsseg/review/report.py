"""What a lead wants to know of a project: areas, agreement, time, errors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.activity import active_seconds
from napari_rsseg.metrics import confusion_matrix
from napari_rsseg.project import utc_now
from napari_rsseg.review.blind_sample import SampleResult, evaluate_sample
from napari_rsseg.review.error_kinds import ErrorKinds, error_kinds
from napari_rsseg.review.predictions import reviewed_labels, stored_predictions
from napari_rsseg.review.queue import Filter, ReviewQueue
from napari_rsseg.review.states import DONE, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.project import Project, SceneEntry
    from napari_rsseg.review.agreement import PairAgreement
    from napari_rsseg.review.comparing import Comparison
    from napari_rsseg.review.queue import QueueEntry

__all__ = ["ReportData", "SceneReport", "gather_report"]

_WORST = 6


@dataclass(frozen=True, eq=False)
class SceneReport:
    """One scene.

    Attributes
    ----------
    scene : SceneEntry
        Which.
    states : dict of State to int
        Windows in each state.
    reviewed : ndarray, (K,), int64
        Pixels of each class in what people reviewed.
    confusion : ndarray, (K, K), int64
        Rows are what people say, columns what was predicted.
    errors : ErrorKinds
        Of the prediction.
    worst : tuple of QueueEntry
        Windows with most corrected pixels, most first.
    prediction : PredictionStore or None
        The newest prediction, against which errors are counted.
    sample : SampleResult or None
        What the blind sample says.
    """

    scene: SceneEntry
    states: dict[State, int]
    reviewed: npt.NDArray[np.int64]
    confusion: npt.NDArray[np.int64]
    errors: ErrorKinds
    worst: tuple[QueueEntry, ...]
    prediction: PredictionStore | None
    sample: SampleResult | None


@dataclass(frozen=True, eq=False)
class ReportData:
    """A project.

    Attributes
    ----------
    name, made_at : str
        Of the project; when the report was made.
    scheme : Scheme
        Classes.
    scenes : tuple of SceneReport
        In the order in which they were added.
    seconds : dict of (str, int) to float
        Active time by person and class id, without pauses.
    comparison : Comparison or None
        How far annotators agree.
    scores : tuple of PairAgreement
        Each annotator against adjudicated truth.
    """

    name: str
    made_at: str
    scheme: Scheme
    scenes: tuple[SceneReport, ...]
    seconds: dict[tuple[str, int], float]
    comparison: Comparison | None
    scores: tuple[PairAgreement, ...]


def gather_report(
    project: Project,
    *,
    comparison: Comparison | None = None,
    scores: Sequence[PairAgreement] = (),
    also: Path | None = None,
) -> ReportData:
    """Read all that a report tells.

    Parameters
    ----------
    project : Project
        The lead's.
    comparison : Comparison, optional
        Of the annotators' copies.
    scores : sequence of PairAgreement
        Each annotator against adjudicated truth.
    also : Path, optional
        A further folder of predictions, of labels without a project of their own.

    Raises
    ------
    ProjectError
        When labels are damaged.
    """
    queue = ReviewQueue(project.catalogue, project.annotator)
    seconds: defaultdict[tuple[str, int], float] = defaultdict(float)
    for spent in active_seconds(project.catalogue):
        seconds[spent.actor, spent.class_id] += spent.seconds
    return ReportData(
        name=project.settings.name,
        made_at=utc_now(),
        scheme=project.scheme,
        scenes=tuple(_scene(project, queue, scene, also) for scene in project.scenes()),
        seconds=dict(seconds),
        comparison=comparison,
        scores=tuple(scores),
    )


def _scene(project: Project, queue: ReviewQueue, scene: SceneEntry, also: Path | None) -> SceneReport:
    classes = len(project.scheme.names)
    stores = stored_predictions(project, scene, also=also)
    labels = project.label_store(scene.id)
    reviewed = np.zeros(classes, dtype=np.int64)
    confusion = np.zeros((classes, classes), dtype=np.int64)
    errors = ErrorKinds()
    wrong: list[tuple[int, QueueEntry]] = []
    for entry in queue.of_scene(scene.id):
        if entry.is_blind:  # lies upon windows that are counted already
            continue
        truth = reviewed_labels(labels, entry)
        if (truth == IGNORED).all():
            continue
        reviewed += np.bincount(truth.ravel(), minlength=IGNORED + 1)[:classes]
        if stores and entry.state in DONE:
            found = _against(stores[0], entry, truth, project.scheme)
            confusion += found[0]
            errors += found[1]
            wrong.append((found[1].total, entry))
    wrong.sort(key=lambda pair: -pair[0])
    return SceneReport(
        scene=scene,
        states=queue.counts(Filter(scene=scene.id)),
        reviewed=reviewed,
        confusion=confusion,
        errors=errors,
        worst=tuple(entry for pixels, entry in wrong[:_WORST] if pixels),
        prediction=stores[0] if stores else None,
        sample=evaluate_sample(project, queue, scene),
    )


def _against(
    store: PredictionStore, entry: QueueEntry, truth: npt.NDArray[np.uint8], scheme: Scheme
) -> tuple[npt.NDArray[np.int64], ErrorKinds]:
    predicted = store.read_labels(entry.window)
    counts = confusion_matrix(truth, predicted, len(scheme.names))
    return counts, error_kinds(truth, predicted, scheme.background_ids)
