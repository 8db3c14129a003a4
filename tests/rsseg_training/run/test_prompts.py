"""The classical segmenter's networks are learned from simulated users and measured by others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.engine.prompting.classical.judge import Judge, Perceptron
from napari_rsseg.engine.prompting.classical.segmenter import ClassicalSegmenter
from napari_rsseg.settings import data_folder
from rsseg_training.run import prompt_judge
from rsseg_training.run.prompt_figures import ObjectFigures, figures_of, markdown_table
from rsseg_training.run.prompt_judge import examples_of, train_judge
from rsseg_training.run.prompting import (
    MEASURED_SETS,
    OBJECT_CLASSES,
    measured_objects,
    rgb_of,
    training_chips,
)  # fmt: skip
from rsseg_training.sampling import SETS, Chip

if TYPE_CHECKING:
    import numpy.typing as npt

NEEDS_DATA = pytest.mark.skipif(
    not (Path(data_folder()) / "landslide").is_dir(), reason="the labelled sets are not on this machine"
)


def chip(seed: int) -> Chip:
    random = np.random.default_rng(seed)
    rows, columns = np.indices((48, 64))
    labels = (np.hypot(rows - 24, columns - random.integers(20, 44)) < 12).astype(np.uint8)
    image = np.where(labels, 0.7, 0.3) + random.normal(0, 0.03, (3, 48, 64))
    return Chip("drawn", str(seed), "train", str(seed), np.clip(image, 0, 1).astype(np.float32), labels)


def levels_of(dataset: str, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
    """Return what stands for a starter's features: the image itself in several widths."""
    grey = image.mean(axis=2, dtype=np.float32)
    level = np.repeat(grey[None], 16, axis=0) + np.random.default_rng(0).normal(0, 1, (16, *grey.shape))
    return [*[level.astype(np.float32)] * 5, np.stack([grey, -grey])]


def test_a_few_users_teach_networks_that_a_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_STEPS": 60, "_SEQUENCES": 3, "_BATCH": 256}.items():
        monkeypatch.setattr(prompt_judge, name, value)
    examples = examples_of([(chip(seed), (1,)) for seed in range(3)], levels_of)
    assert len(examples) == 3
    said: list[str] = []
    judge = train_judge(examples, tmp_path / "judge.safetensors", tell=said.append)
    assert len(said) == 2
    from safetensors.numpy import load_file

    tensors = load_file(tmp_path / "judge.safetensors")
    again = Judge(Perceptron.of(tensors, "first"), Perceptron.of(tensors, "second"))
    cues = np.random.default_rng(0).normal(size=(5, 51)).astype(np.float32)
    np.testing.assert_array_equal(again.second(cues), judge.second(cues))
    assert tensors["first.0.weight"].shape == (64, 38)
    assert tensors["second.0.weight"].shape == (64, 51)


def test_a_plain_object_is_marked_in_few_clicks() -> None:
    drawn = chip(7)
    (figures,) = figures_of(
        [(drawn, [drawn.labels > 0])], ClassicalSegmenter(None), sees_whole_square=False, most_clicks=6
    )
    assert len(figures.clicks) == 6
    assert max(figures.clicks) > 0.8
    assert figures.box > 0.6
    assert figures.best_of_three >= figures.clicks[0]


def test_the_table_has_a_row_per_set_and_their_mean() -> None:
    good, poor = (ObjectFigures(0.5, 0.5, (level,) * 20) for level in (0.9, 0.1))
    lines = markdown_table({"first": [good, good], "second": [poor], "none": []}, "set").splitlines()
    assert len(lines) == 5
    assert "| 0.90 |" in lines[2]
    assert lines[2].endswith("| 1.0 | 1.0 |")
    assert lines[4].startswith("| **mean over sets** | 3 |")
    assert lines[4].endswith("| 10.5 | 10.5 |")


@NEEDS_DATA
def test_nothing_is_measured_on_what_was_trained_on() -> None:
    root = data_folder()
    trained = {(each.dataset, each.name) for each, _ in training_chips(root)}
    assert trained
    assert all(SETS[dataset].trainable for dataset, _ in trained)
    for name in MEASURED_SETS:
        measured = measured_objects(name, root)
        assert measured
        assert not trained & {(each.dataset, each.name) for each, _ in measured}
        for each, objects in measured:
            assert rgb_of(each).shape == (*each.labels.shape, 3)
            for truth in objects:
                assert np.isin(each.labels[truth], OBJECT_CLASSES[name]).all()
