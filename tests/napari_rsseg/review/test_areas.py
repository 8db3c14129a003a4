"""The worked example of Olofsson et al. 2014, section 5: tables 8 and 9 and the figures in the text."""

from __future__ import annotations

import numpy as np
import pytest

from napari_rsseg.errors import DatasetError
from napari_rsseg.review import estimate_areas

# rows: map, columns: reference; deforestation, forest gain, stable forest, stable non-forest
SAMPLE = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
MAPPED_HA = np.array([200_000, 150_000, 3_200_000, 6_450_000]) * 0.09  # pixels of 30 m


def test_areas_and_intervals_are_those_of_the_paper() -> None:
    areas = estimate_areas(SAMPLE, MAPPED_HA).areas
    assert [round(area.value) for area in areas] == pytest.approx([21158, 11686, 285770, 581386], abs=2)
    assert [round(area.half_width) for area in areas] == pytest.approx([6158, 3756, 15510, 16282], abs=4)


def test_accuracies_are_those_of_the_paper() -> None:
    found = estimate_areas(SAMPLE, MAPPED_HA)
    assert [round(share.value, 2) for share in found.users] == [0.88, 0.73, 0.93, 0.96]
    assert [round(share.half_width, 2) for share in found.users] == [0.07, 0.10, 0.04, 0.02]
    assert [round(share.value, 2) for share in found.producers] == [0.75, 0.85, 0.93, 0.96]
    assert (round(found.overall.value, 2), round(found.overall.half_width, 2)) == (0.95, 0.02)


def test_the_interval_of_a_producers_accuracy_is_equation_7() -> None:
    # forest gain, in pixels: 150 000 mapped, 129 846 estimated, one of 325 stable non-forest places was gain
    own = 150_000**2 * (1 - 0.84716) ** 2 * (55 / 75) * (20 / 75) / 74
    others = 0.84716**2 * 6_450_000**2 * (1 / 325) * (324 / 325) / 324
    by_hand = 1.96 * ((own + others) ** 0.5) / 129_846
    assert estimate_areas(SAMPLE, MAPPED_HA).producers[1].half_width == pytest.approx(by_hand, rel=1e-3)


def test_a_perfect_sample_leaves_the_mapped_areas_as_they_are() -> None:
    found = estimate_areas(np.diag([30, 20]), np.array([70.0, 30.0]))
    assert [area.value for area in found.areas] == [70.0, 30.0]
    assert [area.half_width for area in found.areas] == [0.0, 0.0]


def test_the_estimated_areas_add_up_to_the_whole() -> None:
    found = estimate_areas(SAMPLE, MAPPED_HA)
    assert sum(area.value for area in found.areas) == pytest.approx(MAPPED_HA.sum())


def test_a_mapped_class_without_a_sample_leaves_the_areas_open() -> None:
    found = estimate_areas(np.array([[10, 2], [0, 0]]), np.array([5.0, 5.0]))
    assert np.isnan([area.value for area in found.areas]).all()


def test_a_class_that_is_not_mapped_needs_no_sample() -> None:
    found = estimate_areas(np.array([[18, 2, 0], [1, 9, 0], [0, 0, 0]]), np.array([70.0, 30.0, 0.0]))
    assert found.areas[0].value == pytest.approx(70 * 0.9 + 30 * 0.1)
    assert np.isnan(found.users[2].value)


def test_counts_that_do_not_fit_the_areas_are_refused() -> None:
    with pytest.raises(DatasetError, match="one row and one column"):
        estimate_areas(SAMPLE, MAPPED_HA[:3])
