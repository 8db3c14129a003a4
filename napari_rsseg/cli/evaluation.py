"""Scores of many pairs of label maps: pooled, per image, and with intervals over images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.cli.label_files import check_same_grid, open_labels
from napari_rsseg.cli.reporting import progress_bar
from napari_rsseg.errors import RssegError
from napari_rsseg.metrics import bootstrap_interval, confusion_matrix, iou_of, scores_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.cli.label_files import Pairing
    from napari_rsseg.metrics import ClassScores

__all__ = ["SCORES", "CountedPair", "count_pairs", "report_of"]

SCORES = ("iou", "f1", "precision", "recall")
IdMaps = tuple[dict[int, int], dict[int, int]]
"""Numbers in files to class ids: of predictions and of truths."""


@dataclass(frozen=True)
class CountedPair:
    """One pair of label maps, counted.

    Attributes
    ----------
    prediction, truth : Path
        Files.
    confusion : ndarray, (K, K), int64
        Pixels; rows are truth.
    left_out_truth, left_out_prediction : int
        Pixels about which the truth says nothing, and those about which only the prediction does not.
    notes : tuple of str
        What a reader of the scores should know.
    """

    prediction: Path
    truth: Path
    confusion: npt.NDArray[np.int64]
    left_out_truth: int
    left_out_prediction: int
    notes: tuple[str, ...]


def _count(prediction: Path, truth: Path, scheme: Scheme, maps: IdMaps) -> CountedPair:
    """Count the pixels of one pair, strip by strip."""
    classes = len(scheme.classes)
    total = np.zeros((classes, classes), dtype=np.int64)
    unsaid = unpredicted = 0
    with (
        open_labels(prediction, maps[0], classes) as predicted,
        open_labels(truth, maps[1], classes) as said,
    ):
        check_same_grid(predicted, said)
        notes = tuple(
            f"{labels.path}: its nodata number {labels.dataset.nodata:g} is also a class, and counted as such"
            for labels in (predicted, said)
            if labels.nodata_is_a_class
        )
        for start, stop in said.strips():
            true_ids, predicted_ids = said.read(start, stop), predicted.read(start, stop)
            try:
                total += confusion_matrix(true_ids, predicted_ids, classes)
            except RssegError as error:
                raise type(error)(f"{truth} against {prediction}: {error.found}", error.remedy) from None
            unsaid += int((true_ids == IGNORED).sum())
            unpredicted += int(((true_ids != IGNORED) & (predicted_ids == IGNORED)).sum())
    return CountedPair(prediction, truth, total, unsaid, unpredicted, notes)


def count_pairs(pairing: Pairing, scheme: Scheme, maps: IdMaps) -> tuple[list[CountedPair], list[RssegError]]:
    """Count every pair; a pair that cannot be compared is reported, and the only one raised."""
    counted: list[CountedPair] = []
    failed: list[RssegError] = []
    with progress_bar() as bar:
        task = bar.add_task("comparing", total=len(pairing.pairs), rate="")
        for prediction, truth in pairing.pairs:
            try:
                counted.append(_count(prediction, truth, scheme, maps))
            except RssegError as error:
                if len(pairing.pairs) == 1:
                    raise
                failed.append(error)
            bar.advance(task)
    return counted, failed


def _means(scores: ClassScores) -> dict[str, object]:
    return {
        "overall_accuracy": scores.overall_accuracy,
        "kappa": scores.kappa,
        "mean": {name: scores.mean(name) for name in SCORES},
        "mean_absent_as_zero": {name: scores.mean(name, absent_as_zero=True) for name in SCORES},
    }


def _per_class(scores: ClassScores, scheme: Scheme) -> dict[str, dict[str, object]]:
    return {
        label: {
            **{name: float(getattr(scores, name)[index]) for name in SCORES},
            "truth_pixels": int(scores.confusion[index].sum()),
            "predicted_pixels": int(scores.confusion[:, index].sum()),
        }
        for index, label in enumerate(scheme.names)
    }


def _image_means(images: list[ClassScores], scheme: Scheme) -> dict[str, object]:
    """Return scores of each image averaged over the images in which they are defined."""
    per_class: dict[str, object] = {}
    for index, label in enumerate(scheme.names):
        values = {name: [float(getattr(image, name)[index]) for image in images] for name in SCORES}
        defined = {name: [v for v in column if not np.isnan(v)] for name, column in values.items()}
        averaged = {name: float(np.mean(column)) if column else None for name, column in defined.items()}
        per_class[label] = {**averaged, "images": len(defined["iou"])}
    means = [image.mean_iou for image in images]
    return {
        "per_class": per_class,
        "mean_iou": float(np.nanmean(means)) if not np.isnan(means).all() else None,
        "mean_iou_absent_as_zero": float(np.mean([image.mean_iou_absent_as_zero for image in images])),
    }


def report_of(
    counted: list[CountedPair], scheme: Scheme
) -> tuple[ClassScores, dict[str, dict[str, object]], dict[str, object]]:
    """Return pooled scores, their figures by class (with intervals from two images on), and the rest."""
    pooled = scores_of(np.sum([pair.confusion for pair in counted], axis=0))
    images = [scores_of(pair.confusion) for pair in counted]
    per_class = _per_class(pooled, scheme)
    if len(counted) > 1:
        interval = bootstrap_interval(np.stack([pair.confusion for pair in counted]), iou_of)
        for index, label in enumerate(scheme.names):
            low, high = float(interval.low[index]), float(interval.high[index])
            per_class[label] |= {"iou_low": low, "iou_high": high}
    rest: dict[str, object] = {
        "schema": scheme.name,
        "images": len(counted),
        "pixels": pooled.pixels,
        "left_out": {
            "truth_says_nothing": sum(pair.left_out_truth for pair in counted),
            "prediction_says_nothing": sum(pair.left_out_prediction for pair in counted),
        },
        **_means(pooled),
        "mean_iou": pooled.mean_iou,
        "mean_iou_absent_as_zero": pooled.mean_iou_absent_as_zero,
        "confusion": pooled.confusion.tolist(),
        "per_image_mean": _image_means(images, scheme),
        "per_image": [
            {
                "prediction": pair.prediction,
                "truth": pair.truth,
                "per_class": _per_class(scores, scheme),
                **_means(scores),
                "confusion": pair.confusion.tolist(),
            }
            for pair, scores in zip(counted, images, strict=True)
        ],
    }
    return pooled, per_class, rest
