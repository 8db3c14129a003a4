from __future__ import annotations

from typing import Any

from napari_rsseg.docks.parts.form import OptionsForm
from napari_rsseg.panels.options import SegmentOptions


def _form(qtbot: Any, changes: list[SegmentOptions]) -> OptionsForm[SegmentOptions]:
    form = OptionsForm(SegmentOptions(), changes.append)
    qtbot.addWidget(form.widget)
    return form


def test_each_option_has_a_field_with_its_description(qtbot: Any) -> None:
    form = _form(qtbot, [])
    for name, description in SegmentOptions.model_fields.items():
        assert form.field(name).tooltip == description.description
        assert form.field(name).native.accessibleName()


def test_a_change_is_told_as_valid_options(qtbot: Any) -> None:
    changes: list[SegmentOptions] = []
    form = _form(qtbot, changes)
    form.field("tta").value = True
    form.field("device").value = "cpu"
    assert changes[-1] == SegmentOptions(tta=True, device="cpu")
