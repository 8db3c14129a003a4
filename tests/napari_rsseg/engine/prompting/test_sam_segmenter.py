"""Prompts through a SAM network: the golden cases pin numbers, here it is the way there and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from napari_rsseg.engine import (
    Candidate,
    PackedMask,
    PromptBox,
    PromptPoint,
    PromptPolygon,
    Prompts,
    PromptStroke,
)
from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.engine.prompting.sam_prompts import sam_prompts
from napari_rsseg.engine.prompting.sam_segmenter import SamSegmenter
from napari_rsseg.engine.prompting.view import PromptSegmenter, PromptView
from napari_rsseg.models.sam import Frame, Sam, SamArchitecture, SamPrompts, normalised_square, resized
from napari_rsseg.scenes import Radiometry, SceneReference, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

SMALL = SamArchitecture(embed_dim=16, depth=2, num_heads=1, global_attn_indexes=(1,), prompt_embed_dim=32)
RGB = Radiometry(kind="none", low=(0, 0, 0), high=(255, 255, 255))
VIEW = PromptView(
    scene=SceneReference("somewhere.tif", radiometry=RGB),
    fingerprint="0",
    window=Window(100, 220, 50, 250),
    pixel_px=200 / 1024,
    bands=(0, 1, 2),
    segmenter=PromptSegmenter(),
)
FRAME = Frame((120, 200), (614, 1024), 1024)


@pytest.fixture(scope="module")
def network() -> Sam:
    torch.manual_seed(3)
    return Sam(SMALL).eval()


@pytest.fixture(scope="module")
def segmenter(network: Sam) -> Iterator[SamSegmenter]:
    with ForwardThread() as thread:
        yield SamSegmenter(network, torch.device("cpu"), thread)


@pytest.fixture(scope="module")
def image() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (120, 200, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def prepared(segmenter: SamSegmenter, image: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
    return segmenter.prepare(resized(image, VIEW.image_shape), lambda: False)


def test_the_whole_window_is_framed_as_published() -> None:
    assert VIEW.image_shape == Frame.filling((120, 200), 1024).inner


@torch.no_grad()
def test_one_click_gives_the_three_published_masks_the_best_first(
    network: Sam, segmenter: SamSegmenter, image: npt.NDArray[np.uint8],
    prepared: dict[str, npt.NDArray[np.float32]],
) -> None:  # fmt: skip
    found = segmenter.segment(prepared, VIEW, Prompts(points=(PromptPoint(160, 90),)))
    embedding = network.encode(normalised_square(resized(image, FRAME.inner), 1024))
    points = torch.from_numpy(FRAME.to_square(np.array([[[40.0, 60.0]]]))).float()
    low_res, quality = network.decode(embedding, SamPrompts(points, torch.ones(1, 1)), several=True)
    expected = FRAME.to_image(low_res)[0] > 0
    order = quality[0].argsort(descending=True)
    shown = [index for index in order.tolist() if bool(expected[index].any())]
    assert len(found) == len(shown)
    for candidate, index in zip(found, shown, strict=True):
        mask = np.zeros((120, 200), bool)
        mask[candidate.window.within(VIEW.window).slices] = candidate.mask.unpacked()
        assert np.mean(mask != expected[index].numpy()) < 0.002
        assert candidate.logits is not None
        kept = np.asarray(candidate.logits.unpacked(), np.float32)
        np.testing.assert_allclose(kept, low_res[0, index].numpy(), atol=1e-5)


def test_an_earlier_answer_is_handed_back_as_the_logits_it_was(
    segmenter: SamSegmenter, prepared: dict[str, npt.NDArray[np.float32]]
) -> None:
    first = segmenter.segment(prepared, VIEW, Prompts(points=(PromptPoint(160, 90),)))[0]
    given, is_one_click = sam_prompts(VIEW, FRAME, Prompts(points=(PromptPoint(160, 90),), previous=first))
    assert first.logits is not None
    assert given.masks is not None
    assert not is_one_click
    np.testing.assert_array_equal(given.masks[0, 0].numpy(), first.logits.unpacked())


def test_any_mask_of_the_scene_may_be_corrected() -> None:
    mask = np.ones((60, 100), bool)
    drawn = Candidate(Window(100, 160, 50, 150), PackedMask.of(mask), 1.0)
    given, _ = sam_prompts(VIEW, FRAME, Prompts(previous=drawn))
    assert given.masks is not None
    logits = given.masks[0, 0].numpy()
    assert logits.shape == (256, 256)
    assert (logits[:75, :126] == 6).all()
    assert (logits[80:] == -6).all()
    assert (logits[:, 130:] == -6).all()


def test_points_lie_where_they_were_clicked_in_x_and_y() -> None:
    prompts = Prompts(points=(PromptPoint(100, 50), PromptPoint(220, 250, is_positive=False)))
    given, is_one_click = sam_prompts(VIEW, FRAME, prompts)
    assert given.points is not None
    assert given.labels is not None
    np.testing.assert_allclose(given.points[0].numpy(), [[0, 0], [1024, 614]], atol=1e-3)
    assert given.labels.tolist() == [[1, 0]]
    assert not is_one_click


def test_boxes_scribbles_and_outlines_become_points_and_one_box() -> None:
    prompts = Prompts(
        boxes=(PromptBox(110, 60, 150, 90),),
        strokes=(PromptStroke(((120.0, 70.0), (120.0, 80.0))),),
        polygons=(
            PromptPolygon(((130.0, 60.0), (130.0, 120.0), (170.0, 120.0))),
            PromptPolygon(((200.0, 200.0), (200.0, 240.0), (215.0, 240.0)), is_positive=False),
        ),
    )
    given, _ = sam_prompts(VIEW, FRAME, prompts)
    assert given.boxes is not None
    assert given.points is not None
    assert given.labels is not None
    assert given.masks is not None
    scale = np.array([1024 / 200, 614 / 120])
    corners = (np.array([[60, 110], [120, 170]]) - (50, 100)) * scale
    np.testing.assert_allclose(given.boxes[0].numpy().reshape(2, 2), corners, rtol=1e-3)
    assert given.labels.tolist() == [[1.0] * 9 + [0.0] * 3]
    assert (given.masks > 0).any()
    inside = given.points[0, 6:9].numpy() / scale + (50, 100)  # of the triangle, x and y
    for x, y in inside:
        assert 60 < x < 120
        assert 130 < y < 170
        assert (x - 60) / 60 > (y - 130) / 40 - 0.05


def test_a_called_off_look_ends_between_two_blocks(
    segmenter: SamSegmenter, image: npt.NDArray[np.uint8]
) -> None:
    asked = 0

    def is_called_off() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    with pytest.raises(Cancelled):
        segmenter.prepare(image, is_called_off)
    assert asked == 3


def test_a_search_returns_good_and_stable_masks_only(
    network: Sam, segmenter: SamSegmenter, prepared: dict[str, npt.NDArray[np.float32]]
) -> None:
    head = network.mask_decoder.iou_prediction_head.layers[-1]
    before = head.bias.detach().clone()
    with torch.no_grad():
        head.bias.fill_(-5.0)
    none = segmenter.propose(prepared, VIEW, lambda: False)
    with torch.no_grad():
        head.bias.fill_(5.0)
    some = segmenter.propose(prepared, VIEW, lambda: False)
    with torch.no_grad():
        head.bias.copy_(before)
    assert none == []
    for region in some:
        assert VIEW.window.contains(region.window)
        assert region.quality == 1.0


def test_a_view_at_a_coarser_ground_size_fills_a_part_of_the_square(segmenter: SamSegmenter) -> None:
    coarse = replace(VIEW, pixel_px=1.0)
    prepared = segmenter.prepare(np.zeros((120, 200, 3), np.uint8), lambda: False)
    for candidate in segmenter.segment(prepared, coarse, Prompts(points=(PromptPoint(160, 90),))):
        assert coarse.window.contains(candidate.window)
