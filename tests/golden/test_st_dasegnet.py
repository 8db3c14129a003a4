"""ST-DASegNet against the published program.

Covered modes: ``forward``, ``neck``, ``discriminator``, ``inference``, ``checkpoint``, and the manifests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from napari_rsseg.checkpoints import from_st_dasegnet, read_tensors, to_st_dasegnet
from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.st_dasegnet import (
    AdaptationParts,
    Discriminator,
    DiscriminatorWords,
    DisentanglingNeck,
    NeckWords,
    StDasegnet,
    StDasegnetArchitecture,
    evaluate_images,
    neck_unit,
    spatial_softmax,
)

if TYPE_CHECKING:
    from tests.golden.conftest import GoldenCase

FAMILY = "std"


def _architecture(case: GoldenCase) -> StDasegnetArchitecture:
    words: dict[str, Any] = case.words["model"]
    # published lists of weights need not be as long as the classes are many; only training looks at them
    for part in ("head", "ema"):
        kept = {name: value for name, value in words.get(part, {}).items() if "class_weight" not in name}
        words[part] = kept
    return StDasegnetArchitecture.model_validate(words)


def _filled(case: GoldenCase) -> StDasegnet:
    network = StDasegnet(_architecture(case))
    published = to_st_dasegnet(network.state_dict())
    network.load_state_dict(from_st_dasegnet(network, published | case.draw(published)))
    return network


@torch.no_grad()
def _outputs(network: StDasegnet, image: torch.Tensor) -> dict[str, torch.Tensor]:
    seen = network.branches(image)
    outputs = {"logits_s": seen.logits_s, "logits_t": seen.logits_t, "logits": network(image)}
    for branch, features, neck in (("s", seen.features_s, seen.neck_s), ("t", seen.features_t, seen.neck_t)):
        outputs |= {f"backbone_{branch}.{level}": value for level, value in enumerate(features)}
        outputs |= {f"neck_{branch}.{level}": value for level, value in enumerate(neck)}
        outputs[f"distinct_{branch}"], outputs[f"universal_{branch}"] = neck[-1].tensor_split(
            [features[-1].shape[1]], dim=1
        )
    return outputs


def test_every_intermediate_is_the_published_one(forward_case: GoldenCase) -> None:
    forward_case.compare(_outputs(_filled(forward_case).eval(), forward_case.inputs()["img"]))


def test_a_neck_alone_gives_the_published_maps_and_gradients(neck_case: GoldenCase) -> None:
    words = NeckWords.model_validate(neck_case.words["model"]["neck"])
    inputs = {name: value.requires_grad_() for name, value in neck_case.inputs().items()}
    levels = range(len(inputs) // 2)
    source, target = ([inputs[f"x_{branch}{level}"] for level in levels] for branch in "st")
    if words.kind == "ml":
        neck: torch.nn.Module = DisentanglingNeck(words)
        neck_case.fill(neck, "dsk_neck.{}".format)
        pairs = dict(zip("st", neck(source, target), strict=True))
    else:
        neck = neck_unit(words)
        neck_case.fill(neck, "dsk_neck.{}".format)
        pairs = {branch: [part] for branch, part in zip("st", neck(source[0], target[0]), strict=True)}
    loss = torch.stack([part.square().mean() for parts in pairs.values() for part in parts]).sum()
    loss.backward()
    outputs = {f"out_{branch}.{level}": pairs[branch][level] for branch in pairs for level in levels}
    outputs |= {f"grad.{name}": value.grad for name, value in inputs.items() if value.grad is not None}
    for key, parameter in neck.named_parameters():
        assert parameter.grad is not None
        outputs[f"grad_norm.dsk_neck.{key}"] = parameter.grad.norm().reshape(1)
    neck_case.compare(outputs | {"loss": loss.reshape(1)})


@torch.no_grad()
def test_a_discriminator_gives_the_published_scores(discriminator_case: GoldenCase) -> None:
    words = DiscriminatorWords.model_validate(discriminator_case.words["model"]["discriminator"])
    discriminator = Discriminator(words)
    discriminator_case.fill(discriminator, "discriminator_s.{}".format)
    feature = discriminator_case.inputs()["feature"]
    score = discriminator(feature)
    resized = resize(score, tuple(discriminator_case.words["size"]))
    outputs = {"spatial_softmax": spatial_softmax(feature), "score": score}
    for name, wanted in (("loss_real", 1.0), ("loss_fake", 0.0)):
        loss = functional.binary_cross_entropy_with_logits(resized, torch.full_like(resized, wanted))
        outputs[name] = words.loss_weight * loss.reshape(1)
    discriminator_case.compare(outputs)


def test_images_are_evaluated_as_the_authors_do(inference_case: GoldenCase) -> None:
    network = _filled(inference_case).eval()
    words = inference_case.words
    probabilities = evaluate_images(
        network,
        inference_case.inputs()["img"],
        tuple(words["ori_shape"]),
        mirrored=words["flip"] == "horizontal",
    )
    inference_case.compare({"probabilities": probabilities, "labels": probabilities.argmax(dim=1)})


def test_a_published_file_gives_the_published_numbers(checkpoint_case: GoldenCase) -> None:
    architecture = _architecture(checkpoint_case)
    network, parts = StDasegnet(architecture).eval(), AdaptationParts(architecture).eval()
    tensors = read_tensors(checkpoint_case.path.parent / checkpoint_case.words["file"])
    network.load_state_dict(from_st_dasegnet(network, tensors))
    parts.load_state_dict(from_st_dasegnet(parts, tensors))
    image = checkpoint_case.inputs()["img"]
    with torch.no_grad():
        seen = network.branches(image)
        outputs = {
            f"ema.logits_{branch}": parts.get_submodule(f"cross_EMA_decoder_{branch}")(levels)
            for branch, levels in (("s", seen.neck_s), ("t", seen.neck_t))
        }
    outputs["probabilities"] = evaluate_images(network, image)
    checkpoint_case.compare(outputs | _outputs(network, image))


def test_the_full_size_network_has_the_published_tensors(manifest_case: GoldenCase) -> None:
    words: dict[str, Any] = {"head": {"kind": "segformer", "num_classes": 6}}
    if "deeplabv3" in manifest_case.words["configuration"]:
        words["head"]["kind"] = "sep_aspp"
        words["backbone"] = {"kind": "resnet_v1c"}
        words["neck"] = {"channels": (256, 512, 1024, 2048)}
        words["discriminator"] = {"in_channels": 2048, "num_conv": 3}
    architecture = StDasegnetArchitecture.model_validate(words)
    with torch.device("meta"):
        modules = StDasegnet(architecture), AdaptationParts(architecture)
    found = {}
    for module in modules:
        kept = {key: value for key, value in module.named_parameters() if value.requires_grad}
        trained = to_st_dasegnet(kept).keys()
        for key, value in to_st_dasegnet(module.state_dict()).items():
            found[key] = (list(value.shape), key in trained)
    columns = manifest_case.words["columns"]
    entries = [dict(zip(columns, entry, strict=True)) for entry in manifest_case.words["keys"]]
    assert found == {entry["key"]: (entry["shape"], bool(entry["trained"])) for entry in entries}
