"""The labels of all scenes of a window, each in the opened project or in one that its first edit makes."""

from __future__ import annotations

import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal

from napari_rsseg.editing import open_session, reach_of
from napari_rsseg.errors import RssegError
from napari_rsseg.panels.labelling import Labelling, OpenLabels
from napari_rsseg.project import Project, implicit_folder, open_implicit

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.editing import Change
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.scenes.scene import Scene

__all__ = ["Labellings"]


class Labellings:
    """Labels by scene and scheme.

    Parameters
    ----------
    panel : SegmentPanel
        Says how classes are shown and where things are kept; told what was restored.

    Attributes
    ----------
    has_new_edits : bool
        Whether labels were changed since they were last saved from the journal to the store.
    project : Project or None
        The opened project, whose scheme's labels lie there; others have projects of their own.
    exchanged : Signal
        Emitted when labels were closed because they lie elsewhere from now on; on any thread.
    """

    exchanged: ClassVar[Signal] = Signal()

    def __init__(self, panel: SegmentPanel) -> None:
        self._panel = panel
        self._known: dict[tuple[str, str], Labelling] = {}
        self._own: dict[Path, Project] = {}
        weakref.finalize(self, _close_all, self._own)
        self._lock = threading.RLock()
        self.has_new_edits = False
        self.project: Project | None = None

    @property
    def folder(self) -> Path:
        """Where the projects lie that a first edit makes."""
        return self._panel.store_root.parent / "projects"

    def of(self, scene: Scene, scheme: Scheme) -> Labelling:
        """Return the labels of a scene under a scheme: empty, or as they were left; this is told."""
        key = (scene.fingerprint, scheme.name)
        if key not in self._known:
            labelling = Labelling(
                self._panel.dressed(scheme), scene.height, scene.width, partial(self._open, scene, scheme)
            )
            labelling.changed.connect(self._note_change)
            self._known[key] = labelling
            if self._is_kept(scene, scheme):
                try:
                    labelling.begin()
                except RssegError as error:
                    self._panel.message = str(error)
        return self._known[key]

    def use(self, project: Project | None) -> None:
        """Keep labels of its scheme in a project from now on; what was opened before is saved and closed."""
        self.close()
        self.project = project
        self.exchanged.emit()

    def holds(self, labelling: Labelling) -> bool:
        """Whether labels can still be changed: they were not closed."""
        return any(labelling is known for known in self._known.values())

    def wear(self, scheme: Scheme) -> None:
        """Give labels of the same classes this scheme's colours and words."""
        for labelling in self._known.values():
            if labelling.scheme.name == scheme.name and labelling.scheme.names == scheme.names:
                labelling.scheme = scheme

    def painted_earlier(self, scene: Scene) -> tuple[Scheme, ...]:
        """Return schemes of labels that a scene has from before and that are not yet shown."""
        found: list[Scheme] = []
        roots = sorted(self.folder.glob(f"{scene.fingerprint}-*"))
        with self._lock:
            if self.project is not None:
                roots.append(self.project.root)
        for root in roots:
            try:
                project = self._project(root)
            except RssegError as error:
                self._panel.message = str(error)
                continue
            is_in_it = any(entry.fingerprint == scene.fingerprint for entry in project.scenes())
            if is_in_it and (scene.fingerprint, project.scheme.name) not in self._known:
                found.append(project.scheme)
        return tuple(found)

    def keep(self) -> None:
        """Save from the journals to the stores, for any thread; what goes wrong becomes the message."""
        if not self.has_new_edits:
            return
        self.has_new_edits = False
        for labelling in list(self._known.values()):
            if labelling.is_begun:
                try:
                    labelling.session.commit()
                except RssegError as error:
                    self.has_new_edits = True  # the journal has it; tried again
                    self._panel.message = str(error)

    def close(self) -> None:
        """Save all labels and let others write their projects; they open anew when they are asked for."""
        with self._lock:
            known, self._known = self._known, {}
        for labelling in known.values():
            if labelling.is_begun:
                try:
                    labelling.session.close()
                except RssegError as error:
                    self._panel.message = str(error)
        with self._lock:
            _close_all(self._own)
        self.has_new_edits = False

    def _note_change(self, change: Change) -> None:
        self.has_new_edits = True

    # projects

    def _open(self, scene: Scene, scheme: Scheme) -> OpenLabels:
        with self._lock:
            project = self._project_of(scene, scheme)
            known = next(
                (entry for entry in project.scenes() if entry.fingerprint == scene.fingerprint), None
            )
            session, restored = open_session(project, project.add_scene(scene) if known is None else known)
        if project.is_read_only:
            holder = f", which {project.holder} has opened" if project.holder else ""
            self._panel.message = f"These labels can only be looked at: they lie in {project.root}{holder}."
        elif restored.sentence:
            self._panel.message = f"{scheme.name}: {restored.sentence}"
        elif restored.undo_count:
            self._panel.message = (
                f"{scheme.name}: the labels are as they were left. {reach_of(restored.undo_count)}"
            )
        return OpenLabels(project, session)

    def _project_of(self, scene: Scene, scheme: Scheme) -> Project:
        project = self.project
        if project is not None and project.scheme.names == scheme.names:
            return project
        root = self._root(scene, scheme)
        with self._lock:
            if root not in self._own:
                self._own[root] = open_implicit(scene, scheme, base=self.folder)
            return self._own[root]

    def _is_kept(self, scene: Scene, scheme: Scheme) -> bool:
        """Whether there are labels from before."""
        project = self.project
        if project is not None and project.scheme.names == scheme.names:
            return any(entry.fingerprint == scene.fingerprint for entry in project.scenes())
        return (self._root(scene, scheme) / "project.toml").exists()

    def _project(self, root: Path) -> Project:
        with self._lock:
            if self.project is not None and self.project.root == root:
                return self.project
            if root not in self._own:
                self._own[root] = Project.open(root)
            return self._own[root]

    def _root(self, scene: Scene, scheme: Scheme) -> Path:
        """Return the folder of the project that a first edit makes, one for each set of classes."""
        return implicit_folder(scene.fingerprint, scheme, base=self.folder)


def _close_all(projects: dict[Path, Project]) -> None:
    while projects:
        projects.popitem()[1].close()
