from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_rsseg.viewer.long_lived import LongLived

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 10_000  # Python 3.12 leaves out some hundred objects of its own from the start


@pytest.fixture
def viewer() -> Iterator[ViewerModel]:
    yield ViewerModel()
    gc.unfreeze()


def add_and_choose_another(viewer: ViewerModel) -> weakref.ref[Image]:
    """Add two layers; napari remembers the last one chosen, which is the second."""
    layers = [Image(np.zeros((4, 4))) for _ in range(2)]
    viewer.layers.extend(layers)
    viewer.layers.selection.active = layers[1]
    return weakref.ref(layers[0])


def test_what_is_there_is_left_out_and_what_comes_later_is_collected(viewer: ViewerModel) -> None:
    LongLived(viewer).settle()
    assert gc.get_freeze_count() > MANY
    gone = add_and_choose_another(viewer)
    viewer.layers.pop(0)
    gc.collect()
    assert gone() is None
    assert gc.get_freeze_count() > MANY


def test_a_layer_that_was_there_already_is_not_kept_in_memory(viewer: ViewerModel) -> None:
    gone = add_and_choose_another(viewer)
    long_lived = LongLived(viewer)
    long_lived.settle()
    viewer.layers.pop(0)
    gc.collect()
    assert gone() is None
    assert gc.get_freeze_count() < MANY


def test_release_collects_everything_again(viewer: ViewerModel) -> None:
    long_lived = LongLived(viewer)
    long_lived.settle()
    long_lived.release()
    assert gc.get_freeze_count() < MANY
