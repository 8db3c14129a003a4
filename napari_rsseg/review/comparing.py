"""Several annotators' projects side by side: the same windows, who says what, who was right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import ProjectError
from napari_rsseg.review.agreement import PairAgreement, agreement_of, disagreement, pair_agreement
from napari_rsseg.review.predictions import reviewed_labels
from napari_rsseg.review.queue import ReviewQueue
from napari_rsseg.review.states import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.project import Project
    from napari_rsseg.review.queue import QueueEntry

__all__ = ["Comparison", "SharedWindow", "compare_projects", "labels_of", "score_against"]

Place = tuple[str, int, int, int, int]


@dataclass(frozen=True, eq=False)
class SharedWindow:
    """A window that several annotators have done.

    Attributes
    ----------
    place : tuple
        Fingerprint of the scene and the window's rows and columns.
    entry : QueueEntry
        As the first project has it.
    labels : dict of str to ndarray (H, W), uint8
        What each annotator says, 255 where nothing.
    pixels : int
        On how many pixels they differ.
    """

    place: Place
    entry: QueueEntry
    labels: dict[str, npt.NDArray[np.uint8]]
    pixels: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """How far annotators agree.

    Attributes
    ----------
    windows : tuple of SharedWindow
        All that every one has done, the most contested first.
    pairs : tuple of PairAgreement
        Each two of them.
    fleiss : float
        Fleiss' kappa of all.
    """

    windows: tuple[SharedWindow, ...]
    pairs: tuple[PairAgreement, ...]
    fleiss: float


def compare_projects(projects: Sequence[Project]) -> Comparison:
    """Compare the copies of several annotators on the windows that all of them have done.

    Parameters
    ----------
    projects : sequence of Project
        Of one scheme; each annotator's name is that of the project.

    Raises
    ------
    ProjectError
        When schemes differ, two have one annotator, or no window was done by all.
    DatasetError
        When there are fewer than two.
    """
    classes = _one_scheme(projects)
    done = [_done(project) for project in projects]
    shared = [place for place in done[0] if all(place in other for other in done[1:])] if done else []
    if not shared:
        raise ProjectError(
            "No window was corrected or accepted by all annotators.",
            "Assign windows with an overlap, and compare once all have done them.",
        )
    windows = []
    for place in shared:
        labels = {
            project.annotator: reviewed_labels(project.label_store(entries[place][0]), entries[place][1])
            for project, entries in zip(projects, done, strict=True)
        }
        differs = int(disagreement(list(labels.values())).sum())
        windows.append(SharedWindow(place, done[0][place][1], labels, differs))
    windows.sort(key=lambda window: -window.pixels)
    names = [project.annotator for project in projects]
    pairs, fleiss = agreement_of({name: [w.labels[name] for w in windows] for name in names}, classes)
    return Comparison(tuple(windows), pairs, fleiss)


def labels_of(project: Project, fingerprint: str, entry: QueueEntry) -> npt.NDArray[np.uint8]:
    """Return what the annotator of a copy says in a window of the scene with a fingerprint, (H, W).

    Raises
    ------
    ProjectError
        When the copy has no such scene, or nothing was reviewed there.
    """
    scenes = [scene for scene in project.scenes() if scene.fingerprint == fingerprint]
    if not scenes:
        raise ProjectError(
            f"{project.root} has no scene with fingerprint {fingerprint}.", "Name a copy of this project."
        )
    labels = reviewed_labels(project.label_store(scenes[0].id), entry)
    if (labels == IGNORED).all():
        raise ProjectError(
            f"{project.annotator} has reviewed nothing in window {entry.window}.", "Choose another winner."
        )
    return labels


def score_against(
    truth: Project, annotators: Sequence[Project], *, gold_only: bool = False
) -> tuple[PairAgreement, ...]:
    """Return how far each annotator agrees with adjudicated truth; rows of its confusion are the truth.

    Parameters
    ----------
    truth : Project
        The lead's, whose done windows are the truth.
    annotators : sequence of Project
        Copies of the annotators.
    gold_only : bool
        Only windows that are marked as gold.

    Raises
    ------
    ProjectError
        When schemes differ.
    """
    classes = _one_scheme([truth, *annotators])
    right = {place: found for place, found in _done(truth).items() if found[1].is_gold or not gold_only}
    scores = []
    for project in annotators:
        theirs = _done(project)
        shared = [place for place in right if place in theirs]
        pair = [
            [reviewed_labels(of.label_store(found[place][0]), found[place][1]) for place in shared]
            for of, found in ((truth, right), (project, theirs))
        ]
        scores.append(pair_agreement(("truth", pair[0]), (project.annotator, pair[1]), classes))
    return tuple(scores)


def _one_scheme(projects: Sequence[Project]) -> int:
    names = {project.scheme.names for project in projects}
    if len(names) > 1:
        listed = "; ".join(", ".join(each) for each in sorted(names))
        raise ProjectError(
            f"The projects have different classes: {listed}.", "Compare copies of one project."
        )
    people = [project.annotator for project in projects]
    twice = sorted({name for name in people if people.count(name) > 1})
    if twice:
        raise ProjectError(
            f"Two of the projects are those of {twice[0]}.", "Compare copies of different annotators."
        )
    return len(projects[0].scheme.names)


def _done(project: Project) -> dict[Place, tuple[str, QueueEntry]]:
    queue = ReviewQueue(project.catalogue, project.annotator)
    found: dict[Place, tuple[str, QueueEntry]] = {}
    for scene in project.scenes():
        for entry in queue.of_scene(scene.id):
            if entry.state in DONE:
                w = entry.window
                place = (scene.fingerprint, w.row_start, w.row_stop, w.column_start, w.column_stop)
                found[place] = (scene.id, entry)
    return found
