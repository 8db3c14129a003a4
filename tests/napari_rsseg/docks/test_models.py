from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QAbstractButton, QTreeWidget

from napari_rsseg.registry.sources import scan_models, starters_folder

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000


@pytest.fixture
def models(
    dock: RssegDock, qtbot: Any, show_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RssegDock:
    """The dock with the Models page open and its list read."""
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    dock.window().show()
    show_page(dock, "Models")
    qtbot.waitUntil(lambda: bool(dock.models.rows), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: dock.models_page.models.topLevelItemCount() > 2, timeout=WAIT_MS)
    return dock


def own_copy(tmp_path: Path) -> Path:
    """Put a copy of a starter under another name into a folder; return its weights."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    card = (starters_folder() / "grass-starter.json").read_text(encoding="utf-8")
    (folder / "meadows.json").write_text(card.replace('"grass-starter"', '"meadows"'), encoding="utf-8")
    return Path(shutil.copy(starters_folder() / "grass-starter.safetensors", folder / "meadows.safetensors"))


def drop(dock: RssegDock, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy = Qt.DropAction.CopyAction
    dock.dropEvent(
        QDropEvent(QPointF(5, 5), copy, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    )


def choose(models: RssegDock, qtbot: Any, name: str) -> None:
    models.models.choose(next(row.key for row in models.models.rows if row.name == name))
    title = next(row.title for row in models.models.rows if row.name == name)
    qtbot.waitUntil(lambda: title in models.models_page.facts.text(), timeout=WAIT_MS)


def test_opening_the_page_lists_models_and_tells_of_the_chosen_one(models: RssegDock, qtbot: Any) -> None:
    choose(models, qtbot, "grass-starter")
    facts = models.models_page.facts.text()
    for words in ("Classes", "middle-low", "Bands", "Licence", "Apache-2.0", "comes with the package"):
        assert words in facts
    assert not models.models_page.remove.isEnabled()
    assert not models.models_page.make_default.isEnabled()


def test_a_missing_model_says_what_to_get_and_offers_the_download(models: RssegDock, qtbot: Any) -> None:
    choose(models, qtbot, "ktda-cloud")
    page = models.models_page
    qtbot.waitUntil(page.download.isEnabled, timeout=WAIT_MS)
    assert "import FILE --as ktda-cloud" in page.note.text()
    assert not page.show_card.isEnabled()
    choose(models, qtbot, "translandseg-bijie")
    qtbot.waitUntil(lambda: not page.download.isEnabled(), timeout=WAIT_MS)


def test_a_model_dropped_on_the_page_is_listed_chosen_and_offered_for_segmenting(
    models: RssegDock, qtbot: Any, tmp_path: Path
) -> None:
    drop(models, own_copy(tmp_path))
    qtbot.waitUntil(
        lambda: models.models.row is not None and models.models.row.name == "meadows", timeout=WAIT_MS
    )
    assert models.panel.task == "grass"
    assert models.panel.model_name == "meadows"
    assert (tmp_path / "models" / "meadows.safetensors").is_file()


def test_the_weights_are_checked_and_the_result_told(models: RssegDock, qtbot: Any) -> None:
    choose(models, qtbot, "grass-starter")
    qtbot.waitUntil(models.models_page.check.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(models.models_page.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "grass-starter is whole" in models.models_page.message.text(), timeout=WAIT_MS)


def test_a_model_is_made_the_default_and_removed_after_a_question(
    models: RssegDock, qtbot: Any, tmp_path: Path
) -> None:
    page, left = models.models_page, Qt.MouseButton.LeftButton
    folder = tmp_path / "models"
    shutil.copytree(own_copy(tmp_path).parent, folder)
    models.models.refresh("meadows")
    qtbot.waitUntil(lambda: page.make_default.isEnabled() and page.remove.isEnabled(), timeout=WAIT_MS)
    qtbot.mouseClick(page.make_default, left)
    qtbot.waitUntil(lambda: not page.make_default.isEnabled() and page.remove.isEnabled(), timeout=WAIT_MS)
    assert "first choice" in models.models.message
    qtbot.mouseClick(page.remove, left)
    qtbot.waitUntil(lambda: "remove" in page.question.buttons, timeout=WAIT_MS)
    assert list(page.question.buttons) == ["keep", "remove"]
    qtbot.mouseClick(page.question.buttons["remove"], left)
    qtbot.waitUntil(lambda: "was removed" in page.message.text(), timeout=WAIT_MS)
    assert not list(folder.glob("meadows.*"))
    assert "meadows" not in [model.card.name for model in scan_models().models]


def test_the_card_opens_in_a_window(models: RssegDock, qtbot: Any) -> None:
    choose(models, qtbot, "cloud-starter")
    qtbot.waitUntil(models.models_page.show_card.isEnabled, timeout=WAIT_MS)
    card = models.models_page.open_card()
    assert "cloud shadow" in card.text.toPlainText()
    card.close()


def test_every_control_has_a_name_a_tooltip_and_a_way_by_keyboard(models: RssegDock) -> None:
    page = models.models_page
    controls: list[Any] = [
        widget
        for kind in (QAbstractButton, QTreeWidget)
        for widget in page.findChildren(kind)
        if not widget.objectName().startswith("qt_")
    ]
    assert len(controls) >= 9
    assert not [widget for widget in controls if not widget.accessibleName()]
    assert not [widget.accessibleName() for widget in controls if not widget.toolTip()]
    tab = Qt.FocusPolicy.TabFocus
    assert not [widget.accessibleName() for widget in controls if not widget.focusPolicy() & tab]


def test_the_page_fits_a_narrow_dock(models: RssegDock) -> None:
    assert models.models_page.minimumSizeHint().width() <= 310
    assert models.minimumSizeHint().height() < 500
