"""The window follows the project: its scenes come where one left them, and go with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QObject

from napari_rsseg.docks.parts.main_thread import main_thread
from napari_rsseg.viewer.project_view import camera_of, clear_scenes, place_camera

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from napari_rsseg.panels.correct import CorrectPanel
    from napari_rsseg.panels.project import ProjectPanel
    from napari_rsseg.viewer.workbench import Workbench

__all__ = ["ProjectFollower"]


class ProjectFollower(QObject):
    """Shows the scenes that a ProjectPanel asks for, and remembers how they are left.

    Parameters
    ----------
    panel : ProjectPanel
        Which project, and which scene.
    workbench : Workbench
        The viewer and its layers.
    correct : CorrectPanel
        Tool and class.
    open_scene : callable
        Opens a file in the background and adds its picture.
    parent : QObject
        When it is destroyed, nothing is done any more.
    """

    def __init__(
        self,
        panel: ProjectPanel,
        workbench: Workbench,
        correct: CorrectPanel,
        open_scene: Callable[[str], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._panel, self._workbench, self._correct = panel, workbench, correct
        self._open_scene = open_scene
        self._main_thread = main_thread()
        self._left: dict[str, JsonValue] = {}
        self._awaited = ""
        panel.changed.connect(self._note_change)
        panel.scene_wanted.connect(self._note_wish)
        workbench.panel.events.scene_title.connect(self._note_scene)

    def remember(self) -> None:
        """Remember camera, tool and class while a scene of the project is shown."""
        scene = self._workbench.panel.scene
        if scene is None or self._awaited or self._panel.project is None:
            return
        if any(entry.fingerprint == scene.fingerprint for entry in self._panel.scenes):
            camera = camera_of(self._workbench.viewer)
            self._panel.remember(camera=camera, tool=self._correct.tool, class_id=self._correct.class_id)

    def _note_change(self) -> None:
        self._on_main(self._leave)

    def _note_wish(self, uri: str, left: dict[str, JsonValue]) -> None:
        self._on_main(partial(self._show, uri, left))

    def _note_scene(self, *_: object) -> None:
        self._on_main(self._arrive)

    def _on_main(self, work: Callable[[], None]) -> None:
        def do() -> None:
            alive = isalive(self)  # type: ignore[no-untyped-call]  # qtpy's compat has no types
            if alive:
                work()

        self._main_thread.call.emit(do)

    def _leave(self) -> None:
        clear_scenes(self._workbench.viewer)

    def _show(self, uri: str, left: dict[str, JsonValue]) -> None:
        for title, scene in self._workbench.panel.scenes.items():
            if scene.uri == uri:
                self._workbench.panel.choose_scene(title)
                self._workbench.viewer.layers.selection.active = self._workbench.picture(scene)
                return
        self._left, self._awaited = left, uri
        self._open_scene(uri)

    def _arrive(self) -> None:
        """Look and work as before once the awaited scene is in the viewer."""
        scene = self._workbench.panel.scene
        if scene is None or scene.uri != self._awaited:
            return
        self._awaited, left = "", self._left
        self._workbench.chores.add(partial(self._place, left))

    def _place(self, left: dict[str, JsonValue]) -> None:
        place_camera(self._workbench.viewer, left.get("camera"))
        tool, class_id = left.get("tool"), left.get("class_id")
        if isinstance(class_id, int):
            self._correct.choose_class(class_id)
        if isinstance(tool, str):
            self._correct.choose_tool(tool)
