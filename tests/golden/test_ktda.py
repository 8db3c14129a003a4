"""KTDA against the published program: every ``forward`` and ``loss`` case of the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_rsseg.checkpoints.mapping import ktda_key, ktda_teacher_key
from napari_rsseg.models.ktda import Ktda, KtdaArchitecture, Teacher
from rsseg_training.objectives.ktda import ktda_losses

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "ktda"


def _filled(case: GoldenCase) -> tuple[Ktda, Teacher]:
    architecture = KtdaArchitecture.model_validate(case.words["model"])
    network, teacher = Ktda(architecture), Teacher(architecture.teacher)
    case.fill(network, ktda_key)
    case.fill(teacher, ktda_teacher_key)
    return network, teacher


@torch.no_grad()
def test_every_intermediate_is_the_published_one(forward_case: GoldenCase) -> None:
    network, teacher = _filled(forward_case)
    network.eval()
    image = forward_case.inputs()["image"]
    features = network.features(image)
    lists = {
        "student_feat": features.student,
        "teacher_feat": teacher(image),
        "fam": features.aligned,
        "neck": features.neck,
        "fmm": features.modulated,
    }
    outputs = {
        f"{name}_{level}": tensor for name, levels in lists.items() for level, tensor in enumerate(levels)
    }
    auxiliary = network.auxiliary_logits(features)
    several = isinstance(network.architecture.auxiliary_head, tuple)
    outputs |= {f"aux_logits_{n}" if several else "aux_logits": tensor for n, tensor in enumerate(auxiliary)}
    outputs |= {"logits": network.head_logits(features), "logits_full": network(image)}
    forward_case.compare(outputs)


@torch.no_grad()
def test_every_loss_term_is_the_published_one(loss_case: GoldenCase) -> None:
    network, teacher = _filled(loss_case)
    network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout2d):
            module.p = 0.0  # the cases are drawn without dropout
    inputs = loss_case.inputs()
    loss_case.compare(ktda_losses(network, teacher, inputs["image"], inputs["label"]))
