from __future__ import annotations

from typing import Any

import numpy as np

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.docks.parts.areas import AreaTable
from napari_rsseg.panels.outcome import measure_areas


def test_areas_are_shown_with_their_definition_on_hover(qtbot: Any) -> None:
    table = AreaTable()
    qtbot.addWidget(table)
    labels = np.asarray([[0, 0, 3, 255]], np.uint8)
    table.show_areas(measure_areas(labels, CLOUD, 100.0))
    assert [table.item(row, 0).text() for row in range(4)] == list(CLOUD.names)
    assert table.item(0, 1).text() == "2.0"
    assert table.item(3, 2).text() == "33.3"
    assert "hides the ground" in table.item(3, 0).toolTip()
    table.show_areas(())
    assert table.isHidden()


def test_without_a_pixel_size_pixels_are_counted(qtbot: Any) -> None:
    table = AreaTable()
    qtbot.addWidget(table)
    table.show_areas(measure_areas(np.zeros((10, 200), np.uint8), CLOUD, None))
    assert table.item(0, 1).text() == "2,000 px"
