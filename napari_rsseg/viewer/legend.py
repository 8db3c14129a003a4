"""Names beside colours on the canvas: one text box of the class's colour per class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_rsseg.classes.scheme import CLOUD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import napari

    from napari_rsseg.classes.scheme import ClassDefinition, Scheme

__all__ = [
    "canvas_widget",
    "hide_legend",
    "legend_entries",
    "legend_row_at",
    "prepare_row",
    "readable_on",
    "show_legend",
    "shown_classes",
]

_KEY = "rsseg_legend_"
_ORDER = 2 * 10**6  # above napari's own overlays, in order of the classes


def readable_on(colour: str) -> str:
    """Return black or white, whichever has more contrast on ``#rrggbb`` (WCAG 2 relative luminance)."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels
    )
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "white"


def shown_classes(schemes: Sequence[Scheme], *, show_background: bool = False) -> tuple[ClassDefinition, ...]:
    """Return the classes of a legend, top first; those that are transparent on the canvas are left out."""
    return tuple(
        definition
        for scheme in schemes
        for index, definition in enumerate(scheme.classes)
        if show_background or index not in scheme.background_ids
    )


def show_legend(viewer: napari.Viewer, classes: Sequence[ClassDefinition]) -> None:
    """Draw a legend of classes in the canvas's upper right corner, in place of the last one."""
    for row, definition in enumerate(classes):
        _look(
            viewer,
            row,
            {
                "text": definition.name,
                "box_color": definition.colour,
                "color": readable_on(definition.colour),
                "box": True,
                "visible": True,
            },
        )
    for key in _rows(viewer)[len(classes) :]:
        viewer.canvas.overlays[key].visible = False


def prepare_row(viewer: napari.Viewer, row: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return two pieces of work that draw a row once, unseen, and hide it again.

    A text and its letters cost most when they are drawn for the first time; a row in use is left alone.
    """
    key = f"{_KEY}{row:03}"
    is_new = False

    def draw() -> None:
        nonlocal is_new
        is_new = key not in viewer.canvas.overlays
        if is_new:
            text = CLOUD.names[row % len(CLOUD.names)]
            _look(viewer, row, {"text": text, "color": "transparent", "box": False, "visible": True})

    def hide() -> None:
        if is_new and not viewer.canvas.overlays[key].box:
            viewer.canvas.overlays[key].visible = False

    return draw, hide


def _look(viewer: napari.Viewer, row: int, look: dict[str, Any]) -> None:
    from napari.components.overlays import TextOverlay

    key, overlays = f"{_KEY}{row:03}", viewer.canvas.overlays
    if key not in overlays:
        viewer.canvas.overlay_tiling.top_right = "vertical"
        overlays[key] = TextOverlay(position="top_right", font_size=10, order=_ORDER + row, **look)
    for name, value in look.items():  # making an overlay anew costs ten times as much
        setattr(overlays[key], name, value)


def _rows(viewer: napari.Viewer) -> list[str]:
    return sorted(key for key in viewer.canvas.overlays if key.startswith(_KEY))


def legend_entries(viewer: napari.Viewer) -> tuple[str, ...]:
    """Return the names that the legend shows, top first."""
    overlays = (viewer.canvas.overlays[key] for key in _rows(viewer))
    return tuple(overlay.text for overlay in overlays if overlay.visible and overlay.box)


def hide_legend(viewer: napari.Viewer) -> None:
    """Take the legend off the canvas."""
    for key in _rows(viewer):
        viewer.canvas.overlays[key].visible = False


def canvas_widget(viewer: napari.Viewer) -> Any:
    """Return the Qt widget of the canvas."""
    return _canvas(viewer).native


def legend_row_at(viewer: napari.Viewer, x: float, y: float) -> int | None:
    """Return which row of the legend lies at a place of the canvas, in its pixels; None where none does."""
    drawn = _canvas(viewer)._viewer_overlay_to_visual
    margin_x, margin_y = (padding / 2 for padding in viewer.canvas.overlay_tiling.padding)
    for row, key in enumerate(_rows(viewer)):
        overlay = viewer.canvas.overlays[key]
        if not (overlay.visible and overlay.box and drawn.get(overlay)):
            continue
        text = drawn[overlay][0]
        left, top = text.node.transform.translate[:2]
        if (
            left - margin_x <= x <= left + text.x_size + margin_x
            and top - margin_y <= y <= top + text.y_size + margin_y
        ):
            return row
    return None


def _canvas(viewer: napari.Viewer) -> Any:
    return viewer.window._qt_viewer.canvas  # napari tells the places of overlays nowhere else
