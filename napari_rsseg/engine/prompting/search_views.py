"""Where everything in view is looked for: the view itself, and overlapping parts of it seen closer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from napari_rsseg.engine.prompting.view import PromptView

__all__ = ["search_views"]

_OVERLAP = 0.25  # of a part with its neighbour, so that an object cut by one lies whole in the other


def search_views(view: PromptView) -> tuple[PromptView, ...]:
    """Return the views to search: the given one, and its four overlapping parts where they show more.

    They show more where a pixel of the view spans two or more of the scene; each part is seen at half that.
    """
    if view.pixel_px < 2:
        return (view,)
    rows = _halves(view.window.row_start, view.window.row_stop)
    columns = _halves(view.window.column_start, view.window.column_stop)
    parts = [Window(*row, *column) for row in rows for column in columns]
    fine = view.pixel_px * (1 + _OVERLAP) / 2
    return (view, *(replace(view, window=part, pixel_px=fine) for part in parts))


def _halves(start: int, stop: int) -> tuple[tuple[int, int], tuple[int, int]]:
    length = max(1, int((stop - start) * (1 + _OVERLAP) / 2))
    return (start, start + length), (stop - length, stop)
