from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from pathlib import Path

SCENE = SyntheticScene(64, 0)


@pytest.fixture
def panel(stand_in: Any, tmp_path: Path) -> SegmentPanel:
    return SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")


def _paint(panel: SegmentPanel) -> None:
    labelling = panel.labelling(SCENE, CLOUD)
    labelling.labels[0:4, 0:4] = np.full((4, 4), 3, dtype=np.uint8)


def test_what_was_painted_is_there_in_the_next_session(panel: SegmentPanel) -> None:
    _paint(panel)
    panel.labellings.note_painting()
    panel.close()
    assert not panel.labellings.has_new_edits
    again = SegmentPanel(panel.start_engine, panel.store_root)
    assert again.labellings.painted_earlier(SCENE) == (CLOUD,)
    assert (again.labelling(SCENE, CLOUD).labels[0:4, 0:4] == 3).all()
    assert "16 pixels that you painted on cloud" in again.message
    assert again.labellings.painted_earlier(SCENE) == ()


def test_nothing_is_written_where_nobody_painted(panel: SegmentPanel) -> None:
    _paint(panel)
    panel.labellings.keep()
    assert not panel.labellings.folder.exists()


def test_a_folder_that_cannot_be_written_is_told(panel: SegmentPanel) -> None:
    panel.labellings.folder.write_text("a file", encoding="utf-8")
    _paint(panel)
    panel.labellings.note_painting()
    panel.labellings.keep()
    assert "cannot be written" in panel.message
