"""Prompts answered without SAM, on a picture whose objects are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from napari_rsseg.engine import (
    Candidate,
    PackedMask,
    PromptBox,
    PromptPoint,
    PromptPolygon,
    Prompts,
    PromptStroke,
)  # fmt: skip
from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.prompting.classical.segmenter import ClassicalSegmenter
from napari_rsseg.engine.prompting.deduplication import without_duplicates
from napari_rsseg.engine.prompting.search_views import search_views
from napari_rsseg.engine.prompting.view import PromptSegmenter, PromptView
from napari_rsseg.scenes import Radiometry, SceneReference, Window

if TYPE_CHECKING:
    from napari_rsseg.engine.prompting.prepared_views import Prepared

SIDE = 200
RGB = Radiometry(kind="none", low=(0, 0, 0), high=(255, 255, 255))
VIEW = PromptView(
    scene=SceneReference("somewhere.tif", radiometry=RGB),
    fingerprint="0",
    window=Window(1000, 1000 + SIDE, 500, 500 + SIDE),
    pixel_px=1.0,
    bands=(0, 1, 2),
    segmenter=PromptSegmenter(),
)


def disc() -> npt.NDArray[np.bool_]:
    rows, columns = np.indices((SIDE, SIDE))
    return np.hypot(rows - 80, columns - 110) < 45


@pytest.fixture(scope="module")
def segmenter() -> ClassicalSegmenter:
    return ClassicalSegmenter(None)


@pytest.fixture(scope="module")
def prepared(segmenter: ClassicalSegmenter) -> Prepared:
    noise = np.random.default_rng(0).normal(0, 6, (SIDE, SIDE, 3))
    image = np.where(disc()[..., None], (150, 120, 80), (60, 110, 70)) + noise
    return segmenter.prepare(np.clip(image, 0, 255).astype(np.uint8), lambda: False)


def iou(candidate: Candidate, truth: npt.NDArray[np.bool_]) -> float:
    mask = np.zeros(truth.shape, bool)
    mask[candidate.window.within(VIEW.window).slices] = candidate.mask.unpacked()
    return float((mask & truth).sum() / (mask | truth).sum())


INSIDE, OUTSIDE = PromptPoint(1080, 610), PromptPoint(1180, 550, is_positive=False)
PROMPTS = {
    "two clicks": Prompts(points=(INSIDE, OUTSIDE)),
    "box": Prompts(boxes=(PromptBox(1034, 564, 1126, 656),)),
    "scribbles": Prompts(
        strokes=(
            PromptStroke(((1060.0, 590.0), (1100.0, 630.0))),
            PromptStroke(((1010.0, 510.0), (1190.0, 510.0)), is_positive=False),
        )
    ),
    "outline": Prompts(
        polygons=(PromptPolygon(((1050.0, 580.0), (1050.0, 640.0), (1110.0, 640.0), (1110.0, 580.0))),),
        points=(OUTSIDE,),
    ),
}


@pytest.mark.parametrize("prompts", PROMPTS.values(), ids=PROMPTS)
def test_every_kind_of_prompt_finds_a_plain_object(
    segmenter: ClassicalSegmenter, prepared: Prepared, prompts: Prompts
) -> None:
    found = segmenter.segment(prepared, VIEW, prompts)
    assert 1 <= len(found) <= 3
    assert max(iou(each, disc()) for each in found) > 0.8


def test_after_the_best_guess_come_a_wider_and_a_narrower_one(
    segmenter: ClassicalSegmenter, prepared: Prepared
) -> None:
    found = segmenter.segment(prepared, VIEW, Prompts(points=(INSIDE,)))
    best, wider, narrower = (int(each.mask.unpacked().sum()) for each in found)
    assert narrower < best < wider


def test_a_click_holds_for_its_place(segmenter: ClassicalSegmenter, prepared: Prepared) -> None:
    refused = PromptPoint(1080, 640, is_positive=False)
    for each in segmenter.segment(prepared, VIEW, Prompts(points=(INSIDE, refused)))[:1]:
        mask = np.zeros((SIDE, SIDE), bool)
        mask[each.window.within(VIEW.window).slices] = each.mask.unpacked()
        assert mask[80, 110]
        assert not mask[80, 140]


def test_nothing_outside_of_a_box_is_shown(segmenter: ClassicalSegmenter, prepared: Prepared) -> None:
    box = PromptBox(1034, 564, 1080, 656)
    for each in segmenter.segment(prepared, VIEW, Prompts(boxes=(box,))):
        assert Window(1034, 1081, 564, 657).contains(each.window)


def test_an_earlier_mask_is_corrected(segmenter: ClassicalSegmenter, prepared: Prepared) -> None:
    first = segmenter.segment(prepared, VIEW, PROMPTS["two clicks"])[0]
    again = replace(PROMPTS["two clicks"], previous=first)
    assert iou(segmenter.segment(prepared, VIEW, again)[0], disc()) > 0.8
    drawn = Candidate(Window(1040, 1120, 570, 650), PackedMask.of(np.ones((80, 80), bool)), 1.0)
    assert segmenter.segment(prepared, VIEW, Prompts(points=(INSIDE,), previous=drawn))


def test_everything_in_view_holds_the_object_once(segmenter: ClassicalSegmenter, prepared: Prepared) -> None:
    found = segmenter.propose(prepared, VIEW, lambda: False)
    kept = without_duplicates(found + found, VIEW.window, most_iou=segmenter.search_overlap)
    assert len(kept) <= len(found)
    assert sum(iou(each, disc()) > 0.8 for each in kept) == 1
    areas = [each.mask.unpacked().sum() for each in kept]
    assert areas == sorted(areas, reverse=True)


def test_a_called_off_look_or_search_ends(segmenter: ClassicalSegmenter, prepared: Prepared) -> None:
    with pytest.raises(Cancelled):
        segmenter.prepare(np.zeros((20, 20, 3), np.uint8), lambda: True)
    with pytest.raises(Cancelled):
        segmenter.propose(prepared, VIEW, lambda: True)


def test_a_coarse_view_is_searched_in_overlapping_parts_too() -> None:
    assert search_views(VIEW) == (VIEW,)
    coarse = replace(VIEW, window=Window(0, 4000, 0, 3000), pixel_px=4.0)
    first, *parts = search_views(coarse)
    assert first == coarse
    assert [part.window for part in parts] == [
        Window(0, 2500, 0, 1875), Window(0, 2500, 1125, 3000),
        Window(1500, 4000, 0, 1875), Window(1500, 4000, 1125, 3000),
    ]  # fmt: skip
    assert all(part.pixel_px == 2.5 for part in parts)
