from __future__ import annotations

import pytest
import torch

from napari_rsseg.models.ktda import Bottleneck, FeatureAlignment, FeatureModulation, attention_block
from napari_rsseg.models.ktda.architecture import StudentWords
from napari_rsseg.models.ktda.neck import MultiScaleNeck
from napari_rsseg.models.ktda.student import Student

STUDENT = StudentWords(
    depths=(1, 1, 2, 1), channels=(8, 12, 16, 20), drop_path=0.5, out_stages=(1, 3), frozen_stages=2
)


def test_alignment_brings_every_level_to_the_same_square() -> None:
    alignment = FeatureAlignment([4, 8], 6, 5)
    levels = alignment([torch.randn(2, 4, 32, 16), torch.randn(2, 8, 3, 2)])
    assert [level.shape for level in levels] == [(2, 6, 5, 5)] * 2


def test_a_half_scale_pools_pairs_and_drops_the_odd_row_and_column() -> None:
    neck = MultiScaleNeck([1], 1, [0.5])
    for parameter in neck.parameters():
        if parameter.ndim == 4:
            torch.nn.init.dirac_(parameter)
    level = torch.randn(1, 1, 5, 7)
    (output,) = neck([level])
    torch.testing.assert_close(output, torch.nn.functional.avg_pool2d(level[..., :4, :6], 2))


@pytest.mark.parametrize(
    "block", [lambda width: attention_block(width, num_heads=2), Bottleneck], ids=["vit", "mlp"]
)
def test_modulation_keeps_the_shape_of_every_level(block: type[torch.nn.Module]) -> None:
    levels = [torch.randn(2, 8, 6, 4), torch.randn(2, 8, 3, 2)]
    outputs = FeatureModulation([8, 8], 2, block)(levels)
    assert [output.shape for output in outputs] == [level.shape for level in levels]


def test_a_student_returns_only_the_stages_asked_for() -> None:
    levels = Student(STUDENT).eval()(torch.randn(1, 3, 64, 96))
    assert [level.shape for level in levels] == [(1, 12, 8, 12), (1, 20, 2, 3)]


def test_frozen_stages_rest_while_the_norms_behind_them_train() -> None:
    student = Student(STUDENT).train()
    assert not any(stage.training for stage in student.stages[:2])
    assert all(stage.training for stage in student.stages[2:])
    trained = {name for name, parameter in student.named_parameters() if parameter.requires_grad}
    assert "norms.1.weight" in trained
    assert not any(name.startswith(("stem", "stages.0", "stages.1")) for name in trained)
