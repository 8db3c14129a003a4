"""KTDA's knowledge transfer: aligned student features imitate a frozen teacher's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor
from torch.nn import functional

from napari_rsseg.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SoftmaxAxis", "TransferTerms", "knowledge_transfer"]

SoftmaxAxis = Literal["columns", "channels"]


@dataclass(frozen=True)
class TransferTerms:
    """The loss and what it is made of.

    Attributes
    ----------
    loss : Tensor, ()
        Mean over levels of alpha * temperature**2 * kl + (1 - alpha) * mse.
    kl, mse : list of Tensor, () each
        Per level, before the weights.
    """

    loss: Tensor
    kl: list[Tensor]
    mse: list[Tensor]


def knowledge_transfer(
    student: Sequence[Tensor],
    teacher: Sequence[Tensor],
    *,
    alpha: float = 0.5,
    temperature: float = 1.0,
    axis: SoftmaxAxis = "columns",
) -> TransferTerms:
    """Compare aligned features with the teacher's, level by level.

    Parameters
    ----------
    student, teacher : sequence of Tensor, (B, C, h, w) each
        Features after FAM (and fusion), and the teacher's.
    alpha : float
        Share of the Kullback-Leibler part; at 0 the loss is halved once more, as published.
    temperature : float
        Both softmax inputs are divided by it.
    axis : {"columns", "channels"}
        What the softmax runs over: the columns of each row, as the authors' code does, or the channels of
        each pixel.

    Returns
    -------
    TransferTerms
        KL(teacher || student) is summed over everything but the batch, hence in the thousands at full size
        and ``columns``; ``channels`` is averaged over pixels as well.

    Raises
    ------
    TrainingError
        Levels or shapes differ; a mismatched axis of length 1 must not broadcast silently.
    """
    shapes = [tuple(level.shape) for level in student]
    if shapes != [tuple(level.shape) for level in teacher]:
        raise TrainingError(
            f"Student features {shapes} and teacher features {[tuple(t.shape) for t in teacher]} differ.",
            "Train on square tiles whose side over the teacher's patch, rounded up, is fam.output_size.",
        )
    kl = [_divergence(s / temperature, t / temperature, axis) for s, t in zip(student, teacher, strict=True)]
    mse = [functional.mse_loss(s, t) for s, t in zip(student, teacher, strict=True)]
    levels = [
        alpha * temperature**2 * divergence + (1 - alpha) * error
        for divergence, error in zip(kl, mse, strict=True)
    ]
    loss = torch.stack(levels).mean()
    return TransferTerms(loss * 0.5 if alpha == 0 else loss, kl, mse)


def _divergence(student: Tensor, teacher: Tensor, axis: SoftmaxAxis) -> Tensor:
    dim = -1 if axis == "columns" else 1
    # log-softmax on both sides: the published log of softmax gives infinities where a probability underflows
    log_student = student.log_softmax(dim)
    log_teacher = teacher.log_softmax(dim)
    total = functional.kl_div(log_student, log_teacher, reduction="sum", log_target=True)
    pixels = 1 if axis == "columns" else student.shape[-2] * student.shape[-1]
    return total / (len(student) * pixels)
