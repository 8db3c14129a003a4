"""Labels taken over from the prediction, another layer and another date."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools import copy_from, copy_prediction, on_other_grid
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.georeferencing import parsed_crs
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window
from tests.array_ground import ArrayGround

UTM = parsed_crs("EPSG:32654").to_wkt()
REGION = np.array([[1.5, 1.5], [1.5, 7.5], [7.5, 7.5], [7.5, 1.5]])


def test_the_prediction_comes_back_in_the_region_and_counts_as_agreed_with() -> None:
    ground = ArrayGround(np.full((10, 10), 2, np.uint8), model=np.full((10, 10), 1, np.uint8))
    ground.model[:, 5:] = IGNORED
    operation = copy_prediction(ground, REGION)
    assert operation is not None
    assert operation.window == Window(2, 8, 2, 5)
    assert operation.provenance == Provenance.ACCEPTED
    assert (ground.after(operation)[2:8, 2:5] == 1).all()


def test_another_layer_is_copied_where_it_says_something() -> None:
    ground = ArrayGround(np.zeros((10, 10), np.uint8))
    other = np.full((10, 10), IGNORED, np.uint8)
    other[4:6, 4:6] = 3
    operation = copy_from(ground, REGION, lambda window: other[window.slices])
    assert operation is not None
    assert operation.provenance == Provenance.IMPORTED
    assert np.array_equal(ground.after(operation) == 3, other == 3)


@given(
    shift=st.tuples(st.integers(-12, 12), st.integers(-12, 12)),
    window=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_another_date_of_the_same_grid_is_shifted_by_whole_pixels(
    shift: tuple[int, int], window: tuple[int, int]
) -> None:
    labels = np.arange(100, dtype=np.uint8).reshape(10, 10)
    here = Georeference(UTM, (10.0, 0.0, 500_000.0, 0.0, -10.0, 4_000_000.0))
    there = Georeference(UTM, (10.0, 0.0, 500_000.0 + 10 * shift[1], 0.0, -10.0, 4_000_000.0 - 10 * shift[0]))
    part = Window(window[0], 10, window[1], 10)
    found = on_other_grid(part, here, there, Window.of(10, 10), lambda asked: labels[asked.slices])
    for row, column in np.ndindex(*part.shape):
        source = (row + window[0] - shift[0], column + window[1] - shift[1])
        inside = 0 <= source[0] < 10 and 0 <= source[1] < 10
        assert found[row, column] == (labels[source] if inside else IGNORED)


def test_another_date_in_another_reference_system_lies_where_it_lies_on_the_map() -> None:
    from pyproj import Transformer

    west, north = Transformer.from_crs("EPSG:32654", "EPSG:4326", always_xy=True).transform(
        500_000, 4_000_000
    )
    here = Georeference(UTM, (10.0, 0.0, 500_000.0, 0.0, -10.0, 4_000_000.0))
    there = Georeference(
        parsed_crs("EPSG:4326").to_wkt(), (1e-4, 0.0, west - 0.001, 0.0, -1e-4, north + 0.001)
    )
    extent = Window.of(40, 40)
    labels = np.zeros((40, 40), np.uint8)
    labels[10:, 10:] = 1  # from the corner of the scene here on, southward and eastward
    found = on_other_grid(Window.of(20, 20), here, there, extent, lambda asked: labels[asked.slices])
    assert (found == 1).all()
    up = on_other_grid(Window(-3, -1, -3, -1), here, there, extent, lambda asked: labels[asked.slices])
    assert (up == 0).all()


def test_scenes_without_coordinates_share_their_pixels() -> None:
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    found = on_other_grid(
        Window(1, 6, 0, 4),
        Georeference(),
        Georeference(),
        Window.of(4, 4),
        lambda asked: labels[asked.slices],
    )
    assert np.array_equal(found[:3], labels[1:])
    assert (found[3:] == IGNORED).all()


def test_a_region_beside_the_ground_copies_nothing() -> None:
    ground = ArrayGround(np.zeros((4, 4), np.uint8))
    assert copy_prediction(ground, REGION + 50) is None
    assert copy_from(ground, REGION + 50, lambda window: np.zeros(window.shape, np.uint8)) is None
