"""Prompts as they are drawn: from clicks and shapes of napari, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.engine.prompting.prompts import PromptBox, PromptPoint, PromptPolygon, PromptStroke
from napari_rsseg.panels.prompt_state import places_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Points, Shapes

    from napari_rsseg.panels.prompt_state import Given, PromptTool

__all__ = ["drawn_click", "drawn_shape", "show_prompts"]

_YES, _NO = "#2ee66b", "#ff4d4d"
_SHAPES: dict[type[Given], str] = {PromptBox: "rectangle", PromptStroke: "path", PromptPolygon: "polygon"}


def drawn_click(points: Points, *, is_positive: bool) -> PromptPoint:
    """Return the click that was drawn last."""
    row, column = points.data[-1]
    return PromptPoint(float(row), float(column), is_positive)


def drawn_shape(shapes: Shapes, tool: PromptTool, *, is_positive: bool) -> Given | None:
    """Return the prompt of a tool that was drawn last; None where it is too small to say anything."""
    if not len(shapes.data):
        return None
    places = np.asarray(shapes.data[-1], dtype=float)[:, -2:]
    if tool == "box":
        (top, left), (bottom, right) = places.min(axis=0), places.max(axis=0)
        is_flat = bottom <= top or right <= left
        return None if is_flat else PromptBox(float(top), float(left), float(bottom), float(right))
    vertices = tuple((float(row), float(column)) for row, column in places)
    if tool == "scribble":
        return PromptStroke(vertices, is_positive)
    return PromptPolygon(vertices, is_positive) if len(vertices) >= 3 else None


def show_prompts(points: Points, shapes: Shapes, given: Sequence[Given], *, line_px: float) -> None:
    """Draw all prompts: green what belongs to the object, red and crossed what does not.

    Parameters
    ----------
    points, shapes : Points, Shapes
        Where clicks, and all others, are drawn.
    given : sequence of prompts
        What was said.
    line_px : float
        Width of lines, in pixels of the scene.
    """
    clicks = [prompt for prompt in given if isinstance(prompt, PromptPoint)]
    others = [prompt for prompt in given if not isinstance(prompt, PromptPoint)]
    places = np.array([[click.row, click.column] for click in clicks]).reshape(-1, 2)
    if not np.array_equal(points.data, places):  # a click that was just drawn lies there already
        points.data = places
    if clicks:
        points.face_color = points.border_color = [_colour(click) for click in clicks]
        points.symbol = ["disc" if click.is_positive else "x" for click in clicks]
    points.selected_data = set()
    shapes.selected_data = set()
    if len(shapes.data):
        shapes.data = []
    if others:
        shapes.add(
            [places_of(prompt) for prompt in others],
            shape_type=[_SHAPES[type(prompt)] for prompt in others],
            edge_color=[_colour(prompt) for prompt in others],
            edge_width=line_px,
        )


def _colour(prompt: Given) -> str:
    return _YES if isinstance(prompt, PromptBox) or prompt.is_positive else _NO
