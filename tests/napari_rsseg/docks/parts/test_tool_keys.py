"""Keys of the tools, their form, and what may be painted over, without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QLineEdit

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.docks.parts.key_form import KeyForm
from napari_rsseg.docks.parts.over_form import OverForm
from napari_rsseg.docks.parts.tool_keys import ToolKeys
from napari_rsseg.editing.tools import OnlyOver
from napari_rsseg.panels.correct import CorrectPanel
from napari_rsseg.panels.prompting import Prompting
from napari_rsseg.panels.segment import SegmentPanel

if TYPE_CHECKING:
    from pathlib import Path

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panel(stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CorrectPanel:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    return CorrectPanel(segment, Prompting(segment))


@pytest.mark.parametrize(
    ("key", "modifier", "tool"),
    [
        (Qt.Key.Key_P, NO, "polygon"),
        (Qt.Key.Key_R, SHIFT, "replace"),
        (Qt.Key.Key_R, NO, "reassign"),
        (Qt.Key.Key_W, NO, "smart_fill"),
    ],
    ids=["P", "Shift+R", "R", "W"],
)
def test_a_key_chooses_its_tool_while_keys_are_wanted(
    qtbot: Any, panel: CorrectPanel, key: Qt.Key, modifier: Any, tool: str
) -> None:
    wanted = [False]
    canvas = QLineEdit()
    qtbot.addWidget(canvas)
    ToolKeys(canvas, lambda: wanted[0], panel, canvas)
    qtbot.keyClick(canvas, key, modifier)
    assert (panel.tool, len(canvas.text())) == ("move", 1)
    wanted[0] = True
    qtbot.keyClick(canvas, key, modifier)
    assert (panel.tool, len(canvas.text())) == (tool, 1)


def test_keys_that_command_nothing_and_keys_with_other_modifiers_reach_the_canvas(
    qtbot: Any, panel: CorrectPanel
) -> None:
    canvas = QLineEdit()
    qtbot.addWidget(canvas)
    ToolKeys(canvas, lambda: True, panel, canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_N)
    qtbot.keyClick(canvas, Qt.Key.Key_Q)
    assert canvas.text() == "nq"
    qtbot.keyClick(canvas, Qt.Key.Key_P, CONTROL)
    assert panel.tool == "move"


def test_a_key_that_is_held_hides_the_labels_until_it_is_let_go(qtbot: Any, panel: CorrectPanel) -> None:
    canvas = QLineEdit()
    qtbot.addWidget(canvas)
    ToolKeys(canvas, lambda: True, panel, canvas)
    qtbot.keyPress(canvas, Qt.Key.Key_V)
    assert panel.hides_labels
    qtbot.keyRelease(canvas, Qt.Key.Key_B)
    assert panel.hides_labels
    qtbot.keyRelease(canvas, Qt.Key.Key_V)
    assert not panel.hides_labels


def test_undo_and_redo_are_commands(qtbot: Any, panel: CorrectPanel) -> None:
    canvas = QLineEdit()
    qtbot.addWidget(canvas)
    ToolKeys(canvas, lambda: True, panel, canvas)
    for modifier in (CONTROL, CONTROL | SHIFT):
        panel.message = ""
        qtbot.keyClick(canvas, Qt.Key.Key_Z, modifier)
        assert "no labels to correct" in panel.message


def test_the_form_sets_keys_and_says_which_are_taken(qtbot: Any, panel: CorrectPanel) -> None:
    form = KeyForm(panel)
    qtbot.addWidget(form)
    form.tool.setCurrentIndex(form.tool.findData("fill"))
    assert form.sequence.keySequence().toString() == "F"
    form.sequence.setKeySequence(QKeySequence("L"))
    form.set.click()
    assert "key of Lasso" in panel.message
    assert form.sequence.keySequence().toString() == "F"
    form.sequence.setKeySequence(QKeySequence("F6"))
    form.set.click()
    assert panel.keys["fill"] == "F6"
    form.reset.click()
    assert panel.keys["fill"] == "F"


def test_unticked_classes_are_not_painted_over(qtbot: Any, panel: CorrectPanel) -> None:
    form = OverForm(panel)
    qtbot.addWidget(form)
    form.show_scheme(CLOUD)
    assert panel.over == OnlyOver()
    for row in (0, 4):
        item = form.classes.item(row)
        assert item is not None
        item.setCheckState(Qt.CheckState.Unchecked)
    assert panel.over.classes == frozenset({1, 2, 3})
    assert IGNORED not in (panel.over.classes or ())
    form.doubt.setChecked(True)
    assert panel.over.below_confidence == 0.7
    form.show_scheme(CLOUD)
    assert panel.over == OnlyOver(below_confidence=0.7)
