"""How good prompts are, by a simulated user on real images, and how long a click takes.

At most 8 images of each landslide and cloud set, drawn with seed 0 and kept from the training of the
classical segmenter, and of each the two largest objects; clicks at the centre of the largest error, at most
20.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from napari_rsseg.engine import Engine, PromptPoint, Prompts, PromptSegmenter, choose_segmenter, view_of
from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.engine.prompting.classical.segmenter import ClassicalSegmenter
from napari_rsseg.engine.prompting.segmenters import load_segmenter
from napari_rsseg.jobs.importing import ImportOptions, import_file
from napari_rsseg.models.sam import Sam, SamArchitecture
from napari_rsseg.registry import default_model, save_model, scan_models
from napari_rsseg.scenes import Window, open_scene
from napari_rsseg.settings import data_folder, weights_folder
from rsseg_training.run.prompt_figures import figures_of, markdown_table
from rsseg_training.run.prompting import MEASURED_SETS, measured_objects
from rsseg_training.sampling import SETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.classical.cues import Seeds
    from napari_rsseg.engine.prompting.classical.image import Superpixels
    from napari_rsseg.engine.prompting.room import Segmenter
    from napari_rsseg.engine.prompting.student_features import StudentFeatures
    from napari_rsseg.registry import ModelFile

pytestmark = pytest.mark.bench
CLICKS = 40
SAM_FILES = ("sam_vit_*.pth", "mobile_sam*.pt")
FEW = 3  # every third image is enough to tell variants apart


@pytest.fixture(scope="module")
def thread() -> Iterator[ForwardThread]:
    with ForwardThread() as thread:
        yield thread


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine.start(interactive=False)
    yield engine
    engine.close()


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{text}\n")


def segmenter_of(model: ModelFile, thread: ForwardThread) -> Segmenter:
    return load_segmenter(PromptSegmenter(model.card, model.weights_path), model.weights_path, thread)


def features_of(task: str, thread: ForwardThread) -> StudentFeatures:
    classical = segmenter_of(default_model(task), thread)
    assert isinstance(classical, ClassicalSegmenter)
    assert classical.features is not None
    return classical.features


def sam_models(folder: Path) -> list[ModelFile]:
    """Return the installed ones, and those whose published files lie in ``RSSEG_WEIGHTS``, imported."""
    files = [path for pattern in SAM_FILES for path in sorted(weights_folder().glob(pattern))]
    imported = [import_file(path, options=ImportOptions(folder=folder)) for path in files]
    return [model for model in (*scan_models().models, *imported) if model.card.family == "sam"]


def test_masks_of_the_classical_segmenter(thread: ForwardThread, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = {task: segmenter_of(default_model(task), thread) for task in ("landslide", "cloud")}
    figures = {
        name: figures_of(
            measured_objects(name, data_folder()), tasks[SETS[name].task], sees_whole_square=False
        )
        for name in MEASURED_SETS
    }
    tell(capsys, markdown_table(figures, "classical"))


def test_masks_of_each_sam_that_is_installed(
    thread: ForwardThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = sam_models(tmp_path)
    if not models:
        pytest.skip("no SAM weights are installed or lie in RSSEG_WEIGHTS")
    for model in models:
        segmenter = segmenter_of(model, thread)
        figures = {
            name: figures_of(measured_objects(name, data_folder()), segmenter, sees_whole_square=True)
            for name in MEASURED_SETS
        }
        tell(capsys, markdown_table(figures, model.card.name))


class WithoutWalk(ClassicalSegmenter):
    """Each superpixel as it was judged."""

    def joined(
        self, image: Superpixels, shares: npt.NDArray[np.float32], seeds: Seeds
    ) -> npt.NDArray[np.float32]:
        return shares


class NothingLearned(ClassicalSegmenter):
    """The walk alone, with a prior by the nearest looks: inside or outside, less the further away."""

    def judged(self, image: Superpixels, seeds: Seeds) -> npt.NDArray[np.float32]:
        looks = np.concatenate(image.descriptors, axis=1)
        like = [likeness(looks, each) for each in (seeds.inside, seeds.outside)]
        shares = like[0] / (like[0] + np.maximum(like[1], 0.5) + 1e-6)
        return seeds.imposed_on(shares.astype(np.float32))


def likeness(looks: npt.NDArray[np.float32], seeds: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    if not seeds.size:
        return np.zeros(len(looks))
    squares = ((looks[:, None] - looks[seeds]) ** 2).sum(axis=2).min(axis=1)
    return np.asarray(np.exp(-squares / np.median(((looks - looks.mean(axis=0)) ** 2).sum(axis=1))))


VARIANTS = {
    "as it is": ClassicalSegmenter,
    "without the random walk": WithoutWalk,
    "nothing learned": NothingLearned,
}


def test_variants_of_the_classical_segmenter_on_every_third_image(
    thread: ForwardThread, capsys: pytest.CaptureFixture[str]
) -> None:
    features = {task: features_of(task, thread) for task in ("landslide", "cloud")}
    objects = {name: measured_objects(name, data_folder())[::FEW] for name in MEASURED_SETS}
    lines: list[str] = []
    for variant, kind in VARIANTS.items():
        for is_seeing in (True, False):
            figures = {
                name: figures_of(
                    chips, kind(features[SETS[name].task] if is_seeing else None),
                    sees_whole_square=False, most_clicks=10,
                )
                for name, chips in objects.items()
            }  # fmt: skip
            table = markdown_table(figures, variant).splitlines()
            seen = "with" if is_seeing else "without"
            lines += [table[0]] * (not lines)
            lines.append(table[-1].replace("**mean over sets**", f"{variant}, {seen} starter features"))
    tell(capsys, "\n".join(lines))


def milliseconds(engine: Engine, view: Any) -> npt.NDArray[np.float64]:
    engine.prepare_view(view).result()
    random = np.random.default_rng(0)
    taken = []
    for _ in range(CLICKS):
        row, column = random.uniform(0, 1, 2) * view.window.shape
        points = (PromptPoint(view.window.row_start + row, view.window.column_start + column),)
        start = time.perf_counter()
        engine.segment_prompts(view, Prompts(points=points)).result()
        taken.append(time.perf_counter() - start)
    return np.sort(taken[2:]) * 1e3  # the first ones set up what the view keeps


def test_milliseconds_from_click_to_mask(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """MobileSAM's weights are random here: they take the time of the published ones."""
    scene = open_scene(data_folder() / "scenes" / "uav_road_landslide_2048.tif")
    torch.manual_seed(0)
    tensors = {key: each.numpy() for key, each in Sam(SamArchitecture(encoder="vit_t")).state_dict().items()}
    card: dict[str, Any] = {
        "name": "random-mobile-sam", "title": "MobileSAM, random weights", "family": "sam",
        "architecture": {"encoder": "vit_t"}, "scheme": None, "bands": ["red", "green", "blue"],
        "tile_px": 1024, "licence": "Apache-2.0",
        "input_values": {"expects": "display", "mean": [0.485] * 3, "std": [0.229] * 3},
    }  # fmt: skip
    mobile = save_model(tmp_path, card, tensors)
    chosen = {
        "classical": choose_segmenter(name="classical"),
        "MobileSAM": PromptSegmenter(mobile.card, mobile.weights_path, "cpu"),
    }
    lines = []
    for name, segmenter in chosen.items():
        view = view_of(scene, Window(0, 1024, 0, 1024), replace(segmenter, device="cpu"))
        taken = milliseconds(engine, view)
        lines.append(
            f"{name}: click to mask p50 {np.percentile(taken, 50):.0f} ms, "
            f"p95 {np.percentile(taken, 95):.0f} ms (aim 150), view of 1024 x 1024 pixels, features present"
        )
    scene.close()
    tell(capsys, "\n".join(lines))
