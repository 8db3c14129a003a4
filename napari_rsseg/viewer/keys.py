"""Keys of this plugin in the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_rsseg.viewer.workbench import Workbench

__all__ = ["KEYS", "PROMPT_KEYS", "bind_keys"]

KEYS: dict[str, str] = {
    "Control-Shift-B": "show or hide background classes",
    "Control-Shift-L": "show or hide the legend",
    "Control-Shift-C": "show or hide the confidence",
    "Control-Shift-G": "segment, or resume",
    "Control-Shift-X": "cancel the segmentation",
    "Control-Shift-K": "begin or end prompting by clicks",
    "Control-Shift-E": "paint here: move the window in which labels of a large scene are painted",
}
"""Keys and what they do, as tooltips and the documentation say it."""

PROMPT_KEYS: dict[str, str] = {
    "Enter": "write the mask of the prompts into the class",
    "Esc": "drop the prompts and their mask, or the proposed regions",
    "Tab": "show the next mask that the prompts may mean",
    "Backspace": "take the last prompt back",
    "Control-Z": "take the last change of the labels back",
}
"""Keys on the canvas while prompting is on, and what they do there."""


def bind_keys(viewer: napari.Viewer, workbench: Workbench) -> None:
    """Bind the keys in a viewer, in place of those of an earlier dock."""
    actions: tuple[Callable[[], None], ...] = (
        workbench.appearance.toggle_background,
        workbench.appearance.toggle_legend,
        workbench.toggle_confidence,
        workbench.panel.segment,
        workbench.panel.cancel,
        workbench.prompting.toggle,
        workbench.edit_here,
    )
    for key, action in zip(KEYS, actions, strict=True):

        def press(viewer: napari.Viewer, action: Callable[[], None] = action) -> None:
            action()

        viewer.bind_key(key, press, overwrite=True)
