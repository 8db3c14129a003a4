"""How many actions correct a starter's prediction: brush and polygon alone, and all tools."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.classes.scheme import builtin_scheme
from napari_rsseg.editing.tools import Seen
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.registry.sources import starters_folder
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import data_folder
from rsseg_training.evaluation.prediction import ChipPredictor
from rsseg_training.evaluation.scoring import Reading
from rsseg_training.run.installing import figures_path
from rsseg_training.run.trials import load_run
from rsseg_training.sampling import SETS, Chip, read_set
from tests.array_ground import ArrayGround
from tests.benchmarks.simulated_annotator import GOOD_ENOUGH, MOST_ACTIONS, Annotator, Effort

if TYPE_CHECKING:
    import numpy.typing as npt

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here"),
]
IMAGES_PER_SET, SIDE_PX = 2, 128
THRIFTS = (1.0, 0.6)
NAMES = ("landslide4sense", "bijie_native", "coseismic_256", "l8_biome_4class", "s2_alberta_shadow")


def predictor_of(task: str) -> tuple[ChipPredictor, Reading]:
    name = f"{task}-starter"
    card = read_card(starters_folder() / f"{name}.json")
    checks = json.loads(figures_path(name).read_text(encoding="utf-8"))["checks"]
    threshold = next((check.get("threshold") for check in checks.values()), None)
    assert card.scheme is not None
    reading = Reading(card.scheme.names, card.temperature, threshold)
    network = load_run(starters_folder(), name)
    return ChipPredictor(network, card.input_values.mean, card.input_values.std), reading


def cut(chip: Chip) -> Chip:
    """Return the middle of a chip."""
    height, width = chip.labels.shape
    top, left = max(0, (height - SIDE_PX) // 2), max(0, (width - SIDE_PX) // 2)
    part = np.s_[top : top + SIDE_PX, left : left + SIDE_PX]
    return Chip(
        chip.dataset, chip.name, chip.split, chip.group,
        np.ascontiguousarray(chip.image[:, part[0], part[1]]), np.ascontiguousarray(chip.labels[part]),
    )  # fmt: skip


def chosen(name: str, most_id: int) -> list[Chip]:
    """Return some images of a set that show more than background and only ids of the scheme."""
    chips = read_set(name, data_folder())
    order = np.random.default_rng(0).permutation(len(chips))
    found = []
    for index in order:
        chip = cut(chips[index])
        ids = np.unique(chip.labels)
        if ids[ids != 255].max(initial=0) <= most_id and (ids[ids != 255] > 0).any():
            found.append(chip)
        if len(found) == IMAGES_PER_SET:
            break
    return found


def corrected(
    chip: Chip, predicted: npt.NDArray[np.uint8], background: int | None, *, has_tools: bool
) -> Effort:
    """Return the least effort of annotators that take small steps or large ones."""
    window = Window.of(*chip.labels.shape)
    seen = Seen(window, np.ascontiguousarray(np.moveaxis(chip.image, 0, -1)))
    efforts = [
        Annotator(
            ArrayGround(predicted.copy()),
            chip.labels,
            seen,
            background=background,
            has_tools=has_tools,
            thrift=thrift,
        ).correct()
        for thrift in THRIFTS
    ]
    return least(*efforts)


def least(*efforts: Effort) -> Effort:
    """Return the effort that reached the aim with the fewest actions, else the one that came nearest."""
    return min(efforts, key=lambda each: (each.score < GOOD_ENOUGH, each.actions, -each.score))


def test_actions_to_good_labels(capsys: pytest.CaptureFixture[str]) -> None:
    def tell(words: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"{words}\n")
            sys.stdout.flush()

    totals, used = np.zeros(2), Counter[str]()
    tell("\n| image | IoU before | brush and polygon: actions, steps, IoU | all tools: actions, steps, IoU |")
    tell("| --- | --- | --- | --- |")
    for name in NAMES:
        scheme = builtin_scheme(SETS[name].task)
        predictor, reading = predictor_of(scheme.name)
        background = scheme.background_ids[0] if len(scheme.classes) == 2 else None
        for chip in chosen(name, len(scheme.classes) - 1):
            predicted = reading.labels(predictor.logits(chip))
            plain, tooled = (corrected(chip, predicted, background, has_tools=on) for on in (False, True))
            both = (plain, least(plain, tooled))  # nobody has to use a tool
            totals += [each.actions for each in both]
            used.update(both[1].by_tool)
            cells = [f"{each.actions}, {each.steps}, {each.score:.2f}" for each in both]
            tell(f"| {name}/{chip.name} | {both[0].before:.2f} | {cells[0]} | {cells[1]} |")
    tell(
        f"{totals[0]:.0f} and {totals[1]:.0f} actions: {totals[0] / totals[1]:.2f} times fewer with all tools"
    )
    tell(
        f"until an IoU of {GOOD_ENOUGH} or {MOST_ACTIONS} actions; steps by tool: {dict(used.most_common())}"
    )
