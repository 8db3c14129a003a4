"""What a decision about a window does to its labels and to the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import Operation
from napari_rsseg.editing.tools import accept_rest
from napari_rsseg.errors import ProjectError
from napari_rsseg.project import Provenance
from napari_rsseg.review.ground import SessionGround
from napari_rsseg.review.states import State

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.editing import Session
    from napari_rsseg.review.queue import QueueEntry, ReviewQueue

__all__ = ["accept_window", "adjudicate", "hide_prediction"]


def accept_window(session: Session, queue: ReviewQueue, entry: QueueEntry, *, why: str = "") -> State:
    """Agree with all labels of a window that nobody looked at, as one step; return its new state.

    The window becomes corrected where a person changed labels in it, else accepted.

    Raises
    ------
    ProjectError
        When nothing is said about any of its pixels, or the project is open only to read.
    """
    if not (session.labels.labels(entry.window) != IGNORED).any():
        raise ProjectError(
            f"Window {entry.id} has no labels.", "Segment the scene or label the window, then accept it."
        )
    operation = accept_rest(SessionGround(session), entry.window)
    if operation is not None:
        session.apply(operation)
    was_corrected = (session.labels.provenance(entry.window) == Provenance.CORRECTED).any()
    state = State.CORRECTED if was_corrected else State.ACCEPTED
    queue.change([entry.id], state, why=why)
    return state


def hide_prediction(session: Session, entry: QueueEntry) -> bool:
    """Clear what a model says in a blind window, so that it is labelled without being led; return if it did.

    It is one step of undo, and the stored prediction stays as it is. What people said stays.

    Raises
    ------
    ProjectError
        When the project is open only to read.
    """
    told = session.labels.provenance(entry.window) == Provenance.PREDICTED
    if not entry.is_blind or not told.any():
        return False
    session.apply(Operation("blind", entry.window, told, IGNORED, Provenance.UNLABELLED))
    return True


def adjudicate(
    session: Session,
    queue: ReviewQueue,
    entry: QueueEntry,
    winner: str,
    labels: npt.NDArray[np.uint8],
    *,
    why: str = "",
) -> None:
    """Write the labels of the annotator who is right into a window, as one step, and accept it.

    Parameters
    ----------
    session : Session
        Of the lead's project.
    queue : ReviewQueue
        Its queue.
    entry : QueueEntry
        The window.
    winner : str
        Who is right.
    labels : ndarray, (height, width) of the window, uint8
        What the winner says; 255 leaves what is there.
    why : str
        In words.

    Raises
    ------
    ProjectError
        When the project is open only to read.
    """
    said = labels != IGNORED
    if said.any():
        session.apply(Operation("adjudicate", entry.window, said, labels, Provenance.CORRECTED))
    queue.tell(entry.id, "adjudication", why=why, details={"winner": winner})
    queue.settle_conflicts(entry.id, why=f"{winner} is right")
    queue.change([entry.id], State.ACCEPTED, why=f"{winner} is right")
