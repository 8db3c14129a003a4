from __future__ import annotations

from typing import Any

import numpy as np

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.docks.parts.areas import AreaTable
from napari_rsseg.panels.outcome import measure_areas


def words(table: AreaTable, row: int, column: int) -> str:
    item = table.item(row, column)
    assert item is not None
    return item.text()


def test_areas_are_shown_with_their_definition_on_hover(qtbot: Any) -> None:
    table = AreaTable()
    qtbot.addWidget(table)
    labels = np.bincount([0, 0, 3, 255], minlength=256)
    table.show_areas(measure_areas(labels, CLOUD, 100.0))
    assert [words(table, row, 0) for row in range(4)] == list(CLOUD.names)
    assert words(table, 0, 1) == "2.0"
    assert words(table, 3, 2) == "33.3"
    cloud = table.item(3, 0)
    assert cloud is not None
    assert "hides the ground" in cloud.toolTip()
    table.show_areas(())
    assert table.isHidden()


def test_without_a_pixel_size_pixels_are_counted(qtbot: Any) -> None:
    table = AreaTable()
    qtbot.addWidget(table)
    table.show_areas(measure_areas(np.bincount([0] * 2000, minlength=256), CLOUD, None))
    assert words(table, 0, 1) == "2,000 px"
