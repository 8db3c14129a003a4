from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_rsseg.panels.region import REGIONS
from napari_rsseg.panels.segment import TASKS

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock


def _entries(combo: Any) -> list[str]:
    return [combo.itemText(index) for index in range(combo.count())]


def test_the_page_offers_all_tasks_and_regions(dock: RssegDock) -> None:
    assert _entries(dock.page.task) == list(TASKS.values())
    assert _entries(dock.page.region) == list(REGIONS.values())


def test_without_a_scene_segment_is_grey_and_says_why(dock: RssegDock) -> None:
    assert not dock.page.segment.isEnabled()
    assert "No scene is open" in dock.page.segment.toolTip()


def test_picking_a_task_lists_its_models(opened: RssegDock, qtbot: Any) -> None:
    page = opened.page
    index = page.task.findData("grass")
    page.task.setCurrentIndex(index)
    page.task.activated.emit(index)
    qtbot.waitUntil(lambda: "KTDA" in page.models.item(1).text(), timeout=20_000)
    assert opened.panel.model_name == "grass-starter"


def test_picking_a_model_without_weights_says_where_to_get_them(opened: RssegDock, qtbot: Any) -> None:
    page = opened.page
    page.models.setCurrentRow(1)
    qtbot.waitUntil(lambda: "https://" in page.reason.text(), timeout=20_000)
    assert not page.segment.isEnabled()
    page.models.setCurrentRow(0)
    qtbot.waitUntil(page.segment.isEnabled, timeout=20_000)


def test_the_device_is_named_with_its_memory_before_the_run(opened: RssegDock, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: "Stand-in" in opened.page.device.text(), timeout=20_000)
    assert "4.0 GiB free, float32" in opened.page.device.text()
