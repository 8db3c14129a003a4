"""What the Review page shows on the canvas: the window, its states over the scene, the prediction beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.review import STATE_COLOURS, State
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.layers import label_arguments
from napari_rsseg.viewer.over_scene import add_over_scene, place_over_scene
from napari_rsseg.viewer.world import layer_of_plugin

if TYPE_CHECKING:
    import numpy.typing as npt
    from napari.layers import Labels, Layer, Shapes

    from napari_rsseg.panels.review import ReviewPanel
    from napari_rsseg.panels.review_site import ReviewSite
    from napari_rsseg.review import QueueEntry
    from napari_rsseg.viewer.workbench import Workbench
    from napari_rsseg.viewer.world import SceneLayer

__all__ = ["ReviewLayers"]

_MARGIN = 1.25
_CODES = {state: code for code, state in enumerate(State, start=1)}


class ReviewLayers:
    """Keeps canvas and Review page in step; for the main thread.

    Parameters
    ----------
    workbench : Workbench
        Whose scenes are reviewed.
    panel : ReviewPanel
        Says what is to be shown.

    Attributes
    ----------
    frame, map, before : layer or None
        The frame of the window on screen, the states over the scene, prediction against labels; None until
        they are first needed.
    shows_before : bool
        While flickering: whether the prediction is on, else the labels.
    """

    def __init__(self, workbench: Workbench, panel: ReviewPanel) -> None:
        self._workbench, self._panel, self._viewer = workbench, panel, workbench.viewer
        self.frame: Shapes | None = None
        self.map: Labels | None = None
        self.before: Labels | None = None
        self.shows_before = True
        self._waits = False
        panel.shown.connect(self._show)
        panel.changed.connect(self._sync_soon)
        for name in ("comparing", "swipe", "shows_map", "current"):
            getattr(panel.events, name).connect(self._sync_soon)
        self._viewer.layers.events.removed.connect(self._forget)

    def _forget(self, event: Any) -> None:
        for name in ("frame", "map", "before"):
            if getattr(self, name) is event.value:
                setattr(self, name, None)

    def _sync_soon(self, *_: object) -> None:
        """Draw once, however many fields change before the next turn; for any thread."""
        if not self._waits:
            self._waits = True
            self._workbench.chores.add(self.sync)

    def sync(self) -> None:
        """Show the state as it is now."""
        self._waits = False
        known = self._known()
        site = self._panel.site
        if known is None or site is None:
            return
        self._show_map(known, site)
        self._show_before(known, site)

    def flicker(self) -> None:
        """Change from prediction to labels or back, while they are compared that way."""
        self.shows_before = not self.shows_before
        self.sync()

    def _known(self) -> SceneLayer | None:
        site = self._panel.site
        picture = None if site is None else self._workbench.picture(site.scene)
        return None if picture is None else layer_of_plugin(picture)

    def _show(self, entry: QueueEntry) -> None:
        """Move the camera to a window and draw its frame."""
        known = self._known()
        if known is None:
            return
        matrix = np.asarray(known.world.placement(known.scene)["affine"])
        corners = _corners(entry.window) @ matrix[:2, :2].T + matrix[:2, 2]
        low, high = corners.min(axis=0), corners.max(axis=0)
        camera = self._viewer.scene.camera
        camera.center = (0.0, *((low + high) / 2))
        camera.zoom = float(np.min(np.asarray(self._viewer.canvas.size) / ((high - low) * _MARGIN)))
        self._draw_frame(known, entry.window)

    def _draw_frame(self, known: SceneLayer, window: Window) -> None:
        width = max(window.shape) / 150
        if self.frame is None:
            chosen = self._viewer.layers.selection.active
            place = known.world.placement(known.scene)
            self.frame = self._viewer.add_shapes(
                name="window under review", ndim=2, face_color="transparent", edge_color="#ffffff", **place
            )
            self.frame.editable = False
            self._viewer.layers.selection.active = chosen
        self.frame.data = []
        self.frame.add_polygons(
            [_corners(window)], edge_color="#ffffff", face_color="transparent", edge_width=width
        )

    # states over the scene

    def _show_map(self, known: SceneLayer, site: ReviewSite) -> None:
        if not self._panel.shows_map:
            if self.map is not None:
                self.map.visible = False
            return
        side = site.project.settings.window_px
        codes = np.zeros((-(-site.entry.height // side), -(-site.entry.width // side)), dtype=np.uint8)
        for entry in site.queue.of_scene(site.entry.id):
            window = entry.window
            if not entry.is_blind and window.row_start % side == window.column_start % side == 0:
                codes[window.row_start // side, window.column_start // side] = _CODES[entry.state]
        if self.map is None:
            colours: dict[int | None, Any] = {_CODES[state]: STATE_COLOURS[state] for state in State}
            # the scene stays visible where nobody was
            colours |= {0: "transparent", None: "transparent", _CODES[State.UNSEEN]: "transparent"}
            self.map = self._over(known, "states of review", colours)
            self.map.opacity = 0.5
        self.map.data = codes
        place_over_scene(self.map, Window.of(site.entry.height, site.entry.width), step=side)
        self.map.visible = True

    def _over(self, known: SceneLayer, name: str, colours: dict[int | None, Any]) -> Labels:
        from napari.utils.colormaps import DirectLabelColormap

        chosen = self._viewer.layers.selection.active
        made = add_over_scene(self._viewer, known.scene, known.world, name=name, dtype=np.uint8, opacity=0.7)
        made.colormap = DirectLabelColormap(color_dict=colours)
        self._viewer.layers.selection.active = chosen
        return made

    # prediction against labels

    def _show_before(self, known: SceneLayer, site: ReviewSite) -> None:
        panel = self._panel
        entry = panel.entry
        labels = self._workbench.labels_of(site.scene, site.labelling.scheme.name)
        if panel.comparing == "off" or entry is None:
            if self.before is not None and self.before.visible:
                self.before.visible = False
                _set_visible(labels, is_visible=True)
            return
        if self.before is None:
            self.before = self._over(known, "before and after", {None: "transparent"})
            self.before.colormap = label_arguments(site.labelling.scheme, show_background=True)["colormap"]
        self.before.data = self._mixed(site, entry)
        place_over_scene(self.before, entry.window)
        self.before.visible = True
        _set_visible(labels, is_visible=False)

    def _mixed(self, site: ReviewSite, entry: QueueEntry) -> npt.NDArray[np.uint8]:
        """Return the prediction up to a column and the labels beyond it, or one of both while flickering."""
        after = site.labelling.read_labels(entry.window)
        before = np.full(after.shape, IGNORED, np.uint8) if entry.is_blind else site.predicted(entry)
        if self._panel.comparing == "flicker":
            return before if self.shows_before else after
        split = round(self._panel.swipe * entry.window.width)
        return np.concatenate([before[:, :split], after[:, split:]], axis=1)


def _corners(window: Window) -> npt.NDArray[np.float64]:
    """Return the outer corners of a window in pixel centres, (4, 2)."""
    rows, columns = (window.row_start - 0.5, window.row_stop - 0.5), (
        window.column_start - 0.5, window.column_stop - 0.5,
    )  # fmt: skip
    return np.array(
        [[rows[0], columns[0]], [rows[0], columns[1]], [rows[1], columns[1]], [rows[1], columns[0]]]
    )


def _set_visible(layer: Layer | None, *, is_visible: bool) -> None:
    if layer is not None:
        layer.visible = is_visible
