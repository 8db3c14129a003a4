"""The dock: pages in the order of work, each in a scroll area."""

from __future__ import annotations

import atexit
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from napari_rsseg.docks.classes import ClassesForm
from napari_rsseg.docks.correct import CorrectPage
from napari_rsseg.docks.dataset import DatasetPage
from napari_rsseg.docks.models import ModelsActions, ModelsPage
from napari_rsseg.docks.parts.background import Background
from napari_rsseg.docks.parts.canvas_keys import CanvasKeys
from napari_rsseg.docks.parts.legend_hover import LegendHover
from napari_rsseg.docks.parts.project_follower import ProjectFollower
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.docks.parts.tool_keys import ToolKeys
from napari_rsseg.docks.project import ProjectPage
from napari_rsseg.docks.prompts import PromptsForm
from napari_rsseg.docks.review import ReviewPage
from napari_rsseg.docks.scene_controls import SceneControls
from napari_rsseg.docks.segment import PageActions, SegmentPage
from napari_rsseg.errors import RssegError
from napari_rsseg.panels.classes import ClassesPanel
from napari_rsseg.panels.correct import CorrectPanel
from napari_rsseg.panels.dataset import DatasetPanel
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.model_import import CLASSES_FILE, MODEL_SUFFIXES, ModelImport
from napari_rsseg.panels.models import ModelsPanel
from napari_rsseg.panels.project import ProjectPanel
from napari_rsseg.panels.review import ReviewPanel
from napari_rsseg.viewer.correct_layers import CorrectLayers
from napari_rsseg.viewer.legend import canvas_widget
from napari_rsseg.viewer.long_lived import LongLived
from napari_rsseg.viewer.review_layers import ReviewLayers
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.warm_up import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtGui import QDragEnterEvent, QDropEvent

    from napari_rsseg.viewer.workbench import Workbench

__all__ = ["RssegDock"]

_LOGGER = logging.getLogger(__name__)
_LABEL_FILES, _PROBABILITY_FILES = "Labels as GeoTIFF (*.tif)", "Probabilities as GeoTIFF (*.tif)"
_NARROW_TABS = "QTabBar::tab { padding: 4px 2px; margin: 0px; min-width: 0px; }"
"""napari's own tabs are too wide for all pages to be in sight beside a scene."""
FLUSH_MS = 250
"""Blocks that arrive within this time are drawn together."""
KEEP_MS = 10_000
"""What was painted is kept at least this often."""
CHORE_MS = 15
"""Pause between two pieces of work, in which the window draws and answers."""


class RssegDock(QWidget):
    """What napari opens under Plugins.

    Parameters
    ----------
    napari_viewer : Viewer
        Where it is docked.
    workbench : Workbench or None
        Panel and layers, already built; None: built here, with the real engine.
    """

    def __init__(self, napari_viewer: napari.Viewer, workbench: Workbench | None = None) -> None:
        super().__init__()
        # napari hands plugins a proxy that also wraps our own objects, as their module begins with its name
        viewer = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self.workbench = build_workbench(viewer) if workbench is None else workbench
        self.panel = self.workbench.panel
        self.scenes = SceneControls(self.workbench)
        self.classes, self.imports = ClassesPanel(self.panel), ModelImport(self.panel)
        self.models = ModelsPanel(self.panel, self.imports)
        self.correct = CorrectPanel(self.panel, self.workbench.prompting)
        self.correct_layers = CorrectLayers(self.workbench, self.correct)
        self.review = ReviewPanel(self.panel)
        self.review_layers = ReviewLayers(self.workbench, self.review)
        self.correct.find_review = lambda: None if self.review.entry is None else self.review.entry.window
        self.dataset = DatasetPanel(self.panel)
        self.project = ProjectPanel(self.panel)
        self.project_follower = ProjectFollower(
            self.project, self.workbench, self.correct, self.scenes.open_scene, self
        )
        self.setAcceptDrops(True)
        self.page = SegmentPage(
            self.panel,
            self.scenes,
            ClassesForm(
                self.classes,
                on_file=self.ask_for_classes,
                on_new_labels=lambda: self._try(self.workbench.new_labels),
            ),
            PromptsForm(self.workbench.prompting),
            self.imports,
            PageActions(
                self._draw,
                self.ask_where_to_save,
                self.ask_for_model,
                self.answer_import,
                self.workbench.edit_here,
            ),
        )
        self.models_page = ModelsPage(
            self.models,
            ModelsActions(self.ask_for_listed_model, self.ask_for_models, self.answer_import),
        )
        self.correct_page = CorrectPage(self.correct)
        self.review_page = ReviewPage(self.review, self.review_layers)
        self.dataset_page = DatasetPage(self.dataset)
        self.project_page = ProjectPage(self.project)
        self.pages = QTabWidget()
        for page, name in (
            (self.page, "Segment"),
            (self.correct_page, "Correct"),
            (self.review_page, "Review"),
            (self.dataset_page, "Dataset"),
            (self.models_page, "Models"),
            (self.project_page, "Project"),
        ):
            self.pages.addTab(_scrolling(page), name)
        self.pages.tabBar().setAccessibleName("Pages")
        self.pages.tabBar().setStyleSheet(_NARROW_TABS)
        self.pages.setMinimumWidth(310)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self._long_lived = long_lived = LongLived(self.workbench.viewer)
        self._settle = Refresher(long_lived.settle, self, interval_ms=0)
        self.panel.events.engine_state.connect(self._settle.ask)
        show_labels = Refresher(lambda: self._try(self.workbench.new_labels), self, interval_ms=0)
        self.dataset.imported.connect(show_labels.ask)
        self._flush = QTimer(self)
        self._flush.setInterval(FLUSH_MS)
        self._flush.timeout.connect(self._flush_when_idle)
        self._flush.start()
        self._chores = Refresher(self._do_chore, self, interval_ms=CHORE_MS)
        self.workbench.chores.added.connect(self._chores.ask)
        self._keep = QTimer(self)
        self._keep.setInterval(KEEP_MS)
        self._keep.timeout.connect(self._keep_edits)
        self._keep.start()
        panel = self.panel
        self.destroyed.connect(lambda: panel.close())
        self.destroyed.connect(lambda: long_lived.release())
        atexit.register(panel.close)
        QTimer.singleShot(0, self, self._start)

    def _do_chore(self) -> None:
        self.workbench.chores.do_next()
        if len(self.workbench.chores):
            self._chores.ask()

    def _flush_when_idle(self) -> None:
        if not len(self.workbench.chores):
            self.workbench.flush()
            self.correct_layers.follow()

    def _keep_edits(self) -> None:
        self.correct.keep_time()
        self.project_follower.remember()
        if self.panel.labellings.has_new_edits:
            Background(self.panel.labellings.keep, self, on_done=_ignore, on_failed=self._tell_fault)

    def _start(self) -> None:
        self.panel.start()
        layers = self.workbench.prompt_layers
        CanvasKeys(canvas_widget(self.workbench.viewer), lambda: layers.is_active, layers.key_actions(), self)
        ToolKeys(
            canvas_widget(self.workbench.viewer),
            lambda: self.correct_layers.is_active or layers.is_active,
            self.correct,
            self,
        )
        canvas, review = canvas_widget(self.workbench.viewer), self.review_page
        CanvasKeys(canvas, lambda: bool(self.review.current), review.key_actions(), self)
        self.workbench.prompting.events.is_on.connect(self._unfold_prompts)
        LegendHover(canvas_widget(self.workbench.viewer), self.workbench.appearance.class_at, self)
        self.workbench.chores.add(*self.workbench.appearance.preparations())
        Background(warm_up, self, on_done=self._settle.ask, on_failed=_LOGGER.warning)

    def _unfold_prompts(self, is_on: bool) -> None:
        if is_on:
            self.page.prompts_section.expand(animate=False)

    def _draw(self) -> None:
        self._try(self.workbench.draw_rectangle)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except RssegError as error:
            self.panel.message = str(error)

    def ask_for_model(self) -> None:
        """Let the user pick a model file; that of the model chosen for segmenting, where this is missing."""
        choice = self.panel.model
        name = choice.name if choice is not None and choice.state == "missing" else ""
        self._ask_for_model(name, is_kept=False)

    def ask_for_listed_model(self) -> None:
        """Let the user pick a model file; that of the published model chosen in the list of all."""
        row = self.models.row
        self._ask_for_model(row.name if row is not None and row.is_published else "", is_kept=True)

    def _ask_for_model(self, published_as: str, *, is_kept: bool) -> None:
        endings = " ".join(f"*{suffix}" for suffix in MODEL_SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(self, "Import a model", "", f"Models ({endings})")
        if path:
            self.imports.take(Path(path), published_as, is_kept=is_kept)

    def answer_import(self, answer: str) -> None:
        """Answer what the import asks; a file of classes is picked first where that was chosen."""
        if answer != CLASSES_FILE:
            self.imports.answer(answer)
            return
        path, _ = QFileDialog.getOpenFileName(self, "Classes of the model", "", "Classes (*.toml)")
        if path:
            self.imports.answer(path)

    def ask_for_models(self) -> None:
        """Let the user pick a folder of model files."""
        path = QFileDialog.getExistingDirectory(self, "Import the models of a folder")
        if path:
            self.imports.take(Path(path))

    def ask_for_classes(self) -> None:
        """Let the user pick a file of classes."""
        path, _ = QFileDialog.getOpenFileName(self, "Classes", "", "Classes (*.toml)")
        if path:
            self.classes.take_file(Path(path))

    def ask_where_to_save(self) -> None:
        """Let the user pick where the labels, or the probabilities, are written."""
        kinds = {
            _LABEL_FILES: self.workbench.write_labels,
            _PROBABILITY_FILES: self.workbench.write_probabilities,
        }
        path, kind = QFileDialog.getSaveFileName(
            self, "Save labels", f"{self.panel.scene_title}_{self.panel.task}.tif", ";;".join(kinds)
        )
        if path:
            self.save(path, kinds.get(kind, self.workbench.write_labels))

    def save(self, path: str, write: Callable[[Path], Path]) -> None:
        """Write labels or probabilities in the background, and say where they are."""
        self.panel.message = f"Saving {path} …"
        Background(lambda: write(Path(path)), self, on_done=self._tell_saved, on_failed=self._tell_fault)

    def _tell_saved(self, path: Path) -> None:
        self.panel.message = f"Saved {path}."

    def _tell_fault(self, error: Exception) -> None:
        self.panel.message = describe_fault(error)

    # files dropped on the dock

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files of this computer."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped: a model, a file of classes, or a scene; on the Models page only models."""
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.take_file(Path(url.toLocalFile()))

    def take_file(self, path: Path) -> None:
        """Import a model, take classes, or open a scene, by the page that is open and the file's ending."""
        name = path.name.lower()
        on_models = self.models_page.isVisibleTo(self.pages)
        if on_models or name.endswith(MODEL_SUFFIXES):
            self.imports.take(path, is_kept=on_models)
        elif name.endswith(".toml"):
            self.classes.take_file(path)
        else:
            self.scenes.open_scene(path)


def _ignore(result: object) -> None:
    """Nothing is to be done when edits are kept."""


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(page)
    return area
