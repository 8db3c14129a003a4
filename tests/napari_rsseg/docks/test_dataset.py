"""The Dataset page from masks to an exported version, by its own fields and buttons."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_rsseg.docks.parts.card_window import CardWindow
from napari_rsseg.editing import Operation
from napari_rsseg.scenes.opening import open_scene
from napari_rsseg.scenes.synthetic import write_synthetic
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.opening import add_picture, prepare_picture

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000


@pytest.fixture
def page(dock: RssegDock, qtbot: Any, show_page: Any, tmp_path: Path) -> RssegDock:
    """Return the dock on its Dataset page, over a scene with a mask that was made elsewhere."""
    write_synthetic(tmp_path / "scene.tif", size=(384, 512), truth=True)
    add_picture(dock.workbench.viewer, prepare_picture(open_scene(tmp_path / "scene.tif"), "true-colour"))
    qtbot.waitUntil(lambda: dock.panel.scene is not None, timeout=WAIT_MS)
    dock.window().show()
    show_page(dock, "Dataset")
    qtbot.waitUntil(dock.dataset_page.isVisible, timeout=WAIT_MS)
    return dock


def idle(page: RssegDock, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not page.dataset.activity, timeout=WAIT_MS)
    qtbot.waitUntil(page.dataset_page.look.isEnabled, timeout=WAIT_MS)


def write(line: Any, words: str) -> None:
    line.setText(words)
    line.editingFinished.emit()


def import_truth(page: RssegDock, qtbot: Any, tmp_path: Path) -> None:
    shown = page.dataset_page
    shown.import_section.expand(animate=False)
    write(shown.images, str(tmp_path / "scene.tif"))
    write(shown.masks, str(tmp_path / "scene_landslide.tif"))
    qtbot.waitUntil(shown.import_set.isEnabled, timeout=WAIT_MS)
    shown.import_set.click()
    idle(page, qtbot)
    assert "1 images imported" in page.dataset.message


def test_from_masks_to_an_exported_version(
    page: RssegDock, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, panel = page.dataset_page, page.dataset
    import_truth(page, qtbot, tmp_path)
    qtbot.waitUntil(lambda: "1 images imported" in shown.message.text(), timeout=WAIT_MS)
    assert page.panel.scene is not None
    labelling = page.panel.labelling(page.panel.scene, page.panel.scheme_of("landslide"))
    whole = Window.of(384, 512)
    assert (labelling.read_labels(whole) == 1).any()
    layers = page.workbench.viewer.layers
    qtbot.waitUntil(lambda: any(layer._type_string == "labels" for layer in layers), timeout=WAIT_MS)
    shown.chip.setValue(64)
    assert not shown.make.isEnabled()
    shown.look.click()
    idle(page, qtbot)
    qtbot.waitUntil(lambda: shown.balance.rowCount() == 3, timeout=WAIT_MS)
    cells = [shown.balance.item(row, 0) for row in range(3)]
    assert [cell.text() for cell in cells if cell] == ["background", "landslide", "chips"]
    assert shown.balance.isVisible()
    qtbot.waitUntil(shown.make.isEnabled, timeout=WAIT_MS)
    shown.make.click()
    idle(page, qtbot)
    qtbot.waitUntil(lambda: shown.versions.count() == 1, timeout=WAIT_MS)
    assert shown.versions.currentText().startswith("v1")
    assert "v1 holds" in panel.message
    shown.form.setCurrentIndex(shown.form.findData("coco"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *words, **options: (str(tmp_path / "out"), ""))
    qtbot.waitUntil(shown.export.isEnabled, timeout=WAIT_MS)
    shown.export.click()
    idle(page, qtbot)
    assert (tmp_path / "out" / "annotations" / "instances_train.json").is_file()
    shown.show_card.click()
    (card,) = shown.findChildren(CardWindow)
    assert "Who labelled" in card.text.toPlainText()
    folder = os.environ.get("RSSEG_SCREENSHOTS")
    if folder:
        page.window().resize(1500, 950)
        qtbot.wait(1500)
        card.hide()
        qtbot.wait(500)
        page.window().grab().save(str(Path(folder) / "dataset.png"))


def test_what_goes_wrong_is_said_on_the_page_and_the_next_action_works(
    page: RssegDock, qtbot: Any, tmp_path: Path
) -> None:
    shown = page.dataset_page
    shown.look.click()
    idle(page, qtbot)
    qtbot.waitUntil(lambda: "is reviewed yet" in shown.message.text(), timeout=WAIT_MS)
    write(shown.id_map, "7=mud")
    write(shown.images, str(tmp_path / "scene.tif"))
    write(shown.masks, str(tmp_path / "scene_landslide.tif"))
    qtbot.waitUntil(shown.import_set.isEnabled, timeout=WAIT_MS)
    shown.import_set.click()
    idle(page, qtbot)
    qtbot.waitUntil(lambda: "'mud' is no class" in shown.message.text(), timeout=WAIT_MS)
    write(shown.id_map, "")
    import_truth(page, qtbot, tmp_path)
    write(shown.split, "70/40")
    shown.look.click()
    idle(page, qtbot)
    qtbot.waitUntil(lambda: "70/15/15" in shown.message.text(), timeout=WAIT_MS)
    assert not shown.make.isEnabled()


def test_a_stroke_made_while_it_is_open_is_in_the_next_version(
    page: RssegDock, qtbot: Any, tmp_path: Path
) -> None:
    import_truth(page, qtbot, tmp_path)
    scheme = page.panel.scheme_of("landslide")
    assert page.panel.scene is not None
    session = page.panel.labelling(page.panel.scene, scheme).session
    stroke = Window(0, 64, 0, 64)
    session.apply(Operation("brush", stroke, np.ones(stroke.shape, dtype=np.bool_), 1))
    page.dataset_page.chip.setValue(64)
    page.dataset_page.look.click()
    idle(page, qtbot)
    page.dataset.make()
    idle(page, qtbot)
    (version,) = page.dataset.versions
    first = next(chip for chip in version.chips if chip.window == stroke)
    assert first.class_pixels == (0, 64 * 64)
    assert version.card["annotators"]
