from __future__ import annotations

from napari.components import ViewerModel

from napari_rsseg.viewer.keys import KEYS, bind_keys
from napari_rsseg.viewer.start import build_workbench


def _press(viewer: ViewerModel, wanted: str) -> None:
    from app_model.types import KeyBinding

    for binding, action in viewer.keymap.items():
        if KeyBinding.validate(binding) == KeyBinding.from_str(
            wanted.replace("Control", "Ctrl").replace("-", "+")
        ):
            action(viewer)


def test_each_key_does_what_its_line_says() -> None:
    viewer = ViewerModel()
    workbench = build_workbench(viewer)
    _press(viewer, "Control-Shift-B")
    assert workbench.appearance.shows_background
    _press(viewer, "Control-Shift-L")
    assert not workbench.appearance.shows_legend
    _press(viewer, "Control-Shift-G")
    assert "No scene is open" in workbench.panel.message
    _press(viewer, "Control-Shift-E")
    assert "Nothing of a scene is in view" in workbench.panel.message
    assert all(KEYS.values())


def test_keys_can_be_bound_again() -> None:
    viewer = ViewerModel()
    workbench = build_workbench(viewer)
    bind_keys(viewer, workbench)
    assert len(viewer.keymap) == len(KEYS)
