"""The label layers of all scenes in a viewer: found, added, and kept in step with the arrays behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_rsseg.errors import SceneError
from napari_rsseg.viewer.edit_layer import EditLayer
from napari_rsseg.viewer.edit_window import EditWindow
from napari_rsseg.viewer.label_layers import add_confidence, add_labels
from napari_rsseg.viewer.world import layer_of_plugin
from napari_rsseg.viewer.writer import SCHEME_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Image, Labels, Layer

    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window
    from napari_rsseg.viewer.world import SceneLayer

__all__ = ["LabelStack", "layers_of_role"]


def layers_of_role(viewer: napari.Viewer, role: str) -> list[tuple[Layer, SceneLayer]]:
    """Return this plugin's layers of a role, topmost first."""
    found = ((layer, layer_of_plugin(layer)) for layer in reversed(viewer.layers))
    return [(layer, known) for layer, known in found if known is not None and known.role == role]


class LabelStack:
    """Labels and confidence by scene and task; large ones through a window that follows the view.

    Parameters
    ----------
    viewer : Viewer
        Whose layers.
    on_visible : callable
        Told when a label layer is shown or hidden.
    tell : callable
        Told, in words, what could not be done, and what undo and redo did.
    """

    def __init__(
        self, viewer: napari.Viewer, on_visible: Callable[[], object], tell: Callable[[str], object]
    ) -> None:
        self._viewer, self._on_visible, self._tell = viewer, on_visible, tell
        self._edits: list[EditLayer] = []
        self._windows: list[EditWindow] = []

    def find(self, role: str, scene: Scene, task: str) -> Any:
        """Return the layer of a role, scene and task; None where it was removed or never made."""
        for layer, known in layers_of_role(self._viewer, role):
            if known.task == task and known.scene.fingerprint == scene.fingerprint:
                return layer
        return None

    def show(
        self, labelling: Labelling, place: SceneLayer, title: str, *, show_background: bool
    ) -> tuple[Labels, str]:
        """Return the label layer, now visible, and which pixels can be painted where not all can."""
        layer, words = self.find("labels", place.scene, place.task), ""
        if layer is None:
            self._forget_removed()
            if labelling.is_paged:
                layer, words = self._add_window(labelling, place, title)
            else:
                layer = add_labels(self._viewer, place, title, labelling, show_background=show_background)
                self._edits.append(EditLayer(layer, labelling, labelling.window, self._tell))
            layer.events.visible.connect(self._tell_visible)
        layer.visible = True
        return layer, words

    def _forget_removed(self) -> None:
        for edit in self._edits:
            if edit.layer not in self._viewer.layers:
                edit.close()
        self._edits = [edit for edit in self._edits if edit.layer in self._viewer.layers]
        self._windows = [window for window in self._windows if window.layer in self._viewer.layers]

    def _add_window(self, labelling: Labelling, place: SceneLayer, title: str) -> tuple[Labels, str]:
        overview = self.find("overview", place.scene, place.task)
        if overview is not None:
            self._viewer.layers.remove(overview)
        window = EditWindow(self._viewer, place, title, labelling, self._tell)
        self._windows.append(window)
        self._edits.append(window.edit)
        return window.layer, window.words

    def _tell_visible(self, event: object = None) -> None:
        self._on_visible()

    def show_confidence(self, labelling: Labelling, place: SceneLayer, title: str) -> Image | None:
        """Put the confidence beneath the labels; None where these are gone or it is there already."""
        labels = self.find("labels", place.scene, place.task)
        if labels is None or self.find("confidence", place.scene, place.task) is not None:
            return None
        return add_confidence(self._viewer, place, title, labelling, beneath=labels)

    def hide_covered(self, shown: Labels, labelling: Labelling, scene: Scene) -> None:
        """Hide the scene's other labels where either covers everything, so that no colour is misread."""
        covers = not labelling.scheme.background
        for other, known in layers_of_role(self._viewer, "labels"):
            if other is not shown and known.scene.fingerprint == scene.fingerprint:
                other.visible = other.visible and not covers and bool(other.metadata[SCHEME_KEY].background)

    def redraw(self, scene: Scene, task: str) -> None:
        """Show the confidence that was written into its array."""
        layer = self.find("confidence", scene, task)
        if layer is not None and layer.visible:
            layer.refresh()

    def edit_here(self, scene: Scene, task: str, view: Window) -> str:
        """Move the window in which large labels are painted to a view; return where painting reaches now.

        Raises
        ------
        SceneError
            When these labels are not painted through a window.
        """
        layer = self.find("labels", scene, task)
        window = next((window for window in self._windows if window.layer is layer), None)
        if window is None:
            raise SceneError(
                "These labels need no window to be painted in: the whole scene can be painted.",
                "Choose a brush and paint." if layer is not None else "Segment first, or make new labels.",
            )
        window.centre(view)
        return window.words

    def follow(self, find_view: Callable[[Scene], Window | None]) -> str:
        """Show what was changed elsewhere, move windows after the view, and say where painting reaches then.

        Parameters
        ----------
        find_view : callable
            Returns what of a scene is in view.
        """
        words = ""
        changed = {id(edit.layer) for edit in self._edits if edit.flush()}
        for window in self._windows:
            known = layer_of_plugin(window.layer)
            if known is None or window.layer not in self._viewer.layers:
                continue
            view = find_view(known.scene)
            if view is not None and window.follow(view):
                words = window.words
            elif id(window.layer) in changed:
                window.refresh()
        return words
