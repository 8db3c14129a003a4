from __future__ import annotations

from typing import Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.models.layers.sliding import _spans, slide, windows_or_whole

SIDES = st.integers(1, 200)


@given(length=SIDES, crop=SIDES, stride=SIDES)
def test_windows_stay_inside_and_have_the_size_of_the_crop(length: int, crop: int, stride: int) -> None:
    for span in _spans(length, crop, stride):
        assert 0 <= span.start < span.stop <= length
        assert span.stop - span.start == min(crop, length)


@given(length=SIDES, crop=SIDES, data=st.data())
def test_windows_that_do_not_jump_cover_every_pixel(length: int, crop: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, crop))
    seen = {pixel for span in _spans(length, crop, stride) for pixel in range(span.start, span.stop)}
    assert seen == set(range(length))


def test_the_logits_of_a_pixel_are_the_mean_over_its_windows() -> None:
    seen: list[float] = []

    def counting(window: torch.Tensor) -> torch.Tensor:
        seen.append(float(len(seen)))
        return torch.full((1, 2, *window.shape[-2:]), seen[-1])

    logits = slide(counting, torch.zeros(1, 3, 4, 6), 2, (4, 4), (4, 2))
    assert logits[0, :, 0].tolist() == [[0.0, 0.0, 0.5, 0.5, 1.0, 1.0]] * 2


@pytest.mark.parametrize(
    ("mode", "crop", "passes"), [("slide", (4, 4), 2), ("whole", (4, 4), 1), ("slide", None, 1)]
)
def test_windows_are_taken_only_where_mode_and_size_say_so(
    mode: Literal["slide", "whole"], crop: tuple[int, int] | None, passes: int
) -> None:
    seen: list[tuple[int, ...]] = []

    def network(images: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(images.shape))
        return images[:, :2]

    images = torch.randn(1, 3, 4, 8)
    torch.testing.assert_close(windows_or_whole(network, images, 2, mode, crop, (4, 4)), images[:, :2])
    assert len(seen) == passes
