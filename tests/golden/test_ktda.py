"""KTDA against the published program.

Covered modes: ``forward``, ``loss``, ``step``, ``inference``, ``posembed``, ``checkpoint``, and the
manifests; ``metrics`` is in ``test_ktda_metrics``, ``preprocess`` and ``schedule`` in ``test_ktda_data``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_rsseg.checkpoints import from_published, ktda_decays, ktda_key, ktda_teacher_key, read_tensors
from napari_rsseg.models.ktda import Ktda, KtdaArchitecture, Teacher, evaluate_images, resize_positions
from rsseg_training.objectives.ktda import ktda_losses

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "ktda"


def _built(case: GoldenCase) -> tuple[Ktda, Teacher]:
    architecture = KtdaArchitecture.model_validate(case.words["model"])
    return Ktda(architecture), Teacher(architecture.teacher)


def _filled(case: GoldenCase) -> tuple[Ktda, Teacher]:
    network, teacher = _built(case)
    case.fill(network, ktda_key)
    case.fill(teacher, ktda_teacher_key)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout2d):
            module.p = 0.0  # the cases are made without dropout
        elif hasattr(module, "drop_prob"):
            module.drop_prob = 0.0  # type: ignore[assignment]  # timm's DropPath; nor stochastic depth
    return network, teacher


@torch.no_grad()
def _outputs(network: Ktda, teacher: Teacher, image: torch.Tensor) -> dict[str, torch.Tensor]:
    features = network.features(image)
    lists = {
        "student_feat": features.student,
        "teacher_feat": teacher(image),
        "fam": features.aligned,
        "neck": features.neck,
        "fmm": features.modulated,
    }
    outputs = {
        f"{name}_{level}": value for name, levels in lists.items() for level, value in enumerate(levels)
    }
    several = isinstance(network.architecture.auxiliary_head, tuple)
    for index, logits in enumerate(network.auxiliary_logits(features)):
        outputs[f"aux_logits_{index}" if several else "aux_logits"] = logits
    return outputs | {"logits": network.head_logits(features), "logits_full": network(image)}


def test_every_intermediate_is_the_published_one(forward_case: GoldenCase) -> None:
    network, teacher = _filled(forward_case)
    forward_case.compare(_outputs(network.eval(), teacher, forward_case.inputs()["image"]))


@torch.no_grad()
def test_every_loss_term_is_the_published_one(loss_case: GoldenCase) -> None:
    network, teacher = _filled(loss_case)
    inputs = loss_case.inputs()
    loss_case.compare(ktda_losses(network.train(), teacher, inputs["image"], inputs["label"]))


def test_a_published_file_gives_the_published_numbers(checkpoint_case: GoldenCase) -> None:
    network, teacher = _built(checkpoint_case)
    tensors = read_tensors(checkpoint_case.path.parent / checkpoint_case.words["options"]["file"])
    network.load_state_dict(from_published(network, tensors, ktda_key))
    teacher.load_state_dict(from_published(teacher, tensors, ktda_teacher_key))
    checkpoint_case.compare(_outputs(network.eval(), teacher, checkpoint_case.inputs()["image"]))


def test_images_are_evaluated_as_the_authors_do(inference_case: GoldenCase) -> None:
    network, _ = _filled(inference_case)
    size = inference_case.words.get("options", {}).get("ori_shape")
    logits = evaluate_images(network.eval(), inference_case.inputs()["image"], size and tuple(size))
    inference_case.compare({"seg_logits": logits, "pred": logits.argmax(dim=1, keepdim=True)})


def test_a_position_table_is_resized_as_published(posembed_case: GoldenCase) -> None:
    options = posembed_case.words["options"]
    table = posembed_case.inputs()["pos_embed"]
    resized = resize_positions(table, tuple(options["source"]), tuple(options["target"]))
    posembed_case.compare({"pos_embed": resized})


def test_one_optimiser_step_is_the_published_one(step_case: GoldenCase) -> None:
    network, teacher = _filled(step_case)
    inputs = step_case.inputs()
    named = {ktda_key(key): value for key, value in network.named_parameters() if value.requires_grad}
    before = {key: value.detach().clone() for key, value in named.items()}
    groups = [
        {"params": [value], "weight_decay": 0.01 if ktda_decays(key) else 0.0} for key, value in named.items()
    ]
    optimizer = torch.optim.AdamW(groups, lr=step_case.words["options"]["lr"])

    total = ktda_losses(network.train(), teacher, inputs["image"], inputs["label"])["total"]
    total.backward()
    outputs = {"total_before": total}
    outputs |= {f"buffer.{ktda_key(key)}": value.clone() for key, value in network.named_buffers()}
    gradients = {key: value.grad for key, value in named.items() if value.grad is not None}
    outputs |= {f"grad.{key}": gradient for key, gradient in gradients.items()}
    for part in {key.partition(".")[0] for key in gradients}:
        squares = [value.square().sum() for key, value in gradients.items() if key.startswith(f"{part}.")]
        outputs[f"grad_norm.{part}"] = torch.stack(squares).sum().sqrt()
    optimizer.step()
    outputs |= {f"delta.{key}": value - before[key] for key, value in named.items()}
    with torch.no_grad():
        after = ktda_losses(network, teacher, inputs["image"], inputs["label"])
    step_case.compare(outputs | {"total_after": after["total"]})


def test_the_full_size_network_has_the_published_tensors(manifest_case: GoldenCase) -> None:
    with torch.device("meta"):
        network, teacher = _built(manifest_case)
    found = {}
    for module, published in ((network, ktda_key), (teacher, ktda_teacher_key)):
        trained = {key for key, value in module.named_parameters() if value.requires_grad}
        for key, value in module.state_dict().items():
            found[published(key)] = (list(value.shape), key in trained)
    entries = manifest_case.words["keys"]
    expected = {entry["key"]: (entry["shape"], entry.get("trainable", False)) for entry in entries}
    assert found == expected
    decaying = {entry["key"]: entry["weight_decay"] > 0 for entry in entries if entry.get("trainable")}
    assert {key: ktda_decays(key) for key in decaying} == decaying
