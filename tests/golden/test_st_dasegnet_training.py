"""ST-DASegNet's training against the published program.

Covered modes: ``pseudo``, ``loss``, ``step``, ``ema``, and the optimisers of the manifests.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.checkpoints import from_st_dasegnet, st_dasegnet_key, to_st_dasegnet
from napari_rsseg.models.st_dasegnet import (
    AdaptationParts,
    EmaWords,
    StDasegnet,
    StDasegnetArchitecture,
)
from rsseg_training.objectives.averaged_teachers import teacher_share, update_teachers
from rsseg_training.objectives.pseudo_labels import pseudo_labels
from rsseg_training.objectives.st_dasegnet import weighted_cross_entropy
from rsseg_training.objectives.st_dasegnet_optimizers import (
    DEEPLAB_OPTIMIZERS,
    SEGFORMER_OPTIMIZERS,
    OptimizerWords,
    make_optimizers,
)
from rsseg_training.objectives.st_dasegnet_training import Iteration, StDasegnetTraining

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.golden.conftest import GoldenCase

FAMILY = "std"
MODULES = tuple(SEGFORMER_OPTIMIZERS)


def _published_table(weights: list[float] | None, classes: int) -> tuple[float, ...] | None:
    """The published look-up: class after class, every entry that equals the index gets the weight."""
    if weights is None:
        return None
    table = [float(index) for index in range(classes)]
    for index, weight in enumerate(weights):
        table = [weight if entry == index else entry for entry in table]
    return tuple(table)


def _built(case: GoldenCase) -> tuple[StDasegnet, AdaptationParts]:
    words = case.words["model"]
    listed = words["ema"].get("class_weight")
    words["ema"]["class_weight"] = _published_table(listed, words["head"]["num_classes"])
    architecture = StDasegnetArchitecture.model_validate(words)
    dtype = getattr(torch, case.words.get("compute_dtype", "float32"))
    network, parts = StDasegnet(architecture).to(dtype), AdaptationParts(architecture).to(dtype)
    for module in (network, parts):
        published = to_st_dasegnet(module.state_dict())
        module.load_state_dict(from_st_dasegnet(module, published | case.draw(published)))
    return network, parts


def _inputs(case: GoldenCase) -> dict[str, torch.Tensor]:
    dtype = getattr(torch, case.words.get("compute_dtype", "float32"))
    drawn = {
        name: value.to(dtype) if value.is_floating_point() else value for name, value in case.inputs().items()
    }
    return {
        name: value + drawn[f"{name}.shift"] if f"{name}.shift" in drawn else value
        for name, value in drawn.items()
        if not name.endswith(".shift")
    }


def _tensors(*modules: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Every tensor of the modules as it is now, by its published key."""
    return {
        key: value.detach().clone()
        for module in modules
        for key, value in to_st_dasegnet(module.state_dict()).items()
    }


def _gradients(*modules: torch.nn.Module) -> dict[str, torch.Tensor]:
    outputs: dict[str, torch.Tensor] = {}
    for module in modules:
        kept = {key: value.grad for key, value in module.named_parameters() if value.grad is not None}
        outputs |= {f"grad.{key}": value for key, value in to_st_dasegnet(kept).items()}
    for name in MODULES:
        squares = [
            value.double().square().sum() for key, value in outputs.items() if key.startswith(f"grad.{name}.")
        ]
        outputs[f"grad_norm.{name}"] = torch.stack(squares).sum().sqrt().reshape(1)
    return outputs


def _told(iteration: Iteration) -> dict[str, torch.Tensor]:
    outputs = {name: value.reshape(1) for name, value in iteration.terms.items()}
    for prefix, seen in (("s2", iteration.source), ("t2", iteration.target), ("ema.t2", iteration.teacher)):
        for branch in "st":
            for name, attribute in (("feature", "features"), ("neck", "neck")):
                outputs[f"{name}.{prefix}{branch}.3"] = getattr(seen, f"{attribute}_{branch}")[-1]
            outputs[f"logits.{prefix}{branch}"] = getattr(seen, f"logits_{branch}")
    outputs["pseudo_label"] = iteration.pseudo.labels[:, None]
    return outputs | {"pseudo_weight": iteration.pseudo.weights}


@torch.no_grad()
def _scores(parts: AdaptationParts, iteration: Iteration) -> dict[str, torch.Tensor]:
    """Scores of discriminators that did not move: the same for generator and discriminators."""
    outputs: dict[str, torch.Tensor] = {}
    for domain, seen in (("s", iteration.source), ("t", iteration.target)):
        for branch, features in (("s", seen.features_s), ("t", seen.features_t)):
            score = parts.get_submodule(f"discriminator_{branch}")(features[-1])
            outputs |= {f"score.{asked}.{domain}2{branch}": score for asked in "gd"}
    return outputs


def test_pixels_are_labelled_and_weighed_as_published(pseudo_case: GoldenCase) -> None:
    words, inputs = pseudo_case.words["model"], pseudo_case.inputs()
    table = _published_table(words["ema"]["class_weight"], inputs["logits"].shape[1])
    ema = EmaWords.model_validate({**words["ema"], "class_weight": table})
    pseudo = pseudo_labels(
        inputs["logits"],
        threshold=ema.threshold,
        rare_threshold=ema.rare_threshold,
        class_weights=torch.tensor(table) if table else None,
    )
    student = inputs["student_logits"].requires_grad_()
    loss = weighted_cross_entropy(
        student, pseudo.labels, tuple(words["head"]["class_weight_s"]), pseudo.weights
    )
    loss.backward()
    assert student.grad is not None
    pseudo_case.compare(
        {
            "pseudo_label": pseudo.labels[:, None],
            "pseudo_weight": pseudo.weights,
            "confident_share": pseudo.confident_share.reshape(1),
            "loss": loss.reshape(1),
            "grad.student_logits": student.grad,
        }
    )


def test_every_term_of_an_iteration_is_the_published_one(loss_case: GoldenCase) -> None:
    network, parts = _built(loss_case)
    words = {name: OptimizerWords(type="SGD", lr=0) for name in MODULES}
    training = StDasegnetTraining(network, parts, make_optimizers(network, parts, words), faithful=True)
    inputs = _inputs(loss_case)
    iteration = training.step(inputs["img"], inputs["gt"].squeeze(1), inputs["B_img"])
    outputs = _told(iteration) | _gradients(network, parts) | _scores(parts, iteration)
    loss_case.compare(outputs | {f"final.{key}": value for key, value in _tensors(network, parts).items()})


def test_iterations_with_their_optimisers_are_the_published_ones(step_case: GoldenCase) -> None:
    network, parts = _built(step_case)
    words = {name: OptimizerWords.model_validate(word) for name, word in step_case.words["optimizer"].items()}
    training = StDasegnetTraining(network, parts, make_optimizers(network, parts, words), faithful=True)
    inputs = _inputs(step_case)
    steps = step_case.words.get("steps", 1)
    outputs: dict[str, torch.Tensor] = {}
    for step in range(steps):
        suffix, prefix = (str(step), f"it{step}.") if steps > 1 else ("", "")
        before = _tensors(network, parts)
        iteration = training.step(
            inputs[f"img{suffix}"], inputs[f"gt{suffix}"].squeeze(1), inputs[f"B_img{suffix}"]
        )
        told = _told(iteration) | _gradients(network, parts)
        for key, value in _tensors(network, parts).items():
            told[f"delta.{key}"] = value - before[key]
            told[f"delta_norm.{key}"] = told[f"delta.{key}"].double().norm().reshape(1)
        outputs |= {f"{prefix}{name}": value for name, value in told.items()}
    step_case.compare(outputs | {f"final.{key}": value for key, value in _tensors(network, parts).items()})


def test_teachers_move_as_published(ema_case: GoldenCase) -> None:
    words: Mapping[str, Any] = ema_case.words
    outputs: dict[str, torch.Tensor] = {}
    for number in words["iterations"]:
        network, parts = _built(ema_case)
        share = teacher_share(number, network.architecture.ema.decay)
        update_teachers(parts.teachers(network), share, buffers=False)
        moved = _tensors(parts)
        outputs |= {f"{number}.{key}": moved[key] for key in words["selected"]}
    ema_case.compare(outputs)


def test_the_published_optimisers_treat_every_tensor_as_published(manifest_case: GoldenCase) -> None:
    deeplab = "deeplabv3" in manifest_case.words["configuration"]
    words: dict[str, Any] = {"head": {"kind": "segformer", "num_classes": 6}}
    if deeplab:
        words = {
            "backbone": {"kind": "resnet_v1c"},
            "neck": {"channels": (256, 512, 1024, 2048)},
            "head": {"kind": "sep_aspp", "num_classes": 6},
            "discriminator": {"in_channels": 2048, "num_conv": 3},
        }
    architecture = StDasegnetArchitecture.model_validate(words)
    with torch.device("meta"):
        network, parts = StDasegnet(architecture), AdaptationParts(architecture)
    keys = {
        value: st_dasegnet_key(key) for module in (network, parts) for key, value in module.named_parameters()
    }
    found = {}
    official = DEEPLAB_OPTIMIZERS if deeplab else SEGFORMER_OPTIMIZERS
    for name, optimizer in make_optimizers(network, parts, official).items():
        treated = {
            keys[value]: f"lr={group['lr']:g} weight_decay={group['weight_decay']:g}"
            for group in optimizer.param_groups
            for value in group["params"]
        }
        groups = dict(Counter(treated.values()))
        found[name] = {"type": type(optimizer).__name__, "groups": groups}
    assert found == manifest_case.words["optimizers"]
