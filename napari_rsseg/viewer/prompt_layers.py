"""Layers on which a user points at things, and what the segmenter makes of it; gone when prompting ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import RssegError
from napari_rsseg.viewer.keys import PROMPT_KEYS
from napari_rsseg.viewer.mask_writing import write_class
from napari_rsseg.viewer.prompt_drawing import drawn_click, drawn_shape, show_prompts
from napari_rsseg.viewer.prompt_pictures import add_preview, add_regions, region_at, show_mask, show_regions
from napari_rsseg.viewer.status import tell_places_in
from napari_rsseg.viewer.world import layer_of_plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari.layers import Labels, Layer, Points, Shapes

    from napari_rsseg.panels.prompt_state import Given, PromptTool, WrittenMask
    from napari_rsseg.panels.prompting import Prompting
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.viewer.workbench import Workbench
    from napari_rsseg.viewer.world import World

__all__ = ["PromptLayers"]

_MODES: dict[PromptTool, str] = {
    "point": "add",
    "box": "add_rectangle",
    "scribble": "add_path",
    "polygon": "add_polygon_lasso",
}
_DRAG_PX = 4
_CLICK_PX = 12
_LINES_PER_VIEW = 300
_RIGHT = 2


class PromptLayers:
    """Keeps layers and state of prompting in step; for the main thread.

    Parameters
    ----------
    workbench : Workbench
        Whose labels are written.
    prompting : Prompting
        Told what is pointed at, and shown.

    Attributes
    ----------
    points, shapes : Points, Shapes or None
        On which prompts are given; None while prompting is off.
    preview : Labels or None
        The mask that Enter writes; never one of the labels.
    regions : Labels or None
        What was proposed, each region under its number.
    """

    def __init__(self, workbench: Workbench, prompting: Prompting) -> None:
        self._workbench, self._prompting = workbench, prompting
        self._viewer = workbench.viewer
        self.points: Points | None = None
        self.shapes: Shapes | None = None
        self.preview: Labels | None = None
        self.regions: Labels | None = None
        self._waits = self._is_filling = False
        self._is_negative = False
        self._drawn: dict[str, object] = {}
        self._labels: Labels | None = None
        prompting.events.connect(self._sync_soon)
        prompting.written.connect(self._write_soon)
        workbench.panel.events.task.connect(self._sync_soon)
        self._viewer.layers.events.removed.connect(self._end_without_layers)

    @property
    def is_active(self) -> bool:
        """Whether keys are meant for prompts: one of these layers is the chosen one."""
        chosen = self._viewer.layers.selection.active
        return chosen is not None and chosen in self._own()

    def _own(self) -> list[Layer]:
        return [
            layer for layer in (self.points, self.shapes, self.preview, self.regions) if layer is not None
        ]

    # from the state to the layers

    def _sync_soon(self, *_: object) -> None:
        """Draw once, however many fields change before the next turn; for any thread."""
        if not self._waits:
            self._waits = True
            self._workbench.chores.add(self.sync)

    def sync(self) -> None:
        """Show the state as it is now."""
        self._waits = False
        prompting = self._prompting
        if not prompting.is_on:
            self._remove()
            return
        if self._makes_labels():
            self._drawn.pop("tool", None)
            self._sync_soon()  # new labels choose themselves before that
            return
        if self._makes_layer():
            self._sync_soon()  # one layer per turn: each takes a while
            return
        self._sync_class()
        self._sync_prompts()
        self._sync_pictures()
        self._sync_tool()

    def _makes_layer(self) -> bool:
        """Return whether one of the layers was missing and is made now."""
        if self.points is not None:
            return False
        scene = self._prompting.scene
        picture = None if scene is None else self._workbench.picture(scene)
        known = None if picture is None else layer_of_plugin(picture)
        if scene is None or known is None:
            self._prompting.end()
            return True
        common: dict[str, Any] = {"ndim": 2, **known.world.placement(scene)}
        if self.preview is None:
            self._drawn = {}
            self.preview = add_preview(self._viewer, scene, known.world)
        elif self.shapes is None:
            self.shapes = self._viewer.add_shapes(
                name="prompts: boxes and lines", face_color="transparent", **common
            )
            self._listen_to(self.shapes)
        else:
            self.points = self._viewer.add_points(
                name="prompts: clicks",
                size=1,
                canvas_size_limits=(_CLICK_PX, _CLICK_PX),
                **common,
            )
            self._listen_to(self.points)
        self._tell_places(scene, known.world)
        return True

    def _tell_places(self, scene: Scene, world: World) -> None:
        for layer in self._own():
            tell_places_in(layer, scene, world, with_value=False)  # numbers of prompts say nothing

    def _listen_to(self, layer: Points | Shapes) -> None:
        layer.mouse_drag_callbacks.append(self._note_press)
        layer.events.data.connect(self._take_drawn)

    def follow(self) -> None:
        """Tell what is on the screen, so that the view that is looked at follows it."""
        scene = self._prompting.scene
        if scene is not None:
            self._prompting.look_at(self._workbench.find_view(scene))

    def _remove(self) -> None:
        own, self.points, self.shapes, self.preview, self.regions = self._own(), None, None, None, None
        for layer in own:
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        if own and self._labels is not None and self._labels in self._viewer.layers:
            self._viewer.layers.selection.active = self._labels
        self._labels = None

    def _end_without_layers(self, event: Any) -> None:
        """End where the user removes the layers that prompts are given on."""
        if event.value in (self.points, self.shapes) and self._prompting.is_on:
            self._prompting.end()

    def _is_new(self, what: str, *value: object) -> bool:
        """Return whether something is not what is drawn already, and remember it as drawn."""
        is_new = self._drawn.get(what) != value
        self._drawn[what] = value
        return is_new

    def _sync_tool(self) -> None:
        tool = self._prompting.tool
        if not self._is_new("tool", tool, bool(self._prompting.regions)):
            return
        if self._prompting.regions:
            self._viewer.layers.selection.active = self.regions
            return
        layers = self._viewer.layers
        for layer in (self.regions, self.preview, self.shapes, self.points):
            if layer is not None and layers[-1] is not self.points:
                layers.move(layers.index(layer), len(layers))
        pointed = self.points if tool == "point" else self.shapes
        assert pointed is not None  # made
        pointed.mode = _MODES[tool]
        layers.selection.active = pointed

    def _sync_prompts(self) -> None:
        given = self._prompting.given
        if not self._is_new("given", given):
            return
        points, shapes = self.points, self.shapes
        assert points is not None
        assert shapes is not None  # made with the points
        self._is_filling = True
        try:
            show_prompts(points, shapes, given, line_px=self._line_px())
        finally:
            self._is_filling = False

    def _line_px(self) -> float:
        """Return the width of lines, in pixels of the scene, that is seen at the scale of the view."""
        view = self._prompting.view
        return 1.0 if view is None else max(view.window.shape) / _LINES_PER_VIEW

    def _sync_pictures(self) -> None:
        prompting, labels = self._prompting, self._labels
        assert self.preview is not None  # made with the points
        if labels is not None and self._is_new("mask", prompting.candidate, prompting.class_id):
            colour = labels.colormap.map(np.uint8(prompting.class_id))
            show_mask(self.preview, prompting.candidate, colour)
        if self._is_new("regions", prompting.regions, prompting.assigned):
            self._show_regions()

    def _show_regions(self) -> None:
        prompting = self._prompting
        scene, picture = prompting.scene, self._workbench.picture(prompting.scene)
        known = None if picture is None else layer_of_plugin(picture)
        if scene is None or known is None or prompting.view is None:
            return
        if self.regions is None and prompting.regions:
            self.regions = add_regions(self._viewer, scene, known.world)
            self.regions.mouse_drag_callbacks.append(self._take_region)
            self._tell_places(scene, known.world)
        if self.regions is not None:
            show_regions(self.regions, prompting.regions, prompting.assigned, prompting.view.window)

    # from the layers to the state

    def _note_press(self, layer: Layer, event: Any) -> None:
        """Remember whether a prompt that begins here says what does not belong to the object."""
        self._is_negative = "Shift" in event.modifiers or event.button == _RIGHT

    def _take_drawn(self, event: Any) -> None:
        """Take what was drawn; the layers themselves change at the next turn only."""
        if self._is_filling or str(event.action).rpartition(".")[2].lower() != "added":
            return
        negative = self._is_negative or self._prompting.is_negative
        points, shapes = self.points, self.shapes
        assert points is not None
        assert shapes is not None  # one of them sent the event
        if event.source is points:
            prompt: Given | None = drawn_click(points, is_positive=not negative)
        else:
            prompt = drawn_shape(shapes, self._prompting.tool, is_positive=not negative)
        self._drawn.pop("given", None)  # what was drawn is replaced by what is known
        if prompt is None:
            self._sync_soon()
        else:
            self._prompting.give(prompt)

    def _take_region(self, layer: Labels, event: Any) -> Generator[None, None, None]:
        """Give a region the active class where it was clicked; a drag moves the view as always."""
        begun = np.asarray(event.pos)
        yield
        while event.type == "mouse_move":
            yield
        if np.linalg.norm(np.asarray(event.pos) - begun) < _DRAG_PX:
            number = region_at(layer, event.position)
            if number is not None:
                self._prompting.assign(number)

    # labels

    def _makes_labels(self) -> bool:
        """Return whether the labels to write were not there and are made now."""
        scene, task = self._prompting.scene, self._workbench.panel.task
        if scene is None or self._workbench.labels_of(scene, task) is not None:
            return False
        try:
            self._workbench.new_labels()
        except RssegError as error:
            self._prompting.message = str(error)
            self._prompting.end()
        return True

    def _labels_layer(self) -> Labels | None:
        """Return the labels that are written, and take their class where they were not those before."""
        scene = self._prompting.scene
        found = None if scene is None else self._workbench.labels_of(scene, self._workbench.panel.task)
        if found is not None and found is not self._labels:
            self._labels = found
            self._prompting.class_id = int(found.selected_label)
            found.events.selected_label.connect(self._follow_label)
        return found

    def _follow_label(self, event: Any) -> None:
        if self._labels is not None and event.source is self._labels:
            self._prompting.class_id = int(event.source.selected_label)

    def _sync_class(self) -> None:
        labels = self._labels_layer()
        if labels is not None and labels.selected_label != self._prompting.class_id:
            labels.selected_label = self._prompting.class_id

    def _write_soon(self, stroke: WrittenMask) -> None:
        self._workbench.chores.add(lambda: self.write(stroke))

    def write(self, stroke: WrittenMask) -> None:
        """Write a mask into the labels of its scene and task, as one step of their history."""
        layer = self._workbench.labels_of(stroke.scene, stroke.task)
        if layer is None:
            self._prompting.message = "The labels were removed before the mask was written. Click again."
            return
        try:
            count = write_class(layer, stroke.window, stroke.mask, stroke.class_id)
        except RssegError as error:
            self._prompting.message = str(error)
            return
        self._tell_written(stroke, count)

    def _tell_written(self, stroke: WrittenMask, count: int) -> None:
        names = self._workbench.panel.scheme_of(stroke.task).names
        what = "erased" if stroke.class_id == IGNORED else f"now {names[stroke.class_id]}"
        self._prompting.message = f"{count} pixels are {what}. Ctrl+Z takes it back."

    def key_actions(self) -> dict[str, Callable[[], object]]:
        """Return what keys do on the canvas while these layers are chosen, by the names Qt gives to keys."""
        prompting = self._prompting
        actions = (prompting.accept, self._drop, prompting.next_candidate, prompting.take_back, self._undo)
        names = (key.replace("Control-", "Ctrl+") for key in PROMPT_KEYS)
        return dict(zip(names, actions, strict=True))

    def _drop(self) -> None:
        if self._prompting.given or not self._prompting.regions:
            self._prompting.drop()
        else:
            self._prompting.drop_regions()

    def _undo(self) -> None:
        if self._labels is not None:
            self._labels.undo()
