"""TransLandSeg's data, figures and learning rates against the published program: mode ``metrics``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from napari_rsseg.metrics.confusion import confusion_matrix, scores_of
from rsseg_training.augmentation.translandseg_pipeline import (
    jittered,
    squashed_image,
    squashed_mask,
    validation_indices,
)
from rsseg_training.loop.schedule import cosine_rate
from rsseg_training.objectives.translandseg import translandseg_loss

if TYPE_CHECKING:
    import numpy.typing as npt

    from tests.golden.conftest import GoldenCase

FAMILY = "tls"
_COUNTS = (20, 101, 770)
_JITTER_PX = (64, 48)


def _jitters(image: npt.NDArray[np.uint8], factors: dict[str, Any]) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the image of each change after the one before; the case's own start is a small copy."""
    changed = np.asarray(Image.fromarray(image).resize(_JITTER_PX, Image.Resampling.BILINEAR))
    outputs = {"jitter_input": changed}
    for name in factors["order"]:
        changed = jittered(changed, name, factors[name])
        outputs[f"jitter_{name}"] = changed
    return outputs


def _figures(confusion: npt.NDArray[np.int64]) -> dict[str, Any]:
    scores = scores_of(confusion)
    share = confusion.sum(axis=1) / confusion.sum()
    return {
        "confusion": confusion,
        "overall_accuracy": scores.overall_accuracy,
        "precision": scores.precision,
        "recall": scores.recall,
        "f1": scores.f1,
        "iou": scores.iou,
        "miou": np.nanmean(scores.iou),
        "fwiou": np.nansum(share * scores.iou),
    }


def _tensors(outputs: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {
        name: torch.from_numpy(np.array(np.nan_to_num(value, nan=-1.0) if _is_float(value) else value))
        for name, value in outputs.items()
    }


def _is_float(value: Any) -> bool:
    return bool(np.issubdtype(np.asarray(value).dtype, np.floating))


def test_images_figures_splits_and_rates_are_the_published_ones(metrics_case: GoldenCase) -> None:
    words, inputs = metrics_case.words["model"], metrics_case.inputs()
    image, label = (inputs[name].numpy().astype(np.uint8) for name in ("image", "label"))
    outputs: dict[str, Any] = {
        "image": squashed_image(image, words["inp_size"]),
        "mask": squashed_mask(label, words["inp_size"]),
        "learning_rate": [cosine_rate(epoch, 50, highest=2e-4, lowest=1e-7) for epoch in range(51)],
    }
    outputs |= _jitters(image, words["jitter"])
    outputs |= {f"valid_index_{count}": validation_indices(count) for count in _COUNTS}

    batches = [(inputs[f"scores_{index}"], inputs[f"target_{index}"]) for index in (0, 1)]
    confusion = sum(
        (
            confusion_matrix(target.numpy(), (torch.sigmoid(scores) > 0.5).numpy().astype(np.uint8), 2)
            for scores, target in batches
        ),
        start=np.zeros((2, 2), dtype=np.int64),
    )
    losses = [translandseg_loss(scores, target.float()).item() * len(target) for scores, target in batches]
    outputs |= _figures(confusion) | {"epoch_loss": sum(losses) / sum(len(target) for _, target in batches)}

    nothing = _figures(np.array([[9, 0], [0, 0]]))  # neither truth nor prediction holds a landslide
    outputs |= {f"empty_{name}": nothing[name] for name in ("iou", "miou", "precision")}
    metrics_case.compare(_tensors(outputs))
