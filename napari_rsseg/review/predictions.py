"""The stored predictions of a project's scenes, and how far people contradicted them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import EngineError, ProjectError
from napari_rsseg.project.provenance import REVIEWED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.project import LabelStore, Project, SceneEntry
    from napari_rsseg.review.queue import QueueEntry

__all__ = ["newest_prediction", "reviewed_labels", "stored_predictions", "wrong_shares"]


def stored_predictions(
    project: Project, scene: SceneEntry, *, also: Path | None = None
) -> list[PredictionStore]:
    """Return the predictions of a scene that lie in the project or another folder, the newest first.

    Those of another scheme than the project's, or without any block, are left out; so is what is damaged.
    """
    from napari_rsseg.engine.results import PredictionStore

    roots = {project.predictions_folder} | (set() if also is None else {also})
    folders = sorted(
        (path for root in roots for path in root.glob("*.zarr")),
        key=lambda path: path.stat().st_mtime_ns,
        reverse=True,
    )
    found = []
    for folder in folders:
        try:
            store = PredictionStore.open(folder)
        except EngineError:
            continue
        facts = store.facts
        names = [entry["name"] for entry in (facts["model"]["scheme"] or {"classes": []})["classes"]]
        is_ours = facts["fingerprint"] == scene.fingerprint and names == list(project.scheme.names)
        if is_ours and any(store.is_done(block) for block in np.ndindex(*store.grid.shape)):
            found.append(store)
    return found


def newest_prediction(project: Project, scene: SceneEntry, *, also: Path | None = None) -> PredictionStore:
    """Return the newest prediction of a scene.

    Raises
    ------
    ProjectError
        When there is none.
    """
    found = stored_predictions(project, scene, also=also)
    if not found:
        raise ProjectError(
            f"Scene {scene.id} has no prediction under the classes of this project.",
            f"Segment it first: napari-rsseg segment --project {project.root}",
        )
    return found[0]


def reviewed_labels(labels: LabelStore, entry: QueueEntry) -> npt.NDArray[np.uint8]:
    """Return what people say in a window, (H, W): class ids, 255 where nobody reviewed."""
    block = labels.read(entry.window)
    return np.where(np.isin(block.provenance, REVIEWED), block.labels, np.uint8(IGNORED))


def wrong_shares(
    store: PredictionStore, labels: LabelStore, entries: Iterable[QueueEntry]
) -> dict[int, float]:
    """Return the share of wrong pixels in windows, by id; windows that nobody reviewed are left out."""
    shares: dict[int, float] = {}
    for entry in entries:
        truth, predicted = reviewed_labels(labels, entry), store.read_labels(entry.window)
        both = (truth != IGNORED) & (predicted != IGNORED)
        if both.any():
            shares[entry.id] = float((truth[both] != predicted[both]).mean())
    return shares
