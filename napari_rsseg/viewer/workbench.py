"""Layers of a viewer on one side, the Segment panel on the other; for the main thread."""

from __future__ import annotations

from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError, SceneError
from napari_rsseg.jobs.kept_probabilities import write_kept_probabilities
from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.panels.prompting import Prompting
from napari_rsseg.viewer.activity import Activity
from napari_rsseg.viewer.appearance import Appearance
from napari_rsseg.viewer.chores import Chores
from napari_rsseg.viewer.exchanging import exchange
from napari_rsseg.viewer.extras import PreparedExtra, add_extra
from napari_rsseg.viewer.label_stack import LabelStack, layers_of_role
from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.opening import PreparedPicture, insert_picture, title_of
from napari_rsseg.viewer.prompt_layers import PromptLayers
from napari_rsseg.viewer.region import draw_rectangle, visible_window
from napari_rsseg.viewer.status import tell_places
from napari_rsseg.viewer.world import SceneLayer, layer_of_plugin
from napari_rsseg.viewer.writer import LABELLING_KEY, write_labels

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.run import Run
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window
    from napari_rsseg.viewer.exchanging import Exchange

__all__ = ["Workbench"]


class Workbench:
    """Keeps layers and panel in step.

    Parameters
    ----------
    viewer : Viewer
        Whose layers are watched and written.
    panel : SegmentPanel
        Told of scenes, view and rectangles; its runs fill label layers.

    Attributes
    ----------
    appearance : Appearance
        Colours and legend.
    chores : Chores
        What is still to be drawn, a piece per turn of the event loop; ``flush`` does all of it.
    prompting, prompt_layers : Prompting, PromptLayers
        What is pointed at, and the layers for that.
    """

    def __init__(self, viewer: napari.Viewer, panel: SegmentPanel) -> None:
        self.viewer, self.panel = viewer, panel
        self.appearance = Appearance(viewer)
        self.chores = Chores()
        self._legend_waits = False
        self._has_scale_bar = False
        self._written: deque[tuple[Run, Window]] = deque()  # appended on a thread of the engine
        self._stack = LabelStack(viewer, self._draw_legend_soon, self._tell)
        self._activity = Activity()
        self._view: Window | None = None
        self.prompting = Prompting(panel)
        self.prompt_layers = PromptLayers(self, self.prompting)
        panel.find_view = self.find_view
        panel.run_prepared.connect(self._prepare)
        panel.block_written.connect(self._note_block)
        panel.run_finished.connect(self._check_target)
        panel.events.looks.connect(self._wear_soon)
        panel.labellings.exchanged.connect(self._exchange_labels_soon)
        viewer.layers.events.inserted.connect(self._follow_layers)
        viewer.layers.events.removed.connect(self._follow_layers)
        self._follow_layers()

    # scenes

    def add(self, prepared: PreparedPicture | PreparedExtra) -> Layer:
        """Add a picture, whose scene becomes the one to segment, or an extra layer of a product."""
        if isinstance(prepared, PreparedExtra):
            return add_extra(self.viewer, prepared)
        layer = insert_picture(self.viewer, prepared)
        self.chores.add(partial(self._choose, layer))
        return layer

    def _choose(self, layer: Layer) -> None:
        if layer in self.viewer.layers:
            self.viewer.layers.selection.active = layer

    def exchange(self, prepared: Exchange) -> None:
        """Show and segment a scene opened anew in place of the old one; labels stay."""
        self.panel.replace_scene(prepared.old, prepared.new)
        exchange(self.viewer.layers, prepared)

    def picture(self, scene: Scene | None = None) -> Layer | None:
        """Return the topmost picture of a scene, of the chosen one by default."""
        wanted = self.panel.scene if scene is None else scene
        return next(
            (layer for layer, known in layers_of_role(self.viewer, "picture") if known.scene is wanted), None
        )

    def find_view(self, scene: Scene) -> Window | None:
        """Return what of a scene is in view, in its pixels; None where it shows nothing of it."""
        layer = self.picture(scene)
        return None if layer is None else visible_window(self.viewer, layer)

    def draw_rectangle(self) -> None:
        """Let the user drag the region to segment."""
        layer = self.picture()
        known = None if layer is None else layer_of_plugin(layer)
        if known is None:
            raise SceneError("No scene is open.", "Open one first.")
        self.panel.region_kind = "rectangle"
        draw_rectangle(self.viewer, known, self._take_rectangle)

    def _take_rectangle(self, window: Window | None) -> None:
        self.panel.rectangle = window

    def _follow_layers(self, event: object = None) -> None:
        """Offer the scenes whose pictures are in the viewer, and forget those that are gone."""
        shown: dict[str, Scene] = {}
        for layer, known in reversed(layers_of_role(self.viewer, "picture")):
            tell_places(layer)
            if all(known.scene is not scene for scene in shown.values()):
                shown[_free_title(title_of(known.scene), shown)] = known.scene
        for title, scene in list(self.panel.scenes.items()):
            if all(scene is not other for other in shown.values()):
                self.panel.remove_scene(title)
        for title, scene in shown.items():
            if all(scene is not other for other in self.panel.scenes.values()):
                self.panel.add_scene(_free_title(title, self.panel.scenes), scene)
                self.chores.add(partial(self._show_painted_earlier, scene))
        self._draw_legend_soon()
        if not self._has_scale_bar and any(
            known.world.unit == "m" for _, known in layers_of_role(self.viewer, "picture")
        ):
            self._has_scale_bar = True  # from here on it is the user's
            self.chores.add(self._show_scale_bar)

    def _show_scale_bar(self) -> None:
        self.viewer.canvas.overlays.scale_bar.visible = True

    # labels

    def labels_of(self, scene: Scene, task: str) -> Labels | None:
        """Return the label layer of a scene and task; None where it was removed or never made."""
        found: Labels | None = self._stack.find("labels", scene, task)
        return found

    def confidence_of(self, scene: Scene, task: str) -> Image | None:
        """Return the confidence layer of a scene and task."""
        found: Image | None = self._stack.find("confidence", scene, task)
        return found

    def _prepare(self, run: Run) -> None:
        """Make the layers that a run writes, or take those that are there."""
        place = self._place(run.scene, run.task)
        if place is None:
            return
        layer = self._show_labels(run.labelling, place, run.scene_title)
        self._stack.hide_covered(layer, run.labelling, run.scene)
        self.chores.add(lambda: self._stack.show_confidence(run.labelling, place, run.scene_title))

    def new_labels(self) -> None:
        """Show the labels of the chosen scene and task, empty ones where there are none, to paint on.

        Raises
        ------
        SceneError
            When no scene is open.
        """
        panel = self.panel
        place = None if panel.scene is None else self._place(panel.scene, panel.task)
        if panel.scene is None or place is None:
            raise SceneError("No scene is open.", "Open one first.")
        labelling = panel.labelling(panel.scene, panel.scheme_of(panel.task))
        self._show_labels(labelling, place, panel.scene_title)

    def _show_painted_earlier(self, scene: Scene) -> None:
        """Show labels that were painted on a scene in an earlier session."""
        title = next((title for title, shown in self.panel.scenes.items() if shown is scene), None)
        for scheme in () if title is None else self.panel.labellings.painted_earlier(scene):
            place = self._place(scene, scheme.name)
            if title is not None and place is not None:
                self.panel.add_task(scheme)
                self._show_labels(self.panel.labelling(scene, scheme), place, title)

    def edit_here(self) -> None:
        """Let labels of a large scene be painted where the view is; what hinders it becomes the message."""
        panel = self.panel
        view = None if panel.scene is None else self.find_view(panel.scene)
        if panel.scene is None or view is None:
            panel.message = "Nothing of a scene is in view. Open one, or move it into view."
            return
        try:
            panel.paint_reach = self._stack.edit_here(panel.scene, panel.task, view)
        except SceneError as error:
            panel.message = str(error)

    def _exchange_labels_soon(self) -> None:
        self.chores.add(self._exchange_labels)

    def _exchange_labels(self) -> None:
        """Take closed labels off the screen, and show those that the scenes have where labels now lie."""
        for layer in list(self.viewer.layers):
            labelling = layer.metadata.get(LABELLING_KEY)
            if isinstance(labelling, Labelling) and not self.panel.labellings.holds(labelling):
                confidence = self._stack.find(
                    "confidence", layer.metadata[ROLE_KEY].scene, labelling.scheme.name
                )
                for gone in (layer, confidence):
                    if gone in self.viewer.layers:
                        self.viewer.layers.remove(gone)
        for scene in list(self.panel.scenes.values()):
            self._show_painted_earlier(scene)

    def _place(self, scene: Scene, task: str) -> SceneLayer | None:
        """Return where labels of a scene lie; None where it is not shown."""
        picture = self.picture(scene)
        known = None if picture is None else layer_of_plugin(picture)
        return None if known is None else SceneLayer(scene, "labels", known.world, task)

    def _show_labels(self, labelling: Labelling, place: SceneLayer, title: str) -> Labels:
        shown = self.appearance.shows_background
        layer, words = self._stack.show(labelling, place, title, show_background=shown)
        self.panel.paint_reach = words or self.panel.paint_reach
        self.chores.add(partial(self._choose, layer))
        self._draw_legend_soon()
        return layer

    def _tell(self, words: str) -> None:
        self.panel.message = words

    def _note_block(self, run: Run, window: Window) -> None:
        self._written.append((run, window))  # any thread

    def _check_target(self, run: Run) -> None:
        """Say so when the labels that a run filled are gone from the viewer; the arrays are kept."""
        gone = self.labels_of(run.scene, run.task) is None  # reads the list only: this is the run's thread
        if gone and run.report is not None and run.scene_title in self.panel.scenes:
            self.panel.message = (
                "The label layer was removed during the run; its result is kept. Segment shows it again."
            )

    def flush(self) -> int:
        """Draw the blocks written since the last call, and follow the view; return the number of blocks."""
        self.chores.do_all()
        count = len(self._written)
        runs = {id(run): run for run, _ in (self._written.popleft() for _ in range(count))}
        for run in runs.values():
            self._stack.redraw(run.scene, run.task)
        moved = self._stack.follow(self.find_view)
        self.panel.paint_reach = moved or self.panel.paint_reach
        self._follow_run()
        self.prompt_layers.follow()
        return count

    def _follow_run(self) -> None:
        """Tell napari's activity dock how far the run is, and the engine what is in view."""
        panel = self.panel
        running = panel.run_state != "idle"
        self._activity.follow(
            running=running, done=panel.done, total=panel.total, words=f"Segment {panel.scene_title}"
        )
        view = self.find_view(panel.scene) if running and panel.scene is not None else None
        if view is not None and view != self._view:
            panel.look_at(view)
        self._view = view

    def write_labels(self, path: Path) -> Path:
        """Write the labels of the chosen scene and task as GeoTIFF; for any thread.

        Raises
        ------
        OutputError
            When there are none, or the file cannot be written.
        """
        layer = self._layer_to_write()
        attributes = {"name": layer.name, "metadata": layer.metadata}
        (written,) = write_labels(str(path), layer.data, attributes)
        return Path(written)

    def write_probabilities(self, path: Path) -> Path:
        """Write the probabilities that the last run of the chosen scene and task kept; for any thread.

        Raises
        ------
        OutputError
            When none were kept, or the file cannot be written.
        """
        layer, panel = self._layer_to_write(), self.panel
        known, labelling = layer.metadata[ROLE_KEY], layer.metadata[LABELLING_KEY]
        store = panel.store_root / f"{labelling.key}.zarr"
        return write_kept_probabilities(
            path, store, known.scene, scheme=labelling.scheme, tags=labelling.tags
        )

    def _layer_to_write(self) -> Labels:
        scene = self.panel.scene
        layer = None if scene is None else self.labels_of(scene, self.panel.task)
        if layer is None:
            raise OutputError("There are no labels of this task to save.", "Press Segment first.")
        return layer

    # what is shown

    def _wear_soon(self, looks: dict[str, Scheme]) -> None:
        """Show them at the next turn: the classes of a new model are told on another thread."""
        self.chores.add(partial(self._wear, looks))

    def _wear(self, looks: dict[str, Scheme]) -> None:
        for scheme in looks.values():
            self.appearance.wear(scheme)

    def _draw_legend_soon(self) -> None:
        """Draw the legend once, however many layers change before the next turn."""
        if not self._legend_waits:
            self._legend_waits = True
            self.chores.add(self._draw_legend)

    def _draw_legend(self) -> None:
        self._legend_waits = False
        self.appearance.draw_legend()

    def toggle_confidence(self) -> None:
        """Show or hide the confidence of the chosen task."""
        scene = self.panel.scene
        layer = None if scene is None else self.confidence_of(scene, self.panel.task)
        if layer is not None:
            layer.visible = not layer.visible


def _free_title(title: str, taken: dict[str, Scene]) -> str:
    names = (title if number == 1 else f"{title} ({number})" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
