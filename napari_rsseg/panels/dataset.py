"""State and commands of the Dataset page; knows neither Qt nor napari."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal, SignalGroupDescriptor

from napari_rsseg.datasets.exporting import FORMATS
from napari_rsseg.datasets.plan import VersionOptions
from napari_rsseg.datasets.splitting import SPLITS, parse_shares
from napari_rsseg.errors import ProjectError
from napari_rsseg.panels.faults import describe_fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from napari_rsseg.datasets.importing import ImportReport
    from napari_rsseg.datasets.plan import VersionPlan
    from napari_rsseg.datasets.sessions import SessionOf
    from napari_rsseg.datasets.version import Version
    from napari_rsseg.editing import Session
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.project import Project, SceneEntry

__all__ = ["BalanceRow", "DatasetPanel"]

_SHOWN_PROBLEMS = 3


class _Cancelled(Exception):
    """The user stopped what was going on."""


@dataclass(frozen=True)
class BalanceRow:
    """Pixels of one class in a planned version.

    Attributes
    ----------
    name : str
        The class; ``chips`` for the number of chips.
    counts : tuple of int
        In train, val and test.
    """

    name: str
    counts: tuple[int, ...]


@dataclass
class DatasetPanel:
    """What is imported, how the next version is made, and the versions there are.

    Attributes
    ----------
    segment : SegmentPanel
        Says which scene and task are chosen; their project is the one that all commands are about.
    images, masks : str
        Image or folder of images, and mask, folder or file of labels, to be imported.
    id_map : str
        What values of the masks mean; empty: they are class ids.
    tolerance : int
        How far values may lie from the named ones.
    chip_px, overlap_px : int
        Side of the chips, and what neighbouring ones have in common, in pixels.
    split : str
        Shares of train, val and test in per cent.
    seed : int
        Draws the lots.
    balance : tuple of BalanceRow
        What the next version would hold; empty before it was looked at.
    notes : tuple of str
        What a trainer should know of it, a sentence each.
    versions : tuple of Version
        The versions of the project, the oldest first.
    chosen : str
        Hash of the version that is exported.
    form : str
        Layout of the export, one of `FORMATS`.
    activity : str
        What is going on; empty when nothing is.
    done, total : int
        How much of how much is done.
    message : str
        Last line for the user: a result, or an error with its remedy.
    """

    segment: SegmentPanel = field(repr=False)
    images: str = ""
    masks: str = ""
    id_map: str = ""
    tolerance: int = 0
    chip_px: int = 256
    overlap_px: int = 0
    split: str = "70/15/15"
    seed: int = 0
    balance: tuple[BalanceRow, ...] = ()
    notes: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    chosen: str = ""
    form: str = next(iter(FORMATS))
    activity: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)
    _plan: VersionPlan | None = field(default=None, repr=False)

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    imported: ClassVar[Signal] = Signal()
    """Emitted on the thread of the import when labels of the chosen scene were taken."""

    # what may be done

    @property
    def can_import(self) -> bool:
        """Whether Import may be pressed."""
        return bool(self.images and self.masks) and not self.activity

    @property
    def can_make(self) -> bool:
        """Whether the balance of the next version was looked at, so that it may be made."""
        return self._plan is not None and not self.activity

    @property
    def version(self) -> Version | None:
        """The chosen version."""
        return next((version for version in self.versions if version.hash == self.chosen), None)

    # commands

    def import_set(self) -> None:
        """Take labels made elsewhere into the project, in the background."""
        self._start("Importing …", self._import)

    def look(self) -> None:
        """Find out what the next version would hold, in the background."""
        self._start("Looking at scenes …", self._look)

    def make(self) -> None:
        """Make the version that was looked at, in the background."""
        self._start("Writing chips …", self._make)

    def export(self, folder: Path) -> None:
        """Write the chosen version into a new folder, in the background."""
        self._start("Exporting …", partial(self._export, folder))

    def refresh(self) -> None:
        """List the versions anew, in the background."""
        if not self.activity and self.segment.scene is not None:
            threading.Thread(target=self._guarded, args=(self._list,), daemon=True).start()

    def cancel(self) -> None:
        """Stop what is going on; what is half done leaves nothing behind."""
        self._cancelled.set()

    def set_option(self, name: str, value: str | int) -> None:
        """Change how the next version is made; its balance must be looked at again."""
        if getattr(self, name) != value:
            setattr(self, name, value)
            self._forget_plan()

    # what they do

    def _import(self) -> None:
        from napari_rsseg.datasets.collecting import collect

        project = self._project()
        report = collect(
            project, Path(self.images), Path(self.masks), id_map=self.id_map, tolerance=self.tolerance,
            session_of=self._session_of(project), on_progress=self._tell,
        )  # fmt: skip
        self._forget_plan()
        self.message = _import_words(report)
        scene = self.segment.scene
        known = {entry.fingerprint for entry in project.scenes()}
        if scene is not None and scene.fingerprint in known and project.scheme.name == self.segment.task:
            self.imported.emit()

    def _look(self) -> None:
        from napari_rsseg.datasets.plan import plan_version

        options = VersionOptions(self.chip_px, self.overlap_px, parse_shares(self.split), self.seed)
        project = self._project()
        plan = plan_version(project, options, session_of=self._session_of(project), on_progress=self._tell)
        counts = {split: plan.class_pixels(split).tolist() for split in SPLITS}
        rows = [
            BalanceRow(name, tuple(counts[split][index] for split in SPLITS))
            for index, name in enumerate(plan.scheme.names)
        ]
        chips = BalanceRow("chips", tuple(plan.chip_count(split) for split in SPLITS))
        left_out = (f"{plan.left_out} chips touch or resemble one of another split and are left out.",)
        self._plan = plan
        self.notes = (*plan.warnings, *(left_out if plan.left_out else ()))
        self.balance = (*rows, chips)
        self.message = ""

    def _make(self) -> None:
        from napari_rsseg.datasets.making import make_version

        project, plan = self._project(), self._plan
        if plan is None:
            raise ProjectError("No version was looked at.", "Press Look first.")
        made = make_version(project, plan, session_of=self._session_of(project), on_progress=self._tell)
        self._list()
        self.chosen = made.hash
        self.message = f"{made.name} holds {len(made.chips)} chips."

    def _export(self, folder: Path) -> None:
        from napari_rsseg.datasets.exporting import export_version

        version = self.version
        if version is None:
            raise ProjectError("No version is chosen.", "Make one, or choose one in the list.")
        notes = export_version(version, self.form, folder, on_progress=self._tell)
        self.message = " ".join([f"{version.name} as {self.form}: {folder}.", *notes])

    def _list(self) -> None:
        from napari_rsseg.datasets.version import list_versions

        self.versions = list_versions(self._project())
        if self.version is None:
            self.chosen = self.versions[-1].hash if self.versions else ""

    # the project

    def _project(self) -> Project:
        """Return the project in which the labels of the chosen scene and task lie.

        Raises
        ------
        ProjectError
            When no project and no scene is open.
        """
        segment = self.segment
        if segment.labellings.project is not None:
            return segment.labellings.project
        if segment.scene is None:
            raise ProjectError(
                "Neither a project nor a scene is open.", "Open one on the Segment page first."
            )
        scheme = segment.scheme_of(segment.task)
        return segment.labelling(segment.scene, scheme).begin().project

    def _session_of(self, project: Project) -> SessionOf:
        """Return what gives the sessions of scenes that are shown, and opens others."""
        from napari_rsseg.datasets.sessions import sessions_of

        shown: dict[str, Session] = {}
        for scene in self.segment.scenes.values():
            labelling = self.segment.labelling(scene, project.scheme)
            if labelling.is_begun and labelling.begin().project is project:
                shown[scene.fingerprint] = labelling.session
        others = sessions_of(project)

        def session_of(entry: SceneEntry) -> AbstractContextManager[Session]:
            session = shown.get(entry.fingerprint)
            return others(entry) if session is None else nullcontext(session)

        return session_of

    def _forget_plan(self) -> None:
        self._plan = None
        self.balance, self.notes = (), ()

    # in the background

    def _start(self, activity: str, work: Callable[[], None]) -> None:
        if self.activity:
            return
        self._cancelled.clear()
        self.activity, self.done, self.total = activity, 0, 0
        threading.Thread(target=self._run, args=(work,), name="rsseg-dataset", daemon=True).start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            self._guarded(work)
        finally:
            self.activity = ""

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except _Cancelled:
            self.message = "Stopped."
        except Exception as error:  # noqa: BLE001 - the door of this page: whatever comes is told
            self.message = describe_fault(error)

    def _tell(self, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise _Cancelled
        self.done, self.total = done, total


def _import_words(report: ImportReport) -> str:
    words = [f"{len(report.imported)} images imported, {report.changed_pixels:,} pixels changed."]
    if report.kept_pixels:
        words.append(f"{report.kept_pixels:,} pixels stayed as people had corrected them.")
    words += report.problems[:_SHOWN_PROBLEMS]
    if len(report.problems) > _SHOWN_PROBLEMS:
        words.append(f"{len(report.problems) - _SHOWN_PROBLEMS} more files had problems.")
    return " ".join(words)
