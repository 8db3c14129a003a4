"""The Correct page on layers, without a window: overlays, other labels, other dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import Operation
from napari_rsseg.panels.correct import CorrectPanel
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.correct_layers import CorrectLayers
from napari_rsseg.viewer.correct_pictures import ACTIVE_CLASS
from napari_rsseg.viewer.dates import Dates
from napari_rsseg.viewer.opening import prepare_picture
from napari_rsseg.viewer.other_labels import other_labels
from napari_rsseg.viewer.over_scene import scene_pixels
from napari_rsseg.viewer.provenance import add_provenance, show_provenance, tell_origins
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.world import World

if TYPE_CHECKING:
    from napari_rsseg.scenes.scene import Georeference
    from napari_rsseg.viewer.workbench import Workbench


@dataclass(frozen=True)
class DatedScene(SyntheticScene):
    """The same country on another day, its corner some pixels further south and east."""

    acquired: str | None = "2026-01-01"
    shift: int = 0

    @property
    def fingerprint(self) -> str:
        return f"{super().fingerprint}-{self.acquired}"

    @property
    def georeference(self) -> Georeference:
        plain = super().georeference
        a, b, c, d, e, f = plain.affine
        shift = self.shift
        return replace(plain, affine=(a, b, c + a * shift, d, e, f + e * shift))


@pytest.fixture
def workbench(stand_in: Any) -> Workbench:
    """Two dates of one place, the later one shifted by 10 pixels, each with empty landslide labels."""
    viewer: Any = ViewerModel()
    made = build_workbench(viewer, lambda scheduler: stand_in)
    for day, shift in (("2026-03-01", 0), ("2026-02-01", 10)):
        made.add(prepare_picture(DatedScene(128, 0, acquired=day, shift=shift), "true-colour"))
        made.flush()
        made.new_labels()
        made.flush()
    return made


@pytest.fixture
def panel(workbench: Workbench) -> CorrectPanel:
    made = CorrectPanel(workbench.panel, workbench.prompting)
    CorrectLayers(workbench, made)
    workbench.chores.do_all()
    return made


def paint(panel: CorrectPanel, window: Window, class_id: int) -> None:
    site = panel.find_site()
    assert site is not None
    site.labelling.apply(Operation("brush", window, np.ones(window.shape, bool), class_id))


def test_labels_of_another_date_are_copied_where_they_lie_on_the_map(
    workbench: Workbench, panel: CorrectPanel
) -> None:
    paint(panel, Window(20, 30, 40, 50), 1)
    later, earlier = (title for title in workbench.panel.scenes)
    assert workbench.panel.scene_title == earlier
    workbench.panel.choose_scene(later)
    (title,) = panel.find_others()
    assert "landslide" in title
    panel.choose_tool("copy_other")
    panel.point(np.array([[0, 0], [0, 127], [127, 127], [127, 0]], float))
    site = panel.find_site()
    assert site is not None
    copied = site.ground.labels(Window.of(128, 128))
    assert (copied[30:40, 50:60] == 1).all()
    assert np.count_nonzero(copied != IGNORED) == 100
    assert (site.ground.provenance(Window(30, 40, 50, 60)) == Provenance.IMPORTED).all()


def test_labels_that_share_no_class_are_not_offered(workbench: Workbench, panel: CorrectPanel) -> None:
    workbench.panel.choose_task("cloud")
    workbench.new_labels()
    workbench.flush()
    site = panel.find_site()
    assert site is not None
    assert other_labels(workbench.viewer, site) == {}


def test_dates_are_stepped_through_oldest_first_and_one_is_seen_at_a_time(
    workbench: Workbench, panel: CorrectPanel
) -> None:
    later, earlier = (title for title in workbench.panel.scenes)
    dates = Dates(workbench)
    assert dates.stack() == (earlier, later)
    centre = workbench.viewer.scene.camera.center
    panel.show_date(1)
    assert "2026-03-01" in panel.message
    assert workbench.panel.scene_title == later
    seen = {
        layer.metadata["napari-rsseg"].scene.acquired for layer in workbench.viewer.layers if layer.visible
    }
    assert seen == {"2026-03-01"}
    assert workbench.viewer.scene.camera.center == centre
    panel.show_date(0)
    assert workbench.panel.scene_title == earlier
    panel.show_date(0)
    assert workbench.panel.scene_title == later
    panel.show_date(-1)
    seen = {
        layer.metadata["napari-rsseg"].scene.acquired for layer in workbench.viewer.layers if layer.visible
    }
    assert seen == {"2026-02-01"}


def test_one_date_alone_says_so(workbench: Workbench) -> None:
    workbench.viewer.layers.clear()
    workbench.add(prepare_picture(DatedScene(128, 0), "true-colour"))
    workbench.flush()
    assert "one date" in Dates(workbench).step(1)


def test_the_overlay_shows_who_says_each_pixel_of_the_view(workbench: Workbench, panel: CorrectPanel) -> None:
    paint(panel, Window(20, 30, 40, 50), 1)
    site = panel.find_site()
    assert site is not None
    world = World(site.scene.georeference)
    layer = add_provenance(workbench.viewer, site.scene, world)
    show_provenance(layer, site, Window(15, 200, 35, 60))
    assert layer.data.shape == (113, 25)
    assert np.count_nonzero(layer.data == Provenance.CORRECTED) == 100
    assert np.allclose(scene_pixels(world, site.scene, layer.data_to_world((0, 0))), (15, 35))
    tell_origins(layer, world, panel.find_site)
    position = tuple(layer.data_to_world((8, 8)))
    assert "corrected by" in layer.get_status(position, world=True)["coordinates"]
    show_provenance(layer, site, Window(900, 950, 0, 9))
    assert not layer.data.any()


def test_the_canvas_names_the_active_class(workbench: Workbench, panel: CorrectPanel) -> None:
    panel.choose_tool("lasso")
    panel.choose_class(0)
    workbench.chores.do_all()
    assert workbench.viewer.canvas.overlays[ACTIVE_CLASS].text == "Lasso · background"
