from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_rsseg.models.ktda import Ktda, KtdaArchitecture, Teacher
from rsseg_training.objectives.ktda import ktda_losses

WIDTHS = (8, 8, 16, 16)
AUXILIARY: dict[str, Any] = {"in_channels": 16, "channels": 8, "num_classes": 3}
TINY: dict[str, Any] = {
    "student": {"depths": (1, 1, 1, 1), "channels": WIDTHS, "drop_path": 0.0},
    "teacher": {
        "embed_dims": 16, "depth": 4, "num_heads": 2, "feedforward": 32, "img_size": 70,
        "out_indices": (0, 1, 2, 3),
    },
    "fam": {"in_channels": WIDTHS, "out_channels": 16, "output_size": 5},
    "neck": None,
    "fmm": {"in_channels": (16,) * 4, "blocks": 1, "num_heads": 4},
    "decode_head": {"in_channels": (16,) * 4, "channels": 8, "num_classes": 3, "dropout": 0.0},
}  # fmt: skip
IMAGES = torch.randn(2, 3, 70, 70, generator=torch.Generator().manual_seed(1))
LABELS = torch.randint(0, 3, (2, 70, 70), generator=torch.Generator().manual_seed(2))


def losses(*, teacher: bool = True, labels: torch.Tensor = LABELS, **changes: Any) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    words = KtdaArchitecture.model_validate({**TINY, **changes})
    return ktda_losses(Ktda(words).eval(), Teacher(words.teacher) if teacher else None, IMAGES, labels)


def test_the_total_is_the_sum_of_what_is_called_a_loss() -> None:
    terms = losses(auxiliary_head=AUXILIARY)
    parts = [value for name, value in terms.items() if "loss" in name]
    assert len(parts) == 3
    torch.testing.assert_close(terms["total"], torch.stack(parts).sum())


def test_every_level_has_its_part_of_the_transfer() -> None:
    terms = losses()
    assert {name for name in terms if name.startswith(("kl", "mse"))} == {
        f"{kind}_{level}" for kind in ("kl", "mse") for level in range(4)
    }
    assert float(terms["distill_loss"].detach()) > 0


@pytest.mark.parametrize("off", [{"teacher": False}, {"distill": False}], ids=["no teacher", "not wanted"])
def test_without_a_teacher_the_transfer_has_no_term(off: dict[str, Any]) -> None:
    terms = losses(**off)
    assert not [name for name in terms if name.startswith(("distill", "kl", "mse"))]
    torch.testing.assert_close(terms["total"], terms["decode.loss_ce"])


def test_one_of_several_auxiliary_heads_counts_its_share() -> None:
    one = losses(auxiliary_head=AUXILIARY)["aux.acc_seg"]
    several = losses(auxiliary_head=(AUXILIARY, AUXILIARY))
    assert {"aux_0.loss_ce", "aux_1.loss_ce"} <= set(several)
    assert float(one) <= 100
    assert float(several["aux_0.acc_seg"]) <= 50


def test_the_weight_of_an_auxiliary_head_scales_its_loss() -> None:
    light, heavy = (
        losses(auxiliary_head={**AUXILIARY, "loss_weight": weight})["aux.loss_ce"] for weight in (0.4, 0.8)
    )
    torch.testing.assert_close(2 * light, heavy)


def test_gradients_reach_the_student_and_not_the_teacher() -> None:
    torch.manual_seed(0)
    words = KtdaArchitecture.model_validate(TINY)
    network, teacher = Ktda(words).train(), Teacher(words.teacher)
    ktda_losses(network, teacher, IMAGES, LABELS)["total"].backward()
    assert all(parameter.grad is not None for parameter in network.student.parameters())
    assert all(parameter.grad is None for parameter in teacher.parameters())
