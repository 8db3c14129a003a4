"""Opening a project puts its labels in place of those that lay in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.project import Project
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.viewer.opening import add_picture, prepare_picture
from napari_rsseg.viewer.start import build_workbench

if TYPE_CHECKING:
    from pathlib import Path

SCENE = SyntheticScene(64, 0)


def test_labels_change_places_with_the_project_and_each_keeps_its_strokes(
    stand_in: Any, tmp_path: Path
) -> None:
    workbench = build_workbench(ViewerModel(), lambda scheduler: stand_in)
    add_picture(workbench.viewer, prepare_picture(SCENE, "true-colour"))
    panel = workbench.panel
    workbench.flush()
    panel.choose_task("cloud")
    workbench.new_labels()
    layer: Any = workbench.labels_of(SCENE, "cloud")
    layer.paint((10, 10), 3)
    with Project.create(tmp_path / "ours", name="ours", scheme=CLOUD) as project:
        panel.labellings.use(project)
        workbench.flush()
        assert workbench.labels_of(SCENE, "cloud") is not layer
        workbench.new_labels()
        ours: Any = workbench.labels_of(SCENE, "cloud")
        assert (ours.data == 255).all()
        ours.paint((40, 40), 2)
        panel.labellings.use(None)
        workbench.flush()
        again: Any = workbench.labels_of(SCENE, "cloud")
        assert (again.data[10, 10], again.data[40, 40]) == (3, 255)
        panel.labellings.use(project)
        workbench.flush()
        ours = workbench.labels_of(SCENE, "cloud")
        assert (ours.data[10, 10], ours.data[40, 40]) == (255, 2)
        panel.close()
