"""Prompts through a real worker, and what is kept of a view."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from napari_rsseg.engine import Engine, PromptPoint, Prompts, PromptSegmenter, PromptView, view_of
from napari_rsseg.engine.packing import PackedArray
from napari_rsseg.engine.prompting.calls import ask_aside
from napari_rsseg.engine.prompting.prepared_views import PreparedViews, view_key
from napari_rsseg.engine.prompting.prompts import PromptAnswer, ViewReady
from napari_rsseg.engine.prompting.tasks import NeedsImage, PromptTask
from napari_rsseg.engine.tasks import NeedsWeights
from napari_rsseg.engine.workers import Lost
from napari_rsseg.errors import EngineError
from napari_rsseg.models.sam import Sam, SamArchitecture
from napari_rsseg.registry import save_model
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.engine.prompting.tasks import PromptReply
    from napari_rsseg.registry import ModelFile

CLICK = Prompts(points=(PromptPoint(150, 160),))


@pytest.fixture(scope="session")
def sam(models_folder: Path) -> ModelFile:
    """A SAM network of a few weights."""
    words: dict[str, Any] = {
        "embed_dim": 16, "depth": 2, "num_heads": 1, "global_attn_indexes": [1], "prompt_embed_dim": 32,
    }  # fmt: skip
    torch.manual_seed(5)
    tensors = {key: value.numpy() for key, value in Sam(SamArchitecture(**words)).state_dict().items()}
    card: dict[str, Any] = {
        "name": "small-sam", "title": "A small SAM for tests", "family": "sam", "architecture": words,
        "scheme": None, "bands": ["red", "green", "blue"], "tile_px": 1024, "licence": "Apache-2.0",
        "input_values": {"expects": "display", "mean": [0.5] * 3, "std": [0.2] * 3},
    }  # fmt: skip
    return save_model(models_folder, card, tensors)


@pytest.fixture(scope="session")
def view(scene_path: Path) -> PromptView:
    scene = open_scene(scene_path)
    made = view_of(scene, Window(100, 228, 100, 228), PromptSegmenter())
    scene.close()
    return made


def test_a_view_is_prepared_aside_and_then_clicks_are_answered(engine: Engine, view: PromptView) -> None:
    start = time.monotonic()
    future = engine.prepare_view(view)
    assert time.monotonic() - start < 5  # it waits for no worker, which may just be loading torch
    ready = future.result()
    assert ready.segmenter == "classical"
    assert engine.prepare_view(view).result().was_kept
    answer = engine.segment_prompts(view, CLICK).result()
    for candidate in answer.candidates:
        assert view.window.contains(candidate.window)
        assert candidate.mask.unpacked().any()
    assert engine.propose(view).result().segmenter == "classical"


def test_a_sam_card_is_answered_by_its_network(engine: Engine, view: PromptView, sam: ModelFile) -> None:
    segmenter = PromptSegmenter(sam.card, sam.weights_path, "cpu")
    seen = replace(view, segmenter=segmenter, pixel_px=128 / 1024)
    assert not engine.prepare_view(seen).result().was_kept
    answer = engine.segment_prompts(seen, CLICK).result()
    assert answer.segmenter == "small-sam"
    again = replace(CLICK, previous=answer.candidates[0])
    assert engine.segment_prompts(seen, again).result().segmenter == "small-sam"


def test_prompts_that_point_nowhere_are_refused_in_words(engine: Engine, view: PromptView) -> None:
    with pytest.raises(EngineError, match="do not say where the object is"):
        engine.segment_prompts(view, Prompts(points=(PromptPoint(150, 160, is_positive=False),))).result()


def test_weights_that_are_not_the_cards_are_refused_in_words(
    engine: Engine, view: PromptView, sam: ModelFile, model: ModelFile
) -> None:
    wrong = PromptSegmenter(sam.card, model.weights_path, "cpu")
    with pytest.raises(EngineError, match="is not the weight file of small-sam"):
        engine.prepare_view(replace(view, segmenter=wrong)).result()


def test_a_scene_that_the_worker_cannot_read_is_sent(
    engine: Engine, view: PromptView, scene_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a cluster without a common disk: here the path mapping leads astray."""
    monkeypatch.setenv("RSSEG_PATH_MAPPING", f"{scene_path.parent}=/nowhere")
    monkeypatch.setattr(Engine, "_path_mapping", ((str(scene_path.parent), "/nowhere"),))
    moved = replace(view, window=Window(300, 428, 300, 428))
    answer = engine.segment_prompts(moved, Prompts(points=(PromptPoint(360, 360),))).result()
    assert answer.segmenter == "classical"


class Workers:
    """Answers as told, and remembers what it was asked."""

    def __init__(self, *replies: PromptReply | Lost) -> None:
        self.replies = list(replies)
        self.tasks: list[PromptTask] = []
        self.called_off: list[str] = []
        self.uploads = self.reconnections = 0

    def ask_prompt(self, task: PromptTask) -> PromptReply | Lost:
        self.tasks.append(task)
        return self.replies.pop(0)

    def call_off_prompt(self, name: str) -> None:
        self.called_off.append(name)

    def upload_weights(self, path: Path, sha256: str) -> None:
        self.uploads += 1

    def reconnect(self, is_given_up: Callable[[], bool]) -> str:
        self.reconnections += 1
        return ""


READY = ViewReady("classical", was_kept=False, seconds=0.0)


def test_what_a_worker_lacks_is_sent_and_a_lost_one_is_asked_again(view: PromptView, sam: ModelFile) -> None:
    workers = Workers(NeedsWeights(), Lost(), NeedsImage(), READY)
    asked = replace(view, segmenter=PromptSegmenter(sam.card, sam.weights_path))
    assert ask_aside(workers, "prepare", asked).result() == READY
    assert workers.uploads == workers.reconnections == 1
    image = workers.tasks[-1].image
    assert isinstance(image, PackedArray)
    assert image.shape == (128, 128, 3)


def test_a_cancelled_question_ends_at_once_and_the_worker_is_told(view: PromptView) -> None:
    class Slow(Workers):
        def ask_prompt(self, task: PromptTask) -> PromptReply | Lost:
            super().ask_prompt(task)
            while not self.called_off:
                time.sleep(0.01)
            return PromptAnswer((), "late", 0.0)

    workers = Slow(READY)
    future = ask_aside(workers, "segment", view, CLICK)
    while not workers.tasks:
        time.sleep(0.01)
    assert future.cancel()
    with pytest.raises(CancelledError):
        future.result()
    while not workers.called_off:
        time.sleep(0.01)
    assert workers.called_off == [workers.tasks[0].name]


def prepared(value: float) -> dict[str, Any]:
    return {"embedding": np.full((4, 8, 8), value, np.float32), "labels": np.arange(6, dtype=np.int32)}


def test_prepared_views_outlive_the_process_on_disk(tmp_path: Path) -> None:
    PreparedViews(tmp_path, memory_bytes=1 << 20, disk_bytes=1 << 20).put("a", prepared(1.5))
    found = PreparedViews(tmp_path, memory_bytes=1 << 20, disk_bytes=1 << 20).get("a")
    assert found is not None
    for name, array in prepared(1.5).items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_memory_and_disk_are_bounded_and_the_oldest_goes(tmp_path: Path) -> None:
    views = PreparedViews(tmp_path, memory_bytes=2500, disk_bytes=2500)
    for index, name in enumerate("abcd"):
        views.put(name, prepared(index + np.pi))
    assert 1 <= len(list(tmp_path.glob("*.zarr"))) < 4
    assert (tmp_path / "d.zarr").is_dir()
    assert views.get("d") is not None
    assert views.get("a") is None


@pytest.mark.parametrize("harm", ["a chunk lost its bytes", "never completed", "no metadata"])
def test_a_damaged_view_on_disk_is_removed_and_made_again(tmp_path: Path, harm: str) -> None:
    PreparedViews(tmp_path, memory_bytes=1 << 20, disk_bytes=1 << 20).put("a", prepared(2.5))
    folder = tmp_path / "a.zarr"
    if harm == "a chunk lost its bytes":
        chunk = next(path for path in (folder / "embedding").rglob("*") if path.parent.name != "embedding")
        chunk = chunk if chunk.is_file() else next(path for path in chunk.rglob("*") if path.is_file())
        chunk.write_bytes(chunk.read_bytes()[:-7])
    elif harm == "never completed":
        text = (folder / "zarr.json").read_text()
        (folder / "zarr.json").write_text(text.replace("complete", "incomplete"))
    else:
        (folder / "zarr.json").unlink()
    views = PreparedViews(tmp_path, memory_bytes=1 << 20, disk_bytes=1 << 20)
    assert views.get("a") is None
    assert not folder.exists()
    views.put("a", prepared(2.5))
    assert views.get("a") is not None


def test_a_view_is_kept_under_all_that_changes_its_numbers(view: PromptView, sam: ModelFile) -> None:
    radiometry = view.scene.radiometry
    assert radiometry is not None
    darker = radiometry.model_copy(
        update={"kind": "percentile", "high": tuple(2 * v for v in radiometry.high)}
    )
    others = [
        replace(view, fingerprint="other"),
        replace(view, window=Window(100, 228, 101, 229)),
        replace(view, pixel_px=2.0),
        replace(view, bands=(2, 1, 0)),
        replace(view, scene=replace(view.scene, radiometry=darker)),
        replace(view, segmenter=PromptSegmenter(sam.card, sam.weights_path)),
    ]
    assert len({view_key(each) for each in [view, *others]}) == 7
    elsewhere = replace(view, segmenter=PromptSegmenter(device="cpu"))
    assert view_key(elsewhere) == view_key(view)
