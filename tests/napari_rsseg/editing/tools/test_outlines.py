"""Outlines, drawn regions that are ignored, and which pixels any operation may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import Operation
from napari_rsseg.editing.tools import OnlyOver, accept_rest, clipped, mark_ignored, polygon
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.windows import Window
from tests.array_ground import ArrayGround

if TYPE_CHECKING:
    from napari_rsseg.editing.tools import Seen

SQUARE = np.array([[9.5, 19.5], [9.5, 29.5], [14.5, 29.5], [14.5, 19.5]])
coordinates = st.floats(-20, 60).map(lambda value: round(value, 3))
corners = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8)


def test_a_polygon_takes_the_pixels_whose_centres_it_holds() -> None:
    operation = polygon(SQUARE, 3, Window.of(100, 100))
    assert operation is not None
    assert operation.window == Window(10, 15, 20, 30)
    assert operation.where.all()
    assert operation.labels == 3
    assert operation.provenance == Provenance.CORRECTED


def test_a_polygon_in_an_edit_window_lies_where_it_was_drawn() -> None:
    operation = polygon(SQUARE, 3, Window(12, 100, 25, 100))
    assert operation is not None
    assert operation.window == Window(12, 15, 25, 30)


def test_an_outline_of_two_corners_or_outside_of_the_ground_is_nothing() -> None:
    assert polygon(SQUARE[:2], 1, Window.of(100, 100)) is None
    assert polygon(SQUARE + 500, 1, Window.of(100, 100)) is None


@given(corners=corners)
def test_a_convex_outline_holds_what_shapely_says_it_holds(corners: list[tuple[float, float]]) -> None:
    hull = shapely.MultiPoint(corners).convex_hull
    if not isinstance(hull, shapely.Polygon):
        return
    operation = polygon(np.asarray(hull.exterior.coords), 1, Window.of(40, 40))
    ground = ArrayGround(np.zeros((40, 40), np.uint8))
    rows, columns = np.mgrid[:40, :40]
    points = shapely.points(rows.ravel(), columns.ravel())
    near_edge = shapely.distance(hull.exterior, points) < 1e-6  # may fall on either side
    inside = shapely.contains(hull, points)
    wrong = (ground.changed(operation).ravel() != inside) & ~near_edge
    assert not wrong.any()


def test_a_region_marked_as_ignored_says_nothing_and_a_person_says_so() -> None:
    operation = mark_ignored(SQUARE, Window.of(100, 100))
    assert operation is not None
    assert (operation.labels, operation.provenance) == (IGNORED, Provenance.CORRECTED)


def test_pixels_that_were_not_measured_are_never_painted() -> None:
    ground = ArrayGround(np.zeros((100, 100), np.uint8))
    ground.measured[:, :25] = False
    operation = clipped(polygon(SQUARE, 1, Window.of(100, 100)), ground, OnlyOver())  # type: ignore[arg-type]  # holds pixels
    assert operation is not None
    assert operation.window == Window(10, 15, 25, 30)


def test_a_stroke_that_leaves_the_ground_is_cut_and_one_beside_it_is_nothing() -> None:
    ground = ArrayGround(np.zeros((10, 10), np.uint8), corner=(100, 100))
    stroke = Operation("brush", Window(95, 105, 95, 105), np.ones((10, 10), bool), 1)
    cut = clipped(stroke, ground, OnlyOver())
    assert cut is not None
    assert cut.window == Window(100, 105, 100, 105)
    beside = Operation("brush", Window(0, 5, 0, 5), np.ones((5, 5), bool), 1)
    assert clipped(beside, ground, OnlyOver()) is None


def test_painting_only_over_a_class_leaves_the_others(hokkaido: tuple[ArrayGround, Seen]) -> None:
    ground, _ = hokkaido
    whole = Operation("brush", ground.extent, np.ones(ground.ids.shape, bool), 0)
    operation = clipped(whole, ground, OnlyOver(classes=frozenset({1})))
    assert np.array_equal(ground.changed(operation), (ground.ids == 1) & ground.measured)
    assert clipped(whole, ground, OnlyOver(classes=frozenset({7}))) is None


def test_painting_below_a_confidence_keeps_what_the_model_was_sure_of() -> None:
    sureness = np.array([[250, 150, 100, 255]], np.uint8)
    ground = ArrayGround(np.zeros((1, 4), np.uint8), sureness=sureness)
    whole = Operation("brush", Window.of(1, 4), np.ones((1, 4), bool), np.full((1, 4), 1, np.uint8))
    operation = clipped(whole, ground, OnlyOver(below_confidence=0.6))
    assert ground.changed(operation).tolist() == [[False, False, True, True]]


@given(
    classes=st.none() | st.frozensets(st.sampled_from([0, 1, 2, 255])),
    below=st.none() | st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_clipping_only_ever_takes_pixels_away_and_twice_is_once(
    classes: frozenset[int] | None, below: float | None, seed: int
) -> None:
    random = np.random.default_rng(seed)
    ground = ArrayGround(
        random.choice(np.array([0, 1, 2, 255], np.uint8), (9, 9)),
        sureness=random.integers(0, 256, (9, 9), dtype=np.uint8),
        measured=random.random((9, 9)) < 0.8,
    )
    stroke = Operation("brush", Window.of(9, 9), random.random((9, 9)) < 0.5, 2)
    over = OnlyOver(classes, below)
    once = clipped(stroke, ground, over)
    assert not (ground.changed(once) & ~(stroke.where & ground.measured)).any()
    twice = None if once is None else clipped(once, ground, over)
    assert np.array_equal(ground.changed(once), ground.changed(twice))


def test_accepting_the_rest_changes_provenance_of_predicted_pixels_alone() -> None:
    said_by = np.array([[0, 1, 2, 3, 4, 1, 1]], np.uint8)
    ids = np.array([[255, 0, 1, 0, 1, 255, 1]], np.uint8)
    measured = np.array([[True] * 6 + [False]])
    ground = ArrayGround(ids, said_by=said_by, measured=measured)
    operation = accept_rest(ground, Window(-5, 9, -5, 99))
    assert operation is not None
    assert ground.changed(operation).tolist() == [[False, True, False, False, False, False, False]]
    assert operation.labels is None
    assert operation.provenance == Provenance.ACCEPTED
    assert accept_rest(ground, Window(50, 60, 0, 9)) is None
