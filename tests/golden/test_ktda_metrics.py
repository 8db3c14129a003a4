"""The authors' figures of KTDA from this package's confusion matrices: mode ``metrics``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.metrics.confusion import confusion_matrix, scores_of

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "ktda"


def test_counts_and_scores_are_the_published_ones(metrics_case: GoldenCase) -> None:
    options = metrics_case.words["options"]
    maps = {name: tensor.numpy() for name, tensor in metrics_case.inputs().items()}
    for name, values in maps.items():
        for old, new in options.get(f"{name}_replace", []):
            values[values == old] = new
    confusion = confusion_matrix(maps["label"], maps["pred"], options["num_classes"])
    scores = scores_of(confusion)
    hits, labelled, predicted = confusion.diagonal().copy(), confusion.sum(axis=1), confusion.sum(axis=0)
    either = np.stack((scores.precision, scores.recall))
    harmonic = 2 * either.prod(axis=0) / np.where(either.sum(axis=0) == 0, np.nan, either.sum(axis=0))
    per_class = {
        "IoU": scores.iou,
        "Acc": scores.recall,
        "Dice": scores.f1,
        "Fscore": harmonic,  # undefined, not 0, for a class that is never predicted
        "Precision": scores.precision,
        "Recall": scores.recall,
    }
    outputs = {
        "area_intersect": hits,
        "area_union": labelled + predicted - hits,
        "area_pred": predicted,
        "area_label": labelled,
        "aAcc_raw": np.array([scores.overall_accuracy]),
        "aAcc": np.array(round(100 * scores.overall_accuracy, 2)),
    }
    outputs |= {f"class.{name}": np.nan_to_num(values, nan=-1.0) for name, values in per_class.items()}
    outputs |= {
        f"m{name}": np.array(round(100 * np.nanmean(values), 2)) for name, values in per_class.items()
    }
    shapes = {name: entry["shape"] for name, entry in metrics_case.words["outputs"].items()}
    metrics_case.compare(
        {name: torch.from_numpy(np.asarray(value).reshape(shapes[name])) for name, value in outputs.items()}
    )
