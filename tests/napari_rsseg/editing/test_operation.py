"""An operation says which pixels of a window become what."""

from __future__ import annotations

import numpy as np
import pytest

from napari_rsseg.editing import Operation
from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.windows import Window


@pytest.mark.parametrize("labels", [np.zeros((3, 2), np.uint8), 1, None], ids=["array", "one id", "kept"])
def test_an_operation_may_give_labels_for_each_pixel_or_one_for_all_or_none(labels: object) -> None:
    where = np.ones((3, 2), dtype=bool)
    assert Operation("brush", Window(4, 7, 0, 2), where, labels).where is where  # type: ignore[arg-type]


def test_arrays_of_another_size_than_the_window_are_refused() -> None:
    with pytest.raises(SceneError, match=r"4:7,0:2 came with arrays of \[\(2, 3\)\]"):
        Operation("brush", Window(4, 7, 0, 2), np.ones((2, 3), dtype=bool), 1)
