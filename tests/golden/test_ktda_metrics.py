"""The published scores of KTDA, from the confusion matrix that all scores here come from."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from napari_rsseg.metrics import confusion_matrix, f1_of, iou_of, precision_of, recall_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILY = "ktda"


def replaced(ids: torch.Tensor, pairs: list[list[int]]) -> npt.NDArray[np.int64]:
    """Return ids with the case's replacements applied one after the other."""
    array = ids.numpy().astype(np.int64)
    for old, new in pairs:
        array[array == old] = new
    return array


def published(confusion: npt.NDArray[np.int64]) -> Mapping[str, npt.NDArray[np.float64]]:
    """Return the scores under the authors' names; undefined classes are -1, means in percent skip them."""
    precision, recall = precision_of(confusion), recall_of(confusion)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 of a class without hits is undefined there
        harmonic = 2 * precision * recall / (precision + recall)
    classes = {
        "IoU": iou_of(confusion), "Acc": recall, "Dice": f1_of(confusion), "Fscore": harmonic,
        "Precision": precision, "Recall": recall,
    }  # fmt: skip
    hits, labelled, predicted = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    accuracy = np.asarray(hits.sum() / labelled.sum())
    return {
        "area_intersect": hits, "area_label": labelled, "area_pred": predicted,
        "area_union": labelled + predicted - hits, "aAcc_raw": accuracy, "aAcc": np.round(accuracy * 100, 2),
        **{f"class.{name}": np.nan_to_num(values, nan=-1.0) for name, values in classes.items()},
        **{f"m{name}": np.round(np.nanmean(values) * 100, 2) for name, values in classes.items()},
    }  # fmt: skip


def test_published_scores_are_met(metrics_case: Any) -> None:
    inputs, options = metrics_case.inputs(), metrics_case.words["options"]
    confusion = confusion_matrix(
        replaced(inputs["label"], options.get("label_replace", [])),
        replaced(inputs["pred"], options.get("pred_replace", [])),
        options["num_classes"],
    )
    metrics_case.compare(
        {
            name: torch.from_numpy(np.asarray(value, np.float64))
            for name, value in published(confusion).items()
        }
    )
