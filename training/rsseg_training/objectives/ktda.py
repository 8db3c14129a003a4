"""The whole published loss of KTDA: main head, auxiliary heads, knowledge transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rsseg_training.objectives.cross_entropy import MeanOver, cross_entropy, pixel_accuracy
from rsseg_training.objectives.knowledge_transfer import SoftmaxAxis, knowledge_transfer

if TYPE_CHECKING:
    from torch import Tensor

    from napari_rsseg.models.ktda import Ktda, KtdaFeatures, Teacher

__all__ = ["ktda_losses"]


def ktda_losses(
    network: Ktda,
    teacher: Teacher | None,
    images: Tensor,
    labels: Tensor,
    *,
    mean_over: MeanOver = "all",
    axis: SoftmaxAxis = "columns",
) -> dict[str, Tensor]:
    """Run network and teacher once and return every term by its published name.

    Parameters
    ----------
    network : Ktda
        In the mode the caller wants; the published training uses batch statistics. Its student runs once, not
        twice as in the authors' code: the same unless stochastic depth draws differ.
    teacher : Teacher or None
        Not needed where the architecture says ``distill: false``.
    images : Tensor, (B, 3, H, W)
        Normalised images.
    labels : Tensor, (B, H, W), int64
        Class ids, 255 ignored.
    mean_over, axis
        As `cross_entropy` and `knowledge_transfer` say; the defaults are the published ones.

    Returns
    -------
    dict of Tensor, () each
        ``decode.loss_ce``, ``decode.acc_seg``, the same for ``aux`` (or ``aux_0``, ... where a list of heads
        is given), ``distill_loss`` with ``kl_0``, ``mse_0``, ..., and ``total``.
    """
    features = network.features(images)
    logits = network.head_logits(features)
    terms = {
        "decode.loss_ce": cross_entropy(logits, labels, mean_over=mean_over),
        "decode.acc_seg": pixel_accuracy(logits, labels),
    }
    terms |= _auxiliary_terms(network, features, labels, mean_over)
    if network.architecture.distill and teacher is not None:
        words = network.architecture
        transfer = knowledge_transfer(
            features.fused,
            network.fuse(teacher(images)),
            alpha=words.alpha,
            temperature=words.temperature,
            axis=axis,
        )
        terms["distill_loss"] = transfer.loss
        for level, (kl, mse) in enumerate(zip(transfer.kl, transfer.mse, strict=True)):
            terms |= {f"kl_{level}": kl, f"mse_{level}": mse}
    terms["total"] = sum(
        (value for name, value in terms.items() if "loss" in name), start=logits.new_zeros(())
    )
    return terms


def _auxiliary_terms(
    network: Ktda, features: KtdaFeatures, labels: Tensor, mean_over: MeanOver
) -> dict[str, Tensor]:
    words = network.architecture.auxiliary_head
    terms: dict[str, Tensor] = {}
    several = words if isinstance(words, tuple) else (words,)
    for index, logits in enumerate(network.auxiliary_logits(features)):
        name = f"aux_{index}" if isinstance(words, tuple) else "aux"
        word = several[index]
        weight = word.loss_weight if word else 0.0
        # the authors divide every entry of a list, the accuracy too, by the number of heads
        terms[f"{name}.loss_ce"] = weight * cross_entropy(logits, labels, mean_over=mean_over) / len(several)
        terms[f"{name}.acc_seg"] = pixel_accuracy(logits, labels) / len(several)
    return terms
