"""Pointing on the canvas for the Correct page, and what it shows there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.panels.correct_site import CorrectSite, LabellingGround, ValidPages
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.correct_pictures import CorrectPictures
from napari_rsseg.viewer.dates import Dates
from napari_rsseg.viewer.other_labels import other_labels
from napari_rsseg.viewer.over_scene import scene_pixels
from napari_rsseg.viewer.provenance import tell_origins
from napari_rsseg.viewer.world import layer_of_plugin
from napari_rsseg.viewer.writer import LABELLING_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import numpy.typing as npt
    from napari.layers import Labels, Shapes

    from napari_rsseg.panels.correct import CorrectPanel
    from napari_rsseg.panels.correct_tools import Gesture
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.viewer.workbench import Workbench

__all__ = ["CorrectLayers"]

_SHAPE_MODES: dict[Gesture, str] = {"outline": "add_polygon", "lasso": "add_polygon_lasso"}
_OWN_MODES: dict[Gesture, str] = {"move": "pan_zoom", "brush": "paint", "eraser": "erase"}
_CLICK_PX = 4


class CorrectLayers:
    """Keeps layers and the Correct page in step; for the main thread.

    Parameters
    ----------
    workbench : Workbench
        Whose labels are corrected.
    panel : CorrectPanel
        Told where a person points, and shown.

    Attributes
    ----------
    outline : Shapes or None
        On which outlines are drawn; None until the first.
    """

    def __init__(self, workbench: Workbench, panel: CorrectPanel) -> None:
        self._workbench, self._panel, self._viewer = workbench, panel, workbench.viewer
        self.outline: Shapes | None = None
        self._labels: Labels | None = None
        self._pictures = CorrectPictures(self._viewer, panel)
        self._waits = self._is_arming = False
        self._armed = ""
        self._opacity: float | None = None
        self._measured: dict[str, ValidPages] = {}
        dates = Dates(workbench)
        panel.find_site, panel.find_window = self._find_site, self._find_window
        panel.find_others, panel.step_date, panel.flicker = self._find_others, dates.step, dates.flicker
        panel.events.connect(self._sync_soon)
        panel.armed.connect(self._arm_soon)
        workbench.panel.events.task.connect(self._sync_soon)
        workbench.panel.events.scene_title.connect(self._sync_soon)
        self._viewer.layers.events.inserted.connect(self._sync_soon)
        self._viewer.layers.events.removed.connect(self._forget)
        self._sync_soon()

    @property
    def is_active(self) -> bool:
        """Whether keys are meant for correcting: its labels, or the layer for outlines, are chosen."""
        chosen = self._viewer.layers.selection.active
        return chosen is not None and chosen in (self._labels, self.outline)

    def _find_site(self) -> CorrectSite | None:
        """Return the labels of the chosen scene and task; of a large scene, its edit window."""
        panel = self._workbench.panel
        layer = None if panel.scene is None else self._workbench.labels_of(panel.scene, panel.task)
        known = None if layer is None else layer_of_plugin(layer)
        if layer is None or known is None:
            return None
        labelling: Labelling = layer.metadata[LABELLING_KEY]
        if known.scene.fingerprint not in self._measured:
            self._measured = {known.scene.fingerprint: ValidPages(known.scene)}
        corner = scene_pixels(known.world, known.scene, layer.data_to_world((0, 0)))
        row, column = (round(value) for value in corner)
        extent = Window.of(*layer.data.shape).shifted(row, column)
        ground = LabellingGround(labelling, extent, self._measured[known.scene.fingerprint])
        return CorrectSite(known.scene, labelling, ground)

    def _find_others(self) -> dict[str, Callable[[Window], npt.NDArray[np.uint8]]]:
        site = self._find_site()
        return {} if site is None else other_labels(self._viewer, site)

    def _find_window(self) -> Window | None:
        scene = self._workbench.panel.scene
        return None if scene is None else self._workbench.find_view(scene)

    # from the state to the layers

    def _sync_soon(self, *_: object) -> None:
        """Draw once, however many fields change before the next turn; for any thread."""
        if not self._waits:
            self._waits = True
            self._workbench.chores.add(self.sync)

    def _arm_soon(self) -> None:
        self._armed = ""
        self._sync_soon()

    def sync(self) -> None:
        """Show the state as it is now."""
        self._waits = False
        self._follow_labels()
        labels = self._labels
        if labels is None:
            return
        if labels.selected_label != self._panel.class_id and labels.mode != "erase":
            labels.selected_label = self._panel.class_id
        self._hide(labels)
        known = layer_of_plugin(labels)
        if known is not None:
            self._pictures.sync(known)
        if self._armed != self._panel.tool:
            self._armed, self._is_arming = self._panel.tool, True
            try:
                self._arm(labels)
            finally:
                self._is_arming = False

    def _follow_labels(self) -> None:
        """Take the label layer of the chosen scene and task, where it is another one."""
        panel = self._workbench.panel
        found = None if panel.scene is None else self._workbench.labels_of(panel.scene, panel.task)
        if found is self._labels or (found is not None and found == self._labels):
            return
        self._labels, self._armed, self._opacity = found, self._panel.tool, None
        known = None if found is None else layer_of_plugin(found)
        if found is None or known is None:
            return
        self._panel.class_id = int(found.selected_label)
        if self._take_drag not in found.mouse_drag_callbacks:
            found.mouse_drag_callbacks.append(self._take_drag)
            found.events.selected_label.connect(self._take_label)
            found.events.mode.connect(self._take_mode)
            tell_origins(found, known.world, self._panel.find_site)
        self._panel.follow_site()

    def _arm(self, labels: Labels) -> None:
        """Let the mouse do what the tool needs, on the layer that it needs."""
        gesture = self._panel.chosen.gesture
        if gesture == "prompt":
            return
        if gesture in _SHAPE_MODES:
            self._draw_outline(labels, _SHAPE_MODES[gesture])
            return
        self._viewer.layers.selection.active = labels
        labels.mode = _OWN_MODES.get(gesture, "pan_zoom")
        if labels.mode == "pan_zoom":
            labels.mouse_pan = gesture != "drag"

    def _draw_outline(self, labels: Labels, mode: str) -> None:
        known = layer_of_plugin(labels)
        assert known is not None  # labels of this plugin
        if self.outline is None:
            self.outline = self._viewer.add_shapes(
                name="outline", ndim=2, face_color="transparent", edge_color="#ffd60a",
                **known.world.placement(known.scene),
            )  # fmt: skip
            self.outline.events.data.connect(self._take_outline)
            tell_origins(self.outline, known.world, self._panel.find_site)
        self.outline.affine = known.world.placement(known.scene)["affine"]
        self._viewer.layers.selection.active = self.outline
        self.outline.mode = mode
        view = self._find_window()
        self.outline.current_edge_width = 1.0 if view is None else max(view.shape) / 300

    def _hide(self, labels: Labels) -> None:
        """Hide the labels while the panel says so; what napari shows as visible stays as it is."""
        if self._panel.hides_labels and self._opacity is None:
            self._opacity, labels.opacity = labels.opacity, 0.0
        elif not self._panel.hides_labels and self._opacity is not None:
            labels.opacity, self._opacity = self._opacity, None

    def _forget(self, event: Any) -> None:
        if event.value is self.outline:
            self.outline = None
            self._armed = ""
        self._pictures.forget(event.value)
        self._sync_soon()

    # from the layers to the state

    def _take_label(self, event: Any) -> None:
        if self._labels is not None and event.source == self._labels:
            self._panel.choose_class(int(event.source.selected_label))

    def _take_mode(self, event: Any) -> None:
        """Follow the viewer's own buttons for its own brush and eraser."""
        tool = next((gesture for gesture, mode in _OWN_MODES.items() if mode == str(event.source.mode)), None)
        is_own = self._panel.chosen.gesture in _OWN_MODES
        if (
            tool is not None
            and self._panel.tool != tool
            and (tool != "move" or is_own)
            and not self._is_arming
        ):
            self._panel.choose_tool(tool)

    def _take_drag(self, layer: Labels, event: Any) -> Generator[None, None, None]:
        """Take a click, or the way of a drag, for tools that are pointed with."""
        gesture, known = self._panel.chosen.gesture, layer_of_plugin(layer)
        if gesture not in ("click", "drag") or known is None or str(layer.mode) != "pan_zoom":
            return
        begun = np.asarray(event.pos)
        places = [scene_pixels(known.world, known.scene, event.position)]
        moved = False
        yield
        while event.type == "mouse_move":
            moved = moved or bool(np.linalg.norm(np.asarray(event.pos) - begun) > _CLICK_PX)
            places.append(scene_pixels(known.world, known.scene, event.position))
            yield
        if gesture == "drag":
            self._panel.point(np.array(places))
        elif not moved:
            self._panel.point(np.array(places[:1]))

    def _take_outline(self, event: Any) -> None:
        """Take an outline that was drawn; the layer itself is emptied at the next turn."""
        if str(event.action).rpartition(".")[2].lower() != "added" or not len(event.source.data):
            return
        places = np.asarray(event.source.data[-1], dtype=float)[:, -2:]
        self._workbench.chores.add(self._clear_outline)
        if self._panel.chosen.gesture in _SHAPE_MODES:
            self._panel.point(places)

    def _clear_outline(self) -> None:
        if self.outline is not None and len(self.outline.data):
            mode = self.outline.mode
            self.outline.data = []
            self.outline.mode = mode

    def follow(self) -> None:
        """Tell what is on the screen, so that superpixels and the overlay follow it."""
        self._panel.look_at(self._find_window())
        known = None if self._labels is None else layer_of_plugin(self._labels)
        if known is not None:
            self._pictures.sync(known)
