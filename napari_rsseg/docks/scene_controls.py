"""Which scene is segmented, and which picture of it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QGridLayout, QLabel, QWidget

from napari_rsseg.docks.parts.background import Background
from napari_rsseg.docks.parts.controls import button, combo
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.errors import RssegError
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.viewer.imagery import pictures_of
from napari_rsseg.viewer.opening import PreparedPicture, prepare_picture, prepare_scene
from napari_rsseg.viewer.samples import SYNTHETIC_URI

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.viewer.workbench import Workbench

__all__ = ["SceneControls"]


class SceneControls(QWidget):
    """Scene, open button, and pictures of the scene."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench, self._panel = workbench, workbench.panel
        self.scene = combo("Scene", "The scene to segment; all scenes in the viewer are listed.", {})
        self.scene.activated.connect(lambda index: self._panel.choose_scene(self.scene.itemText(index)))
        self.open = button(
            "Open…", "Open a GeoTIFF, a product folder or any other raster.", self.ask_for_scene
        )
        self.sample = button(
            "Sample", "Open the synthetic satellite scene.", lambda: self.open_scene(SYNTHETIC_URI)
        )
        self.picture = combo(
            "Picture", "Add another picture of the scene as a layer: a composite, an index or a band.", {}
        )
        self.picture.activated.connect(self._add_picture)
        self.facts = QLabel()
        self.facts.setAccessibleName("About the scene")
        self.facts.setWordWrap(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("Scene"), 0, 0)
        grid.addWidget(self.scene, 0, 1, 1, 2)
        grid.addWidget(self.open, 1, 1)
        grid.addWidget(self.sample, 1, 2)
        grid.addWidget(QLabel("Show"), 2, 0)
        grid.addWidget(self.picture, 2, 1, 1, 2)
        grid.addWidget(self.facts, 3, 0, 1, 3)
        self._shown: Scene | None = None
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        self._panel.events.scenes.connect(self._refresher.ask)
        self._panel.events.scene_title.connect(self._refresher.ask)
        self.refresh()

    def refresh(self) -> None:
        """Show the scenes of the panel."""
        titles = list(self._panel.scenes)
        if titles != [self.scene.itemText(index) for index in range(self.scene.count())]:
            self.scene.clear()
            self.scene.addItems(titles)
        self.scene.setCurrentIndex(self.scene.findText(self._panel.scene_title))
        scene = self._panel.scene
        if scene is not self._shown:
            self._shown = scene
            self.picture.clear()
            for picture in () if scene is None else pictures_of(scene):
                self.picture.addItem(picture.title, picture.name)
        self.picture.setEnabled(scene is not None)
        self.facts.setText("" if scene is None else _facts(scene))
        self.facts.setVisible(scene is not None)

    def ask_for_scene(self) -> None:
        """Let the user pick a file."""
        path, _ = QFileDialog.getOpenFileName(
            self,
            "Open a scene",
            "",
            "Rasters (*.tif *.tiff *.jp2 *.vrt *.img *.png *.jpg *.zip);;All files (*)",
        )
        if path:
            self.open_scene(path)

    def open_scene(self, uri: str | Path) -> None:
        """Open a scene in the background, then add its picture."""
        self._panel.message = f"Opening {uri} …"
        self.setEnabled(False)
        Background(lambda: prepare_scene(uri), self, on_done=self._add, on_failed=self._fail)

    def _add_picture(self, index: int) -> None:
        scene = self._panel.scene
        if scene is None:
            return
        name = self.picture.itemData(index)
        self.setEnabled(False)
        Background(lambda: prepare_picture(scene, name), self, on_done=self._add, on_failed=self._fail)

    def _add(self, prepared: PreparedPicture) -> None:
        self.setEnabled(True)
        self._panel.message = ""
        try:
            self._workbench.add(prepared)
        except RssegError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.setEnabled(True)
        self._panel.message = describe_fault(error)


def _facts(scene: Scene) -> str:
    size = f"{scene.height} x {scene.width} px"
    pixel = f", {scene.gsd_m:.3g} m" if scene.gsd_m else ""
    return f"{size}{pixel}, {len(scene.bands)} bands {scene.bands[0].dtype}"
