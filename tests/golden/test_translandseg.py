"""TransLandSeg against the published program.

Covered modes: ``forward``, ``loss``, ``step``, ``checkpoint``, and the manifests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from napari_rsseg.checkpoints import from_published, read_tensors
from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.translandseg import TransLandSeg, TransLandSegArchitecture, high_pass
from rsseg_training.objectives.balanced_bce import balanced_bce
from rsseg_training.objectives.soft_iou import soft_iou
from rsseg_training.objectives.translandseg import batch_dice, translandseg_loss

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "tls"


def _built(case: GoldenCase) -> TransLandSeg:
    known = TransLandSegArchitecture.model_fields
    words = {key: value for key, value in case.words["model"].items() if key in known}
    return TransLandSeg(TransLandSegArchitecture.model_validate(words))


def _filled(case: GoldenCase) -> TransLandSeg:
    network = _built(case)
    case.fill(network)
    return network


@torch.no_grad()
def test_every_intermediate_is_the_published_one(forward_case: GoldenCase) -> None:
    network = _filled(forward_case).eval()
    image = forward_case.inputs()["image"]
    encoder, generator = network.image_encoder, network.image_encoder.prompt_generator
    outputs: dict[str, torch.Tensor] = {}
    for index, block in enumerate(encoder.blocks):
        block.register_forward_hook(
            lambda module, args, output, name=f"block_{index}": outputs.update({name: output})
        )
    outputs["embedding"] = encoder(image)
    outputs["low_res"], outputs["iou"] = network.decode(outputs["embedding"])
    side = network.architecture.inp_size
    outputs["logits"] = resize(outputs["low_res"], (side, side))
    if encoder.prompted:
        patches = encoder.patch_embed(image)
        features = generator.features(image, patches)
        last = network.architecture.depth - 1
        outputs["highpass"] = high_pass(image, network.architecture.freq_nums)
        outputs["handcrafted"] = generator.handcrafted(image).permute(0, 3, 1, 2)
        outputs["embedding_feature"] = generator.embedding(patches)
        outputs["prompt_first"] = generator.prompt(0, features).flatten(1, 2)
        outputs["prompt_last"] = generator.prompt(last, features).flatten(1, 2)
    forward_case.compare(outputs)


def test_every_loss_and_gradient_is_the_published_one(loss_case: GoldenCase) -> None:
    inputs = loss_case.inputs()
    logits, target = inputs["logits"].requires_grad_(), inputs["target"].float()
    bce = functional.binary_cross_entropy_with_logits(logits, target)
    iou, trained = soft_iou(logits, target), translandseg_loss(logits, target)
    nothing = torch.zeros_like(target)
    (iou_gradient,) = torch.autograd.grad(bce + iou, logits, retain_graph=True)
    (gradient,) = torch.autograd.grad(trained, logits)
    loss_case.compare(
        {
            "bce": bce,
            "iou_loss": iou,
            "bce_plus_iou_gradient": iou_gradient,
            "calc_loss": trained,
            "calc_loss_gradient": gradient,
            "dice": batch_dice(logits, target),
            "dice_of_empty": batch_dice(torch.full_like(target, -torch.inf), nothing),
            "balanced_bce": balanced_bce(logits, target),
        }
    )


def test_one_optimiser_step_is_the_published_one(step_case: GoldenCase) -> None:
    network = _filled(step_case).train()
    words, inputs = step_case.words["model"], step_case.inputs()
    target = inputs["target"].float()
    before = {key: value.detach().clone() for key, value in network.named_parameters()}
    settings = {key: words["optimizer"][key] for key in ("lr", "betas", "eps", "weight_decay")}
    optimizer = torch.optim.AdamW(network.parameters(), **settings)

    logits = network.mask_logits(inputs["image"])
    loss = translandseg_loss(logits, target)
    loss.backward()
    named = dict(network.named_parameters())
    gradients = {key: value.grad for key, value in named.items() if value.grad is not None}
    optimizer.step()
    outputs = {
        "loss": loss,
        "bce": functional.binary_cross_entropy_with_logits(logits, target),
        "dice": batch_dice(logits, target),
        "grad_norms": torch.stack([gradients[key].norm() for key in words["grad_norm_keys"]]),
    }
    outputs |= {f"grad:{key}": gradient for key, gradient in gradients.items()}
    outputs |= {f"delta:{key}": value - before[key] for key, value in named.items()}
    step_case.compare(outputs)


@torch.no_grad()
def test_a_published_file_gives_the_published_numbers(checkpoint_case: GoldenCase) -> None:
    inputs = checkpoint_case.inputs()
    filled = _filled(checkpoint_case).train()
    before = translandseg_loss(filled.mask_logits(inputs["image"]), inputs["target"].float())
    network = _built(checkpoint_case)
    tensors = read_tensors(checkpoint_case.path.parent / checkpoint_case.words["model"]["checkpoint"])
    network.load_state_dict(from_published(network, tensors))
    after = network.eval().mask_logits(inputs["image"])
    checkpoint_case.compare({"loss_before": before, "logits_after_load": after})


def test_the_full_size_network_has_the_published_tensors(manifest_case: GoldenCase) -> None:
    with torch.device("meta"):
        network = _built(manifest_case)
    trained = {key: value.requires_grad for key, value in network.named_parameters()}
    found = {key: (list(value.shape), trained.get(key)) for key, value in network.state_dict().items()}
    expected = {
        key: (entry["shape"], entry["trainable"]) for key, entry in manifest_case.words["keys"].items()
    }
    assert found == expected
