"""How many windows must be reviewed to find 80 % of the wrong pixels of starter predictions, by order.

Windows of 64 pixels of the labelled sets; of landslide4sense only the images that were kept from training.
The order by expected errors is computed anew after every 10 windows, from the true errors of those before, as
it is when an annotator corrects them. The other prediction of the order by disagreement is that of the
mirrored image.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.engine.loading import load_network
from napari_rsseg.engine.prompting.student_features import StudentFeatures
from napari_rsseg.engine.results import quantised
from napari_rsseg.engine.window_features import pooled
from napari_rsseg.models.light import KtdaLight
from napari_rsseg.registry import default_model
from napari_rsseg.review import (
    Order,
    SurveyedWindow,
    cell_labels,
    grid_windows,
    measure_window,
    rank_windows,
)
from napari_rsseg.settings import data_folder
from rsseg_training.evaluation import ChipPredictor
from rsseg_training.sampling import read_set
from rsseg_training.sampling.cloud import CLOUD_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from napari_rsseg.registry import Card, ModelFile
    from rsseg_training.sampling import Chip

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

SIDE, CELL_PX, AT_ONCE, SHARE = 64, 16, 10, 0.8
TASKS = {
    "grass": ("naip_california", "naip_prairie", "chesapeake_wv"),
    "cloud": ("l8_biome_4class", "s2_alberta_shadow", "l8_biome_binary", "s2_cloud_target"),
    "landslide": (
        "landslide4sense", "coseismic_256", "bijie_native", "bijie_half", "tianshui_geoeye1", "uav_road",
        "mars_valles", "bijie_negatives",
    ),
}  # fmt: skip
LEARNING = (Order.LIKELY_WRONG,)


@dataclass(frozen=True)
class Known:
    """A window and the number of its pixels that are wrong in truth."""

    window: SurveyedWindow
    wrong: int


@pytest.fixture(scope="module")
def thread() -> Iterator[ForwardThread]:
    with ForwardThread() as thread:
        yield thread


def wrong_pixels(chip: Chip, predicted: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return where a prediction contradicts the labels, which may name groups of classes."""
    wrong: npt.NDArray[np.bool_] = (predicted != chip.labels) & (chip.labels != IGNORED)
    for group, members in CLOUD_GROUPS.items():
        of_group = chip.labels == group
        wrong[of_group] = ~np.isin(predicted, members)[of_group]
    return wrong


def probabilities(predictor: ChipPredictor, chip: Chip, card: Card) -> npt.NDArray[np.float32]:
    logits = torch.from_numpy(predictor.logits(chip)) / card.temperature
    if card.logit_bias:
        logits = logits + torch.tensor(card.logit_bias)[:, None, None]
    found: npt.NDArray[np.float32] = logits.softmax(dim=0).numpy()
    return found


def stored(shares: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], ...]:
    """Return labels, confidence and margin as a prediction store holds them."""
    ordered = np.sort(shares, axis=0)
    return (
        shares.argmax(axis=0).astype(np.uint8), quantised(ordered[-1]), quantised(ordered[-1] - ordered[-2]),
    )  # fmt: skip


def mirrored(chip: Chip) -> Chip:
    return replace(chip, image=np.ascontiguousarray(chip.image[..., ::-1]))


def windows_of(model: ModelFile, sets: tuple[str, ...], thread: ForwardThread) -> list[Known]:
    card = model.card
    network = load_network(card, model.weights_path).eval()
    assert isinstance(network, KtdaLight)
    predictor = ChipPredictor(network, card.input_values.mean, card.input_values.std)
    features = StudentFeatures(network, card, torch.device("cpu"), thread)
    found: list[Known] = []
    for name in sets:
        for chip in read_set(name, data_folder()):
            if not (name == "landslide4sense" and chip.split == "train"):
                found += of_chip(chip, predictor, features, card, first=len(found))
    return found


def of_chip(
    chip: Chip, predictor: ChipPredictor, features: StudentFeatures, card: Card, *, first: int
) -> list[Known]:
    assert card.scheme is not None
    classes = len(card.scheme.classes)
    labels, confidence, margin = stored(probabilities(predictor, chip, card))
    other = stored(probabilities(predictor, mirrored(chip), card)[..., ::-1])
    wrong = wrong_pixels(chip, labels)
    height, width = labels.shape
    rows, columns = -(-height // CELL_PX), -(-width // CELL_PX)
    image = np.rint(chip.image * 255).astype(np.uint8).transpose(1, 2, 0)
    cells = pooled(features.levels(image)[1:-1], (rows, columns)).reshape(rows, columns, -1)
    found: list[Known] = []
    for window in grid_windows(height, width, SIDE):
        part = window.slices
        if (chip.labels[part] != IGNORED).sum() < SIDE * SIDE / 8:
            continue
        looks = cells[
            window.row_start // CELL_PX : -(-window.row_stop // CELL_PX),
            window.column_start // CELL_PX : -(-window.column_stop // CELL_PX),
        ]
        surveyed = SurveyedWindow(
            first + len(found),
            f"{chip.dataset}/{chip.name}",
            window,
            measure_window(
                labels[part], confidence[part], margin[part], classes, (other[0][part], other[1][part])
            ),
            looks.reshape(-1, looks.shape[-1]),
            cell_labels(labels[part], confidence[part], classes, looks.shape[:2]),
        )
        found.append(Known(surveyed, int(wrong[part].sum())))
    return found


def share_needed(order: Order | None, known: list[Known]) -> float:
    """Return the share of windows to review; None: in the order of the true errors."""
    wrong = np.array([one.wrong for one in known])
    if order is None:
        return reviewed_until(np.argsort(-wrong), wrong)
    windows = [one.window for one in known]
    if order not in LEARNING:
        values = rank_windows(order, windows)
        return reviewed_until(np.argsort([-values[one.id] for one in windows], kind="stable"), wrong)
    seen: dict[int, float] = {}
    found = 0
    while found < SHARE * wrong.sum():
        values = rank_windows(order, windows, wrong=seen)
        unseen = sorted((number for number in values if number not in seen), key=lambda n: -values[n])
        for number in unseen[:AT_ONCE]:
            seen[number] = known[number].wrong / known[number].window.evidence.pixels
            found += known[number].wrong
            if found >= SHARE * wrong.sum():
                break
    return len(seen) / len(known)


def reviewed_until(order: npt.NDArray[np.intp], wrong: npt.NDArray[np.int64]) -> float:
    found = np.cumsum(wrong[order])
    return float(np.searchsorted(found, SHARE * found[-1]) + 1) / len(wrong)


@pytest.mark.parametrize("task", TASKS)
def test_windows_to_review_until_most_errors_are_found(
    task: str, thread: ForwardThread, capsys: pytest.CaptureFixture[str]
) -> None:
    known = windows_of(default_model(task), TASKS[task], thread)
    lines = [f"| {task} ({len(known)} windows) | oracle | {share_needed(None, known):.3f} |"]
    for order in Order:
        if order is not Order.BY_HAND:
            learns = " (learns)" if order in LEARNING else ""
            lines.append(f"| | {order.value}{learns} | {share_needed(order, known):.3f} |")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert share_needed(Order.LIKELY_WRONG, known) < share_needed(Order.RANDOM, known)
