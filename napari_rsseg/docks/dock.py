"""The dock: pages in the order of work, each in a scroll area."""

from __future__ import annotations

import atexit
import logging
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from napari_rsseg.docks.parts.background import Background
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.docks.scene_controls import SceneControls
from napari_rsseg.docks.segment import SegmentPage
from napari_rsseg.errors import RssegError
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.warm_up import warm_up

if TYPE_CHECKING:
    import napari

    from napari_rsseg.viewer.workbench import Workbench

__all__ = ["RssegDock"]

_LOGGER = logging.getLogger(__name__)
FLUSH_MS = 250
"""Blocks that arrive within this time are drawn together."""
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
        self.page = SegmentPage(
            self.panel,
            self.scenes,
            on_draw=self._draw,
            on_save=self.ask_where_to_save,
            on_import=self.ask_for_model,
        )
        self.pages = QTabWidget()
        self.pages.setTabBarAutoHide(True)
        self.pages.addTab(_scrolling(self.page), "Segment")
        self.pages.setMinimumWidth(300)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self._flush = QTimer(self)
        self._flush.setInterval(FLUSH_MS)
        self._flush.timeout.connect(self._flush_when_idle)
        self._flush.start()
        self._chores = Refresher(self._do_chore, self, interval_ms=CHORE_MS)
        self.workbench.chores.added.connect(self._chores.ask)
        panel = self.panel
        self.destroyed.connect(lambda: panel.close())
        atexit.register(panel.close)
        QTimer.singleShot(0, self, self._start)

    def _do_chore(self) -> None:
        self.workbench.chores.do_next()
        if len(self.workbench.chores):
            self._chores.ask()

    def _flush_when_idle(self) -> None:
        if not len(self.workbench.chores):
            self.workbench.flush()

    def _start(self) -> None:
        self.panel.start()
        self.workbench.chores.add(*self.workbench.appearance.preparations())
        Background(warm_up, self, on_done=_ignore, on_failed=_LOGGER.warning)

    def _draw(self) -> None:
        try:
            self.workbench.draw_rectangle()
        except RssegError as error:
            self.panel.message = str(error)

    def ask_for_model(self) -> None:
        """Let the user pick a model file."""
        path, _ = QFileDialog.getOpenFileName(self, "Import a model", "", "Models (*.safetensors *.json)")
        if path:
            self.workbench.import_model(path)

    def ask_where_to_save(self) -> None:
        """Let the user pick where the labels are written."""
        path, _ = QFileDialog.getSaveFileName(
            self, "Save labels", f"{self.panel.scene_title}_{self.panel.task}.tif", "GeoTIFF (*.tif)"
        )
        if path:
            self.save_labels(path)

    def save_labels(self, path: str) -> None:
        """Write the labels of the chosen scene and task."""
        self.panel.message = self.workbench.save_labels(path)


def _ignore(result: object) -> None:
    """Nothing is to be done when what was loaded ahead is there."""


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(page)
    return area
