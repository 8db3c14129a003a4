"""Which scene is segmented, and which picture of it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QGridLayout, QLabel, QWidget

from napari_rsseg.docks.bands import BandsForm
from napari_rsseg.docks.parts.background import Background
from napari_rsseg.docks.parts.controls import button, combo
from napari_rsseg.docks.parts.question import QuestionBox
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.docks.parts.section import section
from napari_rsseg.errors import RssegError
from napari_rsseg.panels.bands import BandsPanel
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.other_crs import OtherCrs
from napari_rsseg.viewer.exchanging import prepare_exchange, shown_pictures
from napari_rsseg.viewer.extras import PreparedExtra, extras_of, prepare_extra
from napari_rsseg.viewer.imagery import FIRST, pictures_of
from napari_rsseg.viewer.opening import PreparedPicture, prepare_picture, prepare_scene
from napari_rsseg.viewer.samples import SYNTHETIC_URI
from napari_rsseg.viewer.world import shown_georeference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.viewer.exchanging import Exchange
    from napari_rsseg.viewer.workbench import Workbench

__all__ = ["SceneControls"]


class SceneControls(QWidget):
    """Scene, open button, pictures of the scene, and the roles of its bands."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench, self._panel = workbench, workbench.panel
        self.bands_panel, self.other_crs = BandsPanel(), OtherCrs()
        self._make_controls()
        self._lay_out()
        self._shown: Scene | None = None
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        self._panel.events.scenes.connect(self._refresher.ask)
        self._panel.events.scene_title.connect(self._refresher.ask)
        self.other_crs.events.connect(self._refresher.ask)
        self.refresh()

    def _make_controls(self) -> None:
        self.scene = combo("Scene", "The scene to segment; all scenes in the viewer are listed.", {})
        self.scene.activated.connect(lambda index: self._panel.choose_scene(self.scene.itemText(index)))
        self.open = button(
            "Open…", "Open a GeoTIFF, a product folder or any other raster.", self.ask_for_scene
        )
        self.sample = button(
            "Sample", "Open the synthetic satellite scene.", lambda: self.open_scene(SYNTHETIC_URI)
        )
        self.picture = combo(
            "Picture",
            "Add another picture of the scene as a layer: a composite, an index, a band, or a quality layer.",
            {},
        )
        self.picture.activated.connect(self._add_picture)
        self.facts = QLabel()
        self.facts.setAccessibleName("About the scene")
        self.facts.setWordWrap(True)
        self.question = QuestionBox(self._answer)
        self.bands = BandsForm(
            self.bands_panel,
            on_apply=lambda: self._exchange(self.bands_panel.corrected),
            on_reset=lambda: self._exchange(self.bands_panel.as_the_file_says),
        )
        self.bands_section = section("Bands", self.bands)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("Scene"), 0, 0)
        grid.addWidget(self.scene, 0, 1, 1, 2)
        grid.addWidget(self.open, 1, 1)
        grid.addWidget(self.sample, 1, 2)
        grid.addWidget(self.question, 2, 0, 1, 3)
        grid.addWidget(QLabel("Show"), 3, 0)
        grid.addWidget(self.picture, 3, 1, 1, 2)
        grid.addWidget(self.facts, 4, 0, 1, 3)
        grid.addWidget(self.bands_section, 5, 0, 1, 3)

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
            self.bands_panel.show(scene)
            self.picture.clear()
            for picture in () if scene is None else (*pictures_of(scene), *extras_of(scene)):
                self.picture.addItem(picture.title, picture.name)
        self.picture.setEnabled(scene is not None)
        self.facts.setText("" if scene is None else _facts(scene))
        self.facts.setVisible(scene is not None)
        self.bands_section.setVisible(self.bands_panel.can_correct)
        self.question.show_question(self.other_crs.question)

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
        self.other_crs.forget()
        self._work(lambda: prepare_scene(uri), self._add)

    def _add_picture(self, index: int) -> None:
        scene = self._panel.scene
        if scene is not None:
            name = self.picture.itemData(index)
            self._work(lambda: prepare_extra(scene, name) or prepare_picture(scene, name), self._add)

    def _add(self, prepared: PreparedPicture | PreparedExtra) -> None:
        self._panel.message = ""
        shown = shown_georeference(self._workbench.viewer.layers)
        if shown is None or not self.other_crs.ask(prepared.scene, shown):
            self._workbench.add(prepared)

    def _answer(self, answer: str) -> None:
        """Re-project the scene that was asked about, or leave it."""
        if answer == "reproject":
            self._panel.message = "Re-projecting …"
            self._work(lambda: prepare_picture(self.other_crs.reprojected(), FIRST), self._add_reprojected)
        else:
            self.other_crs.forget()

    def _add_reprojected(self, prepared: PreparedPicture) -> None:
        self.other_crs.forget()
        self._add(prepared)

    def _exchange(self, reopen: Callable[[], Scene]) -> None:
        """Open the scene anew, with other roles, in place of the one shown."""
        old = self._panel.scene
        if old is None or self._panel.run_state != "idle":
            self._panel.message = "A segmentation is going on. Wait for its end or cancel it."
            return
        names = shown_pictures(self._workbench.viewer.layers, old)
        self._panel.message = "Reading the bands anew …"
        self._work(lambda: prepare_exchange(old, reopen(), names), self._take_exchange)

    def _take_exchange(self, prepared: Exchange) -> None:
        self._panel.message = "The band roles are changed."
        self._workbench.exchange(prepared)

    def _work(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do work in the background, with the controls disabled meanwhile, and go on with its result."""

        def go_on(result: Any) -> None:
            self.setEnabled(True)
            try:
                then(result)
            except RssegError as error:
                self._fail(error)

        self.setEnabled(False)
        Background(work, self, on_done=go_on, on_failed=self._fail)

    def _fail(self, error: Exception) -> None:
        self.setEnabled(True)
        self._panel.message = describe_fault(error)


def _facts(scene: Scene) -> str:
    size = f"{scene.height} x {scene.width} px"
    pixel = f", {scene.gsd_m:.3g} m" if scene.gsd_m else ""
    return f"{size}{pixel}, {len(scene.bands)} bands {scene.bands[0].dtype}"
