from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES, CLOUD, LANDSLIDE, Scheme
from napari_rsseg.viewer.legend import (
    hide_legend,
    legend_entries,
    prepare_row,
    readable_on,
    show_legend,
    shown_classes,
)

schemes = pytest.mark.parametrize("scheme", BUILTIN_SCHEMES.values(), ids=BUILTIN_SCHEMES.keys())


def test_the_legend_names_classes_in_order_without_the_hidden_ones() -> None:
    viewer = ViewerModel()
    show_legend(viewer, shown_classes([CLOUD, LANDSLIDE]))
    assert legend_entries(viewer) == ("cloud shadow", "thin cloud", "cloud", "landslide")
    show_legend(viewer, shown_classes([CLOUD], show_background=True))
    assert legend_entries(viewer) == CLOUD.names


def test_a_hidden_legend_leaves_other_overlays_alone() -> None:
    viewer = ViewerModel()
    before = set(viewer.canvas.overlays)
    show_legend(viewer, shown_classes([CLOUD]))
    hide_legend(viewer)
    assert legend_entries(viewer) == ()
    others = set(viewer.canvas.overlays) - {key for key in viewer.canvas.overlays if "legend" in key}
    assert others == before


@schemes
def test_legend_words_have_contrast_on_their_colour(scheme: Scheme) -> None:
    for definition in scheme.classes:
        channels = [int(definition.colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
        words = 0.0 if readable_on(definition.colour) == "black" else 1.0
        ratio = (max(words, luminance) + 0.05) / (min(words, luminance) + 0.05)
        assert ratio >= 4.5


def test_rows_prepared_ahead_are_never_seen() -> None:
    viewer = ViewerModel()
    draw, hide = prepare_row(viewer, 0)
    draw()
    assert legend_entries(viewer) == ()
    hide()
    assert not any(overlay.visible for key, overlay in viewer.canvas.overlays.items() if "legend" in key)


def test_a_row_in_use_is_not_prepared() -> None:
    viewer = ViewerModel()
    draw, hide = prepare_row(viewer, 0)
    show_legend(viewer, shown_classes([LANDSLIDE]))
    draw()
    hide()
    assert legend_entries(viewer) == ("landslide",)
