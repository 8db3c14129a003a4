from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from napari_rsseg.models.st_dasegnet import AdaptationParts, StDasegnet, StDasegnetArchitecture
from rsseg_training.objectives.averaged_teachers import teacher_share, update_teachers
from rsseg_training.objectives.st_dasegnet import weighted_cross_entropy
from rsseg_training.objectives.st_dasegnet_optimizers import (
    SEGFORMER_OPTIMIZERS,
    OptimizerWords,
    PolynomialRate,
    make_optimizers,
)
from rsseg_training.objectives.st_dasegnet_training import Iteration, StDasegnetTraining

if TYPE_CHECKING:
    from torch import Tensor, nn

TINY: dict[str, Any] = {
    "backbone": {
        "kind": "mit", "embed_dims": 4, "depths": (1, 1, 1, 1), "strides": (4, 2, 1, 1), "drop_path": 0.0,
    },
    "neck": {"channels": (4, 8, 20, 32)},
    "head": {
        "kind": "segformer", "in_channels": (4, 8, 20, 40), "channels": 8, "num_classes": 3, "dropout": 0.0,
    },
    "discriminator": {"in_channels": 32, "base_channels": 4, "num_conv": 1},
    "ema": {"threshold": 0.3, "rare_threshold": 0.3, "class_weight": (1.0, 1.0, 2.0)},
}  # fmt: skip
KINDS = pytest.mark.parametrize("kind", ["decoder_only_t", "single_t"])


def training(*, faithful: bool = False, **ema: Any) -> StDasegnetTraining:
    torch.manual_seed(0)
    words = StDasegnetArchitecture.model_validate({**TINY, "ema": TINY["ema"] | ema})
    network, parts = StDasegnet(words), AdaptationParts(words)
    return StDasegnetTraining(
        network, parts, make_optimizers(network, parts, SEGFORMER_OPTIMIZERS), faithful=faithful
    )


def batch(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    images, target_images = torch.randn(2, 2, 3, 64, 64, generator=generator)
    return images, torch.randint(0, 3, (2, 64, 64), generator=generator), target_images


def values(module: nn.Module) -> list[Tensor]:
    return [value.detach().clone() for value in module.parameters()]


def terms(iteration: Iteration) -> dict[str, float]:
    return {name: float(value) for name, value in iteration.terms.items()}


def test_every_pixel_counts_in_the_denominator_or_the_labelled_ones_alone() -> None:
    logits, labels = torch.zeros(1, 2, 2, 2), torch.tensor([[[0, 1], [255, 255]]])
    weights = torch.tensor([[[1.0, 3.0], [1.0, 1.0]]])
    loss = weighted_cross_entropy(logits, labels, (1.0, 2.0), weights)
    torch.testing.assert_close(loss, torch.tensor(2.0).log() * (1 + 2 * 3) / 4)
    labelled = weighted_cross_entropy(logits, labels, (1.0, 2.0), weights, mean_over="labelled")
    torch.testing.assert_close(labelled, 2 * loss)


@KINDS
def test_students_and_discriminators_move_and_teachers_get_no_gradient(kind: str) -> None:
    trained = training(type=kind)
    before = {
        name: values(trained.network.get_submodule(name)) for name, _ in trained.network.named_children()
    }
    before |= {
        name: values(trained.parts.get_submodule(name)) for name in ("discriminator_s", "discriminator_t")
    }
    trained.step(*batch(1))
    for name, old in before.items():
        module = trained.parts if name.startswith("discriminator") else trained.network
        assert any(
            not torch.equal(a, b) for a, b in zip(old, module.get_submodule(name).parameters(), strict=True)
        )
    for teacher, _ in trained.parts.teachers(trained.network):
        assert all(value.grad is None for value in teacher.parameters())


def test_the_students_objective_is_the_sum_of_its_terms() -> None:
    said = terms(training().step(*batch(1)))
    segmentation = said["loss.seg_s2s"] + said["loss.seg_s2t"]
    segmentation += 0.25 * (said["loss.seg_t2s"] + said["loss.seg_t2t"])
    assert said["total.segmentation"] == pytest.approx(segmentation)
    adversarial = said["loss.gan_F_t2s_ds_seg"] + said["loss.gan_F_s2t_dt_seg"]
    assert said["total.generator"] == pytest.approx(segmentation + adversarial)
    assert said["loss.seg_t2s"] > 0


def test_while_no_pixel_is_confident_target_images_give_no_segmentation_loss() -> None:
    said = terms(training(threshold=1.0).step(*batch(1)))
    assert said["loss.seg_t2s"] == said["loss.seg_t2t"] == 0


@KINDS
def test_teachers_start_as_copies_unless_the_published_start_is_asked_for(kind: str) -> None:
    for faithful in (False, True):
        trained = training(faithful=faithful, type=kind)
        pairs = trained.parts.teachers(trained.network)
        same = [
            torch.equal(a, b)
            for teacher, student in pairs
            for a, b in zip(teacher.parameters(), student.parameters(), strict=True)
            if a.dim() == 4
        ]
        assert all(same) is not faithful
        assert any(same) is not faithful


def test_only_the_published_way_gathers_statistics_of_the_teachers_own() -> None:
    counts = {}
    for faithful in (False, True):
        trained = training(faithful=faithful)
        trained.step(*batch(1))
        counts[faithful] = int(trained.parts.get_buffer("cross_EMA_decoder_s.convs.0.bn.num_batches_tracked"))
    assert counts == {False: 0, True: 1}


def test_a_teacher_is_the_mean_of_its_start_and_all_students() -> None:
    torch.manual_seed(0)
    teacher, start = torch.nn.Linear(3, 2), None
    start = [value.detach().clone() for value in teacher.parameters()]
    students = [torch.nn.Linear(3, 2) for _ in range(4)]
    for iteration, student in enumerate(students, 1):
        update_teachers([(teacher, student)], teacher_share(iteration), buffers=False)
    for found, first, *others in zip(
        teacher.parameters(), start, *(student.parameters() for student in students), strict=True
    ):
        torch.testing.assert_close(found, torch.stack([first, *others]).mean(dim=0))


def test_a_teacher_of_an_unchanging_student_that_it_copied_stays_equal() -> None:
    student, teacher = torch.nn.BatchNorm1d(4), torch.nn.BatchNorm1d(4)
    student(torch.randn(8, 4))
    for iteration in range(3):
        update_teachers([(teacher, student)], teacher_share(iteration), buffers=True)
    for key, value in student.state_dict().items():
        torch.testing.assert_close(teacher.state_dict()[key], value)


def test_the_share_that_a_teacher_keeps_ends_at_the_decay() -> None:
    assert [teacher_share(number) for number in (0, 1, 9, 5000)] == [0.0, 0.5, 0.9, 0.999]


def test_a_saved_training_goes_on_as_if_it_had_not_stopped() -> None:
    trained, resumed = training(), training()
    for seed in (1, 2):
        trained.step(*batch(seed))
    resumed.load_state_dict(trained.state_dict())
    assert terms(trained.step(*batch(3))) == terms(resumed.step(*batch(3)))
    assert resumed.iteration == 3


def test_rates_follow_the_schedule_in_every_group() -> None:
    trained = training()
    trained.rate = lambda iteration, initial: initial / (1 + iteration)
    for seed in (1, 2):
        trained.step(*batch(seed))
    rates = {name: optimizer.param_groups[-1]["lr"] for name, optimizer in trained.optimizers.items()}
    assert rates == {name: words.lr / 2 for name, words in SEGFORMER_OPTIMIZERS.items()}


def test_what_shows_nothing_in_the_target_does_not_change_a_step() -> None:
    images, labels, target_images = batch(1)
    valid = torch.ones(2, 64, 64, dtype=torch.bool)
    valid[0, :20] = False
    pseudo = training().step(images, labels, target_images, valid).pseudo
    assert (pseudo.labels[~valid] == 255).all()
    assert (pseudo.labels[valid] != 255).all()
    assert not pseudo.weights[~valid].any()
    trained = training()
    trained.step(images, labels, target_images, torch.zeros_like(valid))
    assert all(value.isfinite().all() for value in trained.network.parameters())


def test_steps_on_the_source_alone_leave_what_adapts_and_teachers_begin_as_copies_of_them() -> None:
    trained = training()
    parts = {key: value.clone() for key, value in trained.parts.state_dict().items()}
    said = trained.step_on_source(*batch(1)[:2])
    assert set(said) == {f"{kind}.seg_{name}" for kind in ("loss", "acc") for name in ("s2s", "s2t")} | {
        "total.generator"
    }
    assert all(torch.equal(value, parts[key]) for key, value in trained.parts.state_dict().items())
    student = values(trained.network.decode_head_s)
    trained.step(*batch(2))
    assert (trained.iteration, trained.steps) == (1, 2)
    teacher = trained.parts.get_submodule("cross_EMA_decoder_s")
    assert all(torch.equal(a, b) for a, b in zip(values(teacher), student, strict=True))


def test_the_students_gradient_is_clipped_as_a_whole() -> None:
    trained = training()
    trained.clip = 1e-6
    trained.step(*batch(1))
    squares = [value.grad.square().sum() for value in trained.network.parameters() if value.grad is not None]
    assert float(torch.stack(squares).sum().sqrt()) <= 1.01e-6


@pytest.mark.parametrize(
    ("rate", "iteration", "expected"),
    [
        (PolynomialRate(), 0, 6e-11),
        (PolynomialRate(), 800, 6e-5 * 0.98),
        (PolynomialRate(), 40_000, 0.0),
        (PolynomialRate(power=0.9, least=1e-5, warm_up=0), 0, 6e-5),
        (PolynomialRate(power=0.9, least=1e-5, warm_up=0), 40_000, 1e-5),
    ],
)
def test_rates_rise_and_fall_as_published(rate: PolynomialRate, iteration: int, expected: float) -> None:
    assert rate(iteration, 6e-5) == pytest.approx(expected)


def test_rules_go_by_published_names_inside_a_part_and_the_longest_wins() -> None:
    words = StDasegnetArchitecture.model_validate(TINY)
    network, parts = StDasegnet(words), AdaptationParts(words)
    rules = {
        "custom_keys": {
            "norm": {"decay_mult": 0},
            "norm1": {"lr_mult": 2},
            "backbone": {"lr_mult": 10},
        }
    }
    word = OptimizerWords.model_validate({"lr": 1.0, "weight_decay": 0.5, "paramwise_cfg": rules})
    optimizer = make_optimizers(network, parts, {"backbone_s": word})["backbone_s"]
    keys = {value: key for key, value in network.backbone_s.named_parameters()}
    found = {
        keys[value]: (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for value in group["params"]
    }
    assert found["stages.0.patch_embeddings.layer_norm.weight"] == (1.0, 0.0)
    assert found["stages.0.blocks.0.layernorm_before.weight"] == (2.0, 0.5)
    assert found["stages.0.layer_norm.weight"] == (1.0, 0.5)
