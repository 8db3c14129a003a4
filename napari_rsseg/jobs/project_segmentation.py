"""A prediction taken into a project's labels: where nobody reviewed them, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import open_session
from napari_rsseg.errors import ModelError
from napari_rsseg.project import utc_now

if TYPE_CHECKING:
    from napari_rsseg.engine.request import PredictionRequest
    from napari_rsseg.project import Project, SceneEntry
    from napari_rsseg.registry import ModelFile

__all__ = ["require_scheme", "take_prediction"]


def require_scheme(project: Project, model: ModelFile) -> None:
    """Check that a model predicts the classes of a project.

    Raises
    ------
    ModelError
        When it has others.
    """
    scheme = model.card.scheme
    if scheme is None or scheme.names != project.scheme.names:
        names = "nothing without prompts" if scheme is None else ", ".join(scheme.names)
        raise ModelError(
            f"Model {model.card.name} predicts {names}; the project's classes are "
            f"{', '.join(project.scheme.names)}.",
            "Choose a model of these classes: napari-rsseg models list",
        )


def take_prediction(project: Project, entry: SceneEntry, request: PredictionRequest) -> int:
    """Take what is done of a stored prediction into a scene's labels, through their journal.

    Parameters
    ----------
    project : Project
        Open to write.
    entry : SceneEntry
        The scene.
    request : PredictionRequest
        Whose prediction.

    Returns
    -------
    int
        Number of pixels that changed.

    Raises
    ------
    ProjectError
        When the labels cannot be read or written.
    """
    from napari_rsseg.engine.results import PredictionStore

    card = request.card
    with project.catalogue.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO models VALUES (?, ?, ?, ?)",
            (card.sha256, card.name, card.model_dump_json(), utc_now()),
        )
    actor = project.catalogue.actor("model", card.name, card.sha256)
    store = PredictionStore.open(request.store)
    session, _ = open_session(project, entry)
    changed = 0
    try:
        for block in store.done_blocks(request.region):
            window = store.grid.window(block)
            labels = store.read_labels(window)
            held = session.labels.labels(window)
            if not np.array_equal(labels, held) and (labels != IGNORED).any():
                change = session.predict(window, labels, actor=actor)
                changed += 0 if change is None else change.pixels
    finally:
        session.close()
    return changed
