"""State and commands of the Project page: recent projects, a new one, and the scenes of the open one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal, SignalGroupDescriptor

from napari_rsseg.errors import ProjectError, RssegError
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.project import Project, recent_projects, remember_recent

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.project import RecentProject, SceneEntry

__all__ = ["ProjectPanel"]

_LEFT = "left"


@dataclass
class ProjectPanel:
    """Which project is open, and how one comes to be.

    Attributes
    ----------
    segment : SegmentPanel
        Whose labels lie in the open project.
    recent : tuple of RecentProject
        Projects opened lately, newest first.
    project : Project or None
        The open one.
    scenes : tuple of SceneEntry
        Its scenes.
    folder : str
        Folder of scenes from which a project is made.
    root : str
        Where the new project goes.
    scheme : str
        Key of the task whose classes it gets.
    report : tuple of str
        Files that could not be taken, a sentence each.
    activity : str
        What is going on; empty when nothing is.
    done, total : int
        How many of how many scenes are added.
    message : str
        Last line for the user: a result, or an error with its remedy.
    """

    segment: SegmentPanel = field(repr=False)
    recent: tuple[RecentProject, ...] = ()
    project: Project | None = None
    scenes: tuple[SceneEntry, ...] = ()
    folder: str = ""
    root: str = ""
    scheme: str = "landslide"
    report: tuple[str, ...] = ()
    activity: str = ""
    done: int = 0
    total: int = 0
    message: str = ""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    changed: ClassVar[Signal] = Signal()
    """Emitted, on the thread of the command, once another project is open or none is."""
    scene_wanted: ClassVar[Signal] = Signal(str, dict)
    """Emitted with the file of a scene to show, and how it was left: camera, tool, class."""

    @property
    def can_create(self) -> bool:
        """Whether Create may be pressed."""
        return bool(self.folder and self.root) and not self.activity

    # commands

    def refresh(self) -> None:
        """Look anew at which projects were opened lately."""
        self.recent = recent_projects()

    def create(self) -> None:
        """Make a project of a folder of scenes, in the background, and open it."""
        if self.can_create:
            self._start("Making the project …", self._create)

    def open(self, root: Path) -> None:
        """Open a project in the background, where one left it."""
        self._start(f"Opening {root} …", lambda: self._take(Project.open(root)))

    def close(self) -> None:
        """Save all labels and let others write the project; scenes without one keep theirs in the cache."""
        project, self.project, self.scenes = self.project, None, ()
        self.segment.labellings.use(None)
        if project is not None:
            project.close()
            self.changed.emit()

    def show_scene(self, scene_id: str) -> None:
        """Ask for a scene of the project to be shown; what is wrong with it becomes the message."""
        if self.project is None:
            return
        try:
            entry = self.project.scene(scene_id)
            self.project.open_scene(entry).close()  # found again where it moved, refused where it changed
            place = self.project.scene(scene_id).uri
            left = self._left()
            if not self.project.is_read_only:
                self.project.catalogue.remember(_LEFT, {**left, "scene": scene_id})
        except RssegError as error:
            self.message = str(error)
            return
        self.scene_wanted.emit(place, left if left.get("scene") == scene_id else {})

    def remember(self, **left: JsonValue) -> None:
        """Remember how one leaves the project: camera, tool and class."""
        if self.project is None or self.project.is_read_only:
            return
        known = self._left()
        if any(known.get(key) != value for key, value in left.items()):
            try:
                self.project.catalogue.remember(_LEFT, {**known, **left})
            except RssegError as error:
                self.message = str(error)

    def _left(self) -> dict[str, JsonValue]:
        assert self.project is not None
        left = self.project.catalogue.setting(_LEFT)
        return left if isinstance(left, dict) else {}

    # in the background

    def _create(self) -> None:
        from napari_rsseg.jobs.project_making import add_scenes
        from napari_rsseg.jobs.scene_files import expand_scenes

        root = Path(self.root)
        scheme = self.segment.scheme_of(self.scheme)
        uris = expand_scenes([self.folder], scheme.name)
        self.total, self.report = len(uris), ()
        project = Project.create(root, name=root.name, scheme=scheme)
        try:
            for added in add_scenes(project, uris):
                self.done += 1
                if added.problem:
                    self.report = (*self.report, added.problem)
        except RssegError:
            project.close()
            raise
        self._take(project)

    def _take(self, project: Project) -> None:
        """Open a project in place of the one that is open."""
        try:
            if project.is_read_only and self.project is not None and self.project.root == project.root:
                raise ProjectError(f"{project.root} is open already.", "Choose one of its scenes.")
            scenes = project.scenes()
            remember_recent(project)
        except BaseException:
            project.close()
            raise
        self.close()
        self.segment.labellings.use(project)
        self.segment.add_task(project.scheme)
        self.segment.choose_task(project.scheme.name)
        self.project, self.scenes = project, scenes
        self.scheme = project.scheme.name
        held = f" Open only to read, held by {project.holder}." if project.is_read_only else ""
        self.message = f"{project.settings.name}: {len(scenes)} scenes.{held}"
        self.refresh()
        self.changed.emit()
        last = self._left().get("scene")
        known = [entry.id for entry in scenes]
        if known:
            self.show_scene(last if isinstance(last, str) and last in known else known[0])

    def _start(self, activity: str, work: Callable[[], None]) -> None:
        if self.activity:
            return
        self.activity, self.done, self.total, self.message = activity, 0, 0, ""
        threading.Thread(target=self._run, args=(work,), name="rsseg-project", daemon=True).start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the door of this page: whatever comes is told
            self.message = describe_fault(error)
        finally:
            self.activity = ""
