"""ST-DASegNet's data and figures against the published program.

Covered modes: ``preprocess``, ``photometric`` and ``metrics``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from napari_rsseg.metrics.confusion import confusion_matrix, scores_of
from rsseg_training.augmentation.photometric import hsv_of, rotate_hue, scale_saturation, scale_shift
from rsseg_training.augmentation.published_pipeline import (
    fitted_size,
    normalised,
    padded,
    resized,
    without_zero,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from tests.golden.conftest import GoldenCase

FAMILY = "std"


def _drawn(case: GoldenCase) -> dict[str, npt.NDArray[np.uint8]]:
    return {name: value.numpy().astype(np.uint8) for name, value in case.inputs().items()}


def _tensors(outputs: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.asarray(value)) for name, value in outputs.items()}


def test_images_and_labels_come_to_the_network_as_published(preprocess_case: GoldenCase) -> None:
    words, drawn = preprocess_case.words, _drawn(preprocess_case)
    image = drawn["image"]
    height, width = image.shape[:2]
    outputs: dict[str, Any] = {}
    for index, ratio in enumerate(words.get("ratios", [1.0])):
        size = fitted_size((height, width), (int(words["scale"][0] * ratio), int(words["scale"][1] * ratio)))
        outputs[f"img.{index}"] = normalised(resized(image, size))
        outputs[f"scale_factor.{index}"] = np.array([size[1] / width, size[0] / height] * 2)
    if "label" in drawn:
        outputs |= {"label.raw": drawn["label"], "label.reduced": without_zero(drawn["label"])}
    if "pad" in words:
        outputs["padded.img"], outputs["padded.label"] = padded(
            outputs["img.0"], drawn["label"], tuple(words["pad"])
        )
    preprocess_case.compare(_tensors(outputs))


def test_colours_are_distorted_as_published(photometric_case: GoldenCase) -> None:
    image, by = _drawn(photometric_case)["image"], photometric_case.words["parameters"]
    outputs = {
        "hsv": hsv_of(image),
        "brightness": scale_shift(image, shift=by["brightness"]),
        "contrast": scale_shift(image, scale=by["contrast"]),
        "saturation": scale_saturation(image, by["saturation"]),
        "hue": rotate_hue(image, by["hue"]),
    }
    photometric_case.compare(_tensors(outputs))


def test_areas_and_figures_are_the_published_ones(metrics_case: GoldenCase) -> None:
    words, drawn = metrics_case.words, _drawn(metrics_case)
    labels = without_zero(drawn["label"]) if words["reduce_zero_label"] else drawn["label"]
    confusions = np.stack(
        [
            confusion_matrix(truth, prediction, words["num_classes"])
            for truth, prediction in zip(labels, drawn["prediction"], strict=True)
        ]
    )
    hits = np.diagonal(confusions, axis1=1, axis2=2).astype(float)
    labelled, predicted = confusions.sum(axis=2), confusions.sum(axis=1)
    scores = scores_of(confusions.sum(axis=0))
    either = np.stack((scores.precision, scores.recall))
    total = either.sum(axis=0)
    per_class = {
        "IoU": scores.iou,
        "Acc": scores.recall,
        "Recall": scores.recall,
        "Precision": scores.precision,
        "Dice": scores.f1,
        "Fscore": 2 * either.prod(axis=0) / np.where(total == 0, np.nan, total),
    }
    outputs: dict[str, Any] = {
        "area.intersect": hits,
        "area.union": labelled + predicted - hits,
        "area.prediction": predicted,
        "area.label": labelled,
        "summary.aAcc": [scores.overall_accuracy],
    }
    for name, values in per_class.items():
        outputs[f"summary.m{name}"] = [np.nanmean(values)]
        outputs |= {f"summary.{name}.{index}": [value] for index, value in enumerate(values)}
    rounded = {
        name: np.nan_to_num(np.round(value, 4), nan=-1.0) if name.startswith("summary") else value
        for name, value in outputs.items()
    }
    metrics_case.compare(_tensors(rounded))
