"""The label layers of all scenes in a viewer: found, added, and kept in step with the arrays behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    on_visible, on_painted : callable
        Told when a label layer is shown or hidden, and when its pixels may have changed.
    """

    def __init__(
        self, viewer: napari.Viewer, on_visible: Callable[[], object], on_painted: Callable[[], object]
    ) -> None:
        self._viewer, self._on_visible, self._on_painted = viewer, on_visible, on_painted
        self._edits: list[EditWindow] = []

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
            if labelling.is_paged:
                layer, words = self._add_window(labelling, place, title)
            else:
                layer = add_labels(self._viewer, place, title, labelling, show_background=show_background)
            layer.events.visible.connect(self._tell_visible)
            layer.events.paint.connect(self._tell_painted)
            layer.events.set_data.connect(self._tell_painted)  # undo and redo tell nothing else
        layer.visible = True
        return layer, words

    def _add_window(self, labelling: Labelling, place: SceneLayer, title: str) -> tuple[Labels, str]:
        overview = self.find("overview", place.scene, place.task)
        if overview is not None:
            self._viewer.layers.remove(overview)
        edit = EditWindow(self._viewer, place, title, labelling)
        self._edits = [other for other in self._edits if other.layer in self._viewer.layers] + [edit]
        return edit.layer, edit.words

    def _tell_visible(self, event: object = None) -> None:
        self._on_visible()

    def _tell_painted(self, event: object = None) -> None:
        self._on_painted()

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
        """Show what was written into the arrays."""
        for role in ("labels", "confidence"):
            layer = self.find(role, scene, task)
            if layer is not None and layer.visible:
                layer.refresh()

    def commit(self) -> None:
        """Take over what was painted in windows."""
        for edit in self._edits:
            edit.commit()

    def follow(self, find_view: Callable[[Scene], Window | None], redraw: set[int]) -> str:
        """Move windows after the view, show new blocks in them, and say where painting reaches if one moved.

        Parameters
        ----------
        find_view : callable
            Returns what of a scene is in view.
        redraw : set of int
            ``id`` of labellings that were written.
        """
        words = ""
        for edit in self._edits:
            known = layer_of_plugin(edit.layer)
            if known is None or edit.layer not in self._viewer.layers:
                continue
            edit.commit()
            view = find_view(known.scene)
            if view is not None and edit.follow(view):
                words = edit.words
            elif id(edit.labelling) in redraw:
                edit.refresh()
        return words
