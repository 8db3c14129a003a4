"""Packed arrays come back as they were, and strokes take few bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_rsseg.editing.runs import pack, unpack
from napari_rsseg.errors import ProjectError

VALUES = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda dtype: arrays(dtype, st.integers(0, 5000), elements=st.integers(0, 3), fill=st.just(dtype(2)))
)


@given(VALUES, st.binary(max_size=9))
def test_values_come_back_wherever_they_lie(values: np.ndarray[Any, Any], before: bytes) -> None:
    found, end = unpack(before + pack(values) + b"after", len(before), len(values), values.dtype)
    assert found.dtype == values.dtype
    assert (found == values).all()
    assert end == len(before) + len(pack(values))


def test_a_page_of_one_value_takes_five_bytes_and_noise_less_than_itself() -> None:
    noise = np.random.default_rng(0).integers(0, 4, 512 * 512, dtype=np.uint8)
    assert len(pack(np.zeros(512 * 512, np.uint8))) == 5
    assert len(pack(noise)) < noise.nbytes / 2


@pytest.mark.parametrize("cut", [0, 4, 8])
def test_cut_bytes_are_refused(cut: int) -> None:
    with pytest.raises(ProjectError, match="project check"):
        unpack(pack(np.array([1, 1, 2], np.uint8))[:cut], 0, 3, np.uint8)


def test_bytes_for_another_number_of_values_are_refused() -> None:
    with pytest.raises(ProjectError, match="3 values instead of 4"):
        unpack(pack(np.array([1, 1, 2], np.uint8)), 0, 4, np.uint8)
