"""The simulated user."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rsseg_training.evaluation.clicks import Click, iou, next_click, objects_of


def square(row: int, column: int, side: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros((40, 60), bool)
    mask[row : row + side, column : column + side] = True
    return mask


def test_the_first_click_is_the_middle_of_the_object() -> None:
    click = next_click(np.zeros((40, 60), bool), square(10, 20, 9))
    assert click == Click(14, 24, is_positive=True)


def test_the_next_click_is_in_the_largest_error_with_its_sign() -> None:
    truth = square(5, 5, 10)
    shown = truth | square(20, 30, 15)
    click = next_click(shown, truth)
    assert click == Click(27, 37, is_positive=False)
    assert next_click(shown, truth, [click]) != click


def test_an_object_at_the_edge_of_the_image_is_clicked_inside_of_it() -> None:
    click = next_click(np.zeros((40, 60), bool), square(0, 0, 9))
    assert (click.row, click.column) == (4, 4)


def test_objects_are_the_largest_parts_that_are_worth_a_click() -> None:
    mask = square(0, 0, 20) | square(25, 30, 10) | square(30, 50, 3)
    found = objects_of(mask, 5)
    assert [int(each.sum()) for each in found] == [400, 100]
    assert len(objects_of(mask, 1)) == 1
    assert objects_of(np.ones((40, 60), bool), 2) == []
    assert objects_of(np.zeros((40, 60), bool), 2) == []


def test_iou_counts_pixels() -> None:
    assert iou(square(0, 0, 4), square(0, 2, 4)) == 8 / 24
    assert iou(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) == 0
