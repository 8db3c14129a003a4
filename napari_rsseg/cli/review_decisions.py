"""Decisions about windows of the queue, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_rsseg.cli.options import JsonOption, ProjectOption
from napari_rsseg.cli.reporting import print_json
from napari_rsseg.cli.review_words import entry_facts
from napari_rsseg.errors import ProjectError
from napari_rsseg.review.states import State

if TYPE_CHECKING:
    from napari_rsseg.review import ReviewQueue

__all__ = ["accept", "adjudicate", "comment", "first", "flag", "gold", "send_back"]

Windows = Annotated[list[int], typer.Argument(metavar="ID...", help="Windows, as the queue numbers them.")]
Why = Annotated[str, typer.Option("--why", help="In words; kept in the history.")]


def accept(windows: Windows, project: ProjectOption, why: Why = "", as_json: JsonOption = False) -> None:
    """Agree with the labels of windows: what nobody looked at becomes accepted."""
    from napari_rsseg.editing import open_session
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue, accept_window

    with Project.open(project) as opened:
        queue = ReviewQueue(opened.catalogue, opened.annotator)
        entries = [queue.entry(window) for window in windows]
        for scene in dict.fromkeys(entry.scene for entry in entries):
            session, _ = open_session(opened, opened.scene(scene))
            try:
                for entry in entries:
                    if entry.scene == scene:
                        accept_window(session, queue, entry, why=why)
            finally:
                session.close()
        _tell(queue, windows, as_json=as_json)


def send_back(
    windows: Windows,
    project: ProjectOption,
    why: Why = "",
    as_json: JsonOption = False,
) -> None:
    """Ask for windows to be done again; say why."""
    if not why:
        raise ProjectError("Nothing says why the windows are sent back.", 'Give --why "what is to be done".')
    _change(project, windows, State.SENT_BACK, why, as_json=as_json)


def flag(windows: Windows, project: ProjectOption, why: Why = "", as_json: JsonOption = False) -> None:
    """Mark windows about which others should be asked."""
    _change(project, windows, State.FLAGGED, why, as_json=as_json)


def comment(
    window: Annotated[int, typer.Argument(metavar="ID", help="Window, as the queue numbers it.")],
    words: Annotated[str, typer.Argument(metavar="TEXT", help="What the next one should know.")],
    project: ProjectOption,
    as_json: JsonOption = False,
) -> None:
    """Say something about a window."""
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue

    with Project.open(project) as opened:
        queue = ReviewQueue(opened.catalogue, opened.annotator)
        queue.comment(window, words)
        _tell(queue, [window], as_json=as_json)


def first(windows: Windows, project: ProjectOption, as_json: JsonOption = False) -> None:
    """Put windows before all others in the order by hand, the first one named first."""
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue

    with Project.open(project) as opened:
        queue = ReviewQueue(opened.catalogue, opened.annotator)
        for window in reversed([queue.entry(window).id for window in windows]):
            queue.put_first(window)
        _tell(queue, windows, as_json=as_json)


def gold(
    windows: Windows,
    project: ProjectOption,
    is_gold: Annotated[bool, typer.Option("--gold/--no-gold", help="Whether their truth is known.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Say that the labels of windows are truth, so that annotators can be scored on them."""
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue

    with Project.open(project) as opened:
        queue = ReviewQueue(opened.catalogue, opened.annotator)
        queue.mark_gold([queue.entry(window).id for window in windows], is_gold=is_gold)
        _tell(queue, windows, as_json=as_json)


def adjudicate(
    window: Annotated[int, typer.Argument(metavar="ID", help="Window of the project.")],
    project: ProjectOption,
    winner: Annotated[
        Path, typer.Option("--winner", metavar="DIR", help="The copy of the annotator who is right.")
    ],
    why: Why = "",
    as_json: JsonOption = False,
) -> None:
    """Write what one annotator says into a window of the lead's project."""
    from napari_rsseg.editing import open_session
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue, labels_of
    from napari_rsseg.review import adjudicate as write_winner

    with Project.open(project) as opened, Project.open(winner, read_only=True) as right:
        queue = ReviewQueue(opened.catalogue, opened.annotator)
        entry = queue.entry(window)
        labels = labels_of(right, opened.scene(entry.scene).fingerprint, entry)
        session, _ = open_session(opened, opened.scene(entry.scene))
        try:
            write_winner(session, queue, entry, right.annotator, labels, why=why)
        finally:
            session.close()
        _tell(queue, [window], as_json=as_json)


def _change(root: Path, windows: list[int], state: State, why: str, *, as_json: bool) -> None:
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue

    with Project.open(root) as project:
        queue = ReviewQueue(project.catalogue, project.annotator)
        queue.change(windows, state, why=why)
        _tell(queue, windows, as_json=as_json)


def _tell(queue: ReviewQueue, windows: list[int], *, as_json: bool) -> None:
    entries = queue.entries(windows)
    if as_json:
        print_json({"windows": [entry_facts(entry) for entry in entries]})
        return
    for entry in entries:
        print(f"{entry.id}: {entry.state.value}")
