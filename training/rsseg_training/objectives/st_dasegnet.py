"""The published losses of ST-DASegNet: four cross-entropies, and the discriminators' terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from napari_rsseg.models.layers.convolution import resize
from rsseg_training.objectives.cross_entropy import pixel_accuracy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from napari_rsseg.models.st_dasegnet import (
        AdaptationParts,
        BranchOutputs,
        Discriminator,
        StDasegnetArchitecture,
    )
    from rsseg_training.objectives.cross_entropy import MeanOver
    from rsseg_training.objectives.pseudo_labels import PseudoLabels

__all__ = [
    "adversarial_loss",
    "discriminator_terms",
    "generator_terms",
    "source_terms",
    "weighted_cross_entropy",
]

_IGNORED = 255


def weighted_cross_entropy(
    logits: Tensor,
    labels: Tensor,
    class_weights: tuple[float, ...] | None,
    pixel_weights: Tensor | None = None,
    *,
    mean_over: MeanOver = "all",
) -> Tensor:
    """Return the sum of weighted cross-entropies over a number of pixels that no weight changes, ().

    Parameters
    ----------
    logits : Tensor, (B, K, h, w)
        Resized to the labels.
    labels : Tensor, (B, H, W), int64
        Class ids, or 255.
    class_weights : tuple of float or None
        K of them.
    pixel_weights : Tensor or None, (B, H, W)
        Multiplied with the class weights.
    mean_over : {"all", "labelled"}
        Pixels in the denominator; the published code counts the ignored ones too.
    """
    resized = resize(logits, (labels.shape[-2], labels.shape[-1]))
    weights = logits.new_tensor(class_weights) if class_weights else None
    pixels = functional.cross_entropy(resized, labels, weights, ignore_index=_IGNORED, reduction="none")
    weighted = pixels if pixel_weights is None else pixels * pixel_weights
    if mean_over == "all":
        return weighted.mean()
    return weighted.sum() / (labels != _IGNORED).sum().clamp(min=1)


def adversarial_loss(scores: Tensor, size: tuple[int, int], *, real: bool, weight: float) -> Tensor:
    """Return the weighted binary cross-entropy, (), of scores (B, 1, h, w) resized to the image.

    As published. The weight is that of the generator's terms and of the discriminators' own alike.
    """
    resized = resize(scores, size)
    wanted = torch.full_like(resized, float(real))
    return weight * functional.binary_cross_entropy_with_logits(resized, wanted)


def generator_terms(
    words: StDasegnetArchitecture,
    parts: AdaptationParts,
    seen: tuple[BranchOutputs, BranchOutputs],
    labels: Tensor,
    pseudo: PseudoLabels,
    *,
    mean_over: MeanOver = "all",
) -> dict[str, Tensor]:
    """Return every term of the students' objective by its published name; "a2b" is domain a in branch b.

    Parameters
    ----------
    words : StDasegnetArchitecture
        Its weights.
    parts : AdaptationParts
        Its discriminators are asked.
    seen : pair of BranchOutputs
        Of the source images and of the target images.
    labels : Tensor, (B, H, W), int64
        Of the source images, 255 ignored.
    pseudo : PseudoLabels
        Of the target images; both branches learn the same, although the paper's figure 4 shows one each.
    mean_over : {"all", "labelled"}
        As in `weighted_cross_entropy`.

    Returns
    -------
    dict of Tensor, () each
        ``loss.seg_*``, ``acc.seg_*``, ``loss.gan_*_seg``, ``total.segmentation`` and ``total.generator``.
    """
    source, target = seen
    head, weight = words.head, words.discriminator.loss_weight
    terms = _segmentation_terms(
        {
            "s2s": (source.logits_s, labels, head.class_weight_s, None),
            "s2t": (source.logits_t, labels, head.class_weight_t, None),
            "t2s": (target.logits_s, pseudo.labels, head.class_weight_s, pseudo.weights),
            "t2t": (target.logits_t, pseudo.labels, head.class_weight_t, pseudo.weights),
        },
        mean_over,
    )
    size = (labels.shape[-2], labels.shape[-1])
    for name, discriminator, features in (
        ("t2s_ds", parts.discriminator_s, target.features_s),
        ("s2t_dt", parts.discriminator_t, source.features_t),
    ):
        scores = discriminator(features[-1])
        terms[f"loss.gan_F_{name}_seg"] = adversarial_loss(scores, size, real=True, weight=weight)
    of_source = terms["loss.seg_s2s"] + terms["loss.seg_s2t"]
    of_target = terms["loss.seg_t2s"] + terms["loss.seg_t2t"]
    terms["total.segmentation"] = of_source + words.ema.ratio * of_target
    adversarial = terms["loss.gan_F_t2s_ds_seg"] + terms["loss.gan_F_s2t_dt_seg"]
    terms["total.generator"] = terms["total.segmentation"] + adversarial
    return terms


def source_terms(
    words: StDasegnetArchitecture,
    source: BranchOutputs,
    labels: Tensor,
    *,
    mean_over: MeanOver,
) -> dict[str, Tensor]:
    """Return the terms of the source images alone, by the names of `generator_terms`."""
    head = words.head
    terms = _segmentation_terms(
        {
            "s2s": (source.logits_s, labels, head.class_weight_s, None),
            "s2t": (source.logits_t, labels, head.class_weight_t, None),
        },
        mean_over,
    )
    terms["total.generator"] = terms["loss.seg_s2s"] + terms["loss.seg_s2t"]
    return terms


def _segmentation_terms(
    entries: Mapping[str, tuple[Tensor, Tensor, tuple[float, ...] | None, Tensor | None]], mean_over: MeanOver
) -> dict[str, Tensor]:
    """Return loss and accuracy by name, of logits, labels, weights of classes and of pixels."""
    terms = {}
    for name, (logits, wanted, class_weights, pixel_weights) in entries.items():
        terms[f"loss.seg_{name}"] = weighted_cross_entropy(
            logits, wanted, class_weights, pixel_weights, mean_over=mean_over
        )
        terms[f"acc.seg_{name}"] = pixel_accuracy(logits, wanted)
    return terms


def discriminator_terms(
    discriminator: Discriminator,
    features: tuple[Tensor, Tensor],
    size: tuple[int, int],
    weight: float,
) -> tuple[Tensor, Tensor]:
    """Return a discriminator's own losses, () each, of its real and its fake features (B, C, h, w)."""
    real, fake = (discriminator(feature) for feature in features)
    return (
        adversarial_loss(real, size, real=True, weight=weight),
        adversarial_loss(fake, size, real=False, weight=weight),
    )
