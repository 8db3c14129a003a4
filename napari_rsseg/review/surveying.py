"""Looking over the windows of a scene, kept beside its prediction so that it is done once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_rsseg.review.evidence import WindowEvidence, evidence_of
from napari_rsseg.review.misses import CellLabels, cell_labels
from napari_rsseg.review.survey import SurveyedWindow
from napari_rsseg.scenes.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.review.queue import QueueEntry
    from napari_rsseg.scenes.windows import Window

__all__ = ["LooksAt", "survey_windows"]

_NUMBERS = ("pixels", "doubt", "closeness", "dispute", "impurity")


class LooksAt(Protocol):
    """What gives encoder features of windows of one scene."""

    def __call__(self, windows: Sequence[Window]) -> npt.NDArray[np.float16]:
        """Return the features of each window's cells, (N, side * side, D), rows of cells first."""
        ...


def survey_windows(
    entries: Sequence[QueueEntry],
    store: PredictionStore,
    *,
    other: PredictionStore | None = None,
    looks_at: LooksAt | None = None,
) -> list[SurveyedWindow]:
    """Return what is known of the windows of a scene, read from where they were kept.

    Parameters
    ----------
    entries : sequence of QueueEntry
        Windows of one scene.
    store : PredictionStore
        Its prediction.
    other : PredictionStore, optional
        Another prediction, for disputes.
    looks_at : callable, optional
        Gives encoder features; default: none are wanted, and those that were kept are still returned.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    path = store.path.with_name(f"{store.path.stem}.windows.npz")
    stamp = _stamp(entries, store, other)
    kept = _kept(path, stamp)
    if kept is None:
        kept = {"stamp": stamp, **_measured(entries, store, other)}
        _keep(path, kept)
    if looks_at is not None and "features" not in kept:
        features = looks_at([entry.window for entry in entries])
        side = round(features.shape[1] ** 0.5)
        kept = {**kept, "features": features, **_cells(entries, store, (side, side))}
        _keep(path, kept)
    return [_window(entry, kept, place) for place, entry in enumerate(entries)]


def _stamp(
    entries: Sequence[QueueEntry], store: PredictionStore, other: PredictionStore | None
) -> npt.NDArray[np.int64]:
    """Return what must still hold for a file to be used: places, and how much was predicted."""
    done = [
        sum(each.is_done(block) for block in np.ndindex(*each.grid.shape))
        for each in (store, other)
        if each is not None
    ]
    places = [
        (w.row_start, w.row_stop, w.column_start, w.column_stop) for w in (entry.window for entry in entries)
    ]
    named = [] if other is None else [int(value) for value in other.path.name.encode()]
    return np.concatenate([np.array([*done, *named], dtype=np.int64), np.array(places, np.int64).ravel()])


def _kept(path: Path, stamp: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]] | None:
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    return kept if np.array_equal(kept["stamp"], stamp) else None


def _keep(path: Path, values: dict[str, npt.NDArray[Any]]) -> None:
    with replacing(path, overwrite=True) as draft, draft.open("wb") as stream:
        np.savez(stream, **values)  # type: ignore[arg-type]  # its own flag is taken for one of the arrays


def _measured(
    entries: Sequence[QueueEntry], store: PredictionStore, other: PredictionStore | None
) -> dict[str, npt.NDArray[Any]]:
    found = evidence_of(store, [entry.window for entry in entries], other)
    numbers = np.array([[getattr(one, name) for name in _NUMBERS] for one in found])
    return {"numbers": numbers, "classes": np.stack([one.classes for one in found])}


def _cells(
    entries: Sequence[QueueEntry], store: PredictionStore, grid: tuple[int, int]
) -> dict[str, npt.NDArray[Any]]:
    cells = [
        cell_labels(
            store.read_labels(entry.window), store.read_confidence(entry.window), store.layout.classes, grid
        )
        for entry in entries
    ]
    return {
        "cell_label": np.stack([one.label for one in cells]),
        "cell_purity": np.stack([one.purity for one in cells]),
        "cell_confidence": np.stack([one.confidence for one in cells]),
    }


def _window(entry: QueueEntry, kept: dict[str, npt.NDArray[Any]], place: int) -> SurveyedWindow:
    pixels, doubt, closeness, dispute, impurity = (float(value) for value in kept["numbers"][place])
    evidence = WindowEvidence(int(pixels), doubt, closeness, dispute, kept["classes"][place], impurity)
    if "features" not in kept:
        return SurveyedWindow(entry.id, entry.scene, entry.window, evidence)
    cells = CellLabels(kept["cell_label"][place], kept["cell_purity"][place], kept["cell_confidence"][place])
    return SurveyedWindow(entry.id, entry.scene, entry.window, evidence, kept["features"][place], cells)
