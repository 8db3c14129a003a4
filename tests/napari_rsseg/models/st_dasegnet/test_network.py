from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError

from napari_rsseg.errors import ModelError
from napari_rsseg.models.st_dasegnet import (
    AdaptationParts,
    StDasegnet,
    StDasegnetArchitecture,
    evaluate_images,
)

MIT: dict[str, Any] = {
    "backbone": {"kind": "mit", "embed_dims": 4, "depths": (1, 1, 1, 1)},
    "neck": {"channels": (4, 8, 20, 32)},
    "head": {"kind": "segformer", "in_channels": (4, 8, 20, 40), "channels": 8, "num_classes": 3},
    "discriminator": {"in_channels": 32, "base_channels": 4, "num_conv": 1},
}
RESNET: dict[str, Any] = {
    "backbone": {"kind": "resnet_v1c", "base_channels": 4, "stem_channels": 4},
    "neck": {"channels": (16, 32, 64, 128)},
    "head": {
        "kind": "sep_aspp", "in_channels": 144, "c1_in_channels": 16, "c1_channels": 4, "channels": 8,
        "num_classes": 3,
    },
    "discriminator": {"in_channels": 128, "base_channels": 4, "num_conv": 1},
}  # fmt: skip
LIGHT: dict[str, Any] = {
    "backbone": {"kind": "timm", "name": "tf_efficientnet_lite0", "widths": (24, 40, 112, 320)},
    "neck": {"channels": (24, 40, 112, 320)},
    "head": {"kind": "segformer", "in_channels": (24, 40, 112, 360), "channels": 8, "num_classes": 3},
    "discriminator": {"in_channels": 320, "base_channels": 4, "num_conv": 1},
}
BOTH = pytest.mark.parametrize("words", [MIT, RESNET, LIGHT], ids=["mit", "resnet", "light"])


def built(words: dict[str, Any], **changes: Any) -> StDasegnet:
    torch.manual_seed(0)
    return StDasegnet(StDasegnetArchitecture.model_validate({**words, **changes})).eval()


@BOTH
@torch.no_grad()
def test_the_answer_is_the_mean_of_both_branches_before_the_resize(words: dict[str, Any]) -> None:
    network = built(words)
    image = torch.randn(2, 3, 64, 96)
    seen = network.branches(image)
    assert seen.logits_s.shape == (2, 3, 16, 24)
    mean = (seen.logits_s + seen.logits_t) / 2
    resized = torch.nn.functional.interpolate(mean, size=(64, 96), mode="bilinear", align_corners=False)
    torch.testing.assert_close(network(image), resized)


@BOTH
@torch.no_grad()
def test_an_image_does_not_depend_on_its_batch(words: dict[str, Any]) -> None:
    network = built(words)
    images = torch.randn(3, 3, 64, 64)
    torch.testing.assert_close(network(images)[1:2], network(images[1:2]), rtol=1e-4, atol=1e-4)


def test_a_cnn_of_timm_keeps_the_statistics_of_its_pretraining() -> None:
    network = built(LIGHT).train()
    before = {key: value.clone() for key, value in network.backbone_s.named_buffers()}
    network(torch.randn(2, 3, 64, 64))
    assert all(torch.equal(value, before[key]) for key, value in network.backbone_s.named_buffers())
    assert network.decode_head_s.training


def test_a_cnn_of_other_widths_than_said_is_refused() -> None:
    backbone = {**LIGHT["backbone"], "name": "mobilenetv2_100"}
    with pytest.raises(ModelError, match=r"levels of mobilenetv2_100 are \(24, 32, 96, 320\) wide"):
        built({**LIGHT, "backbone": backbone})


@torch.no_grad()
def test_images_of_any_size_are_taken() -> None:
    assert built(MIT)(torch.zeros(1, 3, 71, 83)).shape == (1, 3, 71, 83)


@pytest.mark.parametrize(
    ("kind", "depths", "embed_dims", "parameters"),
    [
        ("b0", (2, 2, 2, 2), 32, 3_319_392),
        ("b1", (2, 2, 2, 2), 64, 13_151_424),
        ("b2", (3, 4, 6, 3), 64, 24_196_288),
        ("b3", (3, 4, 18, 3), 64, 44_072_128),
        ("b4", (3, 8, 27, 3), 64, 60_842_688),
        ("b5", (3, 6, 40, 3), 64, 81_443_008),
    ],
)
def test_every_mix_transformer_can_be_the_backbone(
    kind: str, depths: tuple[int, ...], embed_dims: int, parameters: int
) -> None:
    widths = tuple(embed_dims * heads for heads in (1, 2, 5, 8))
    words = {
        "backbone": {"kind": "mit", "embed_dims": embed_dims, "depths": depths},
        "neck": {"channels": widths},
        "head": {"kind": "segformer", "in_channels": (*widths[:3], widths[3] + embed_dims), "num_classes": 6},
    }
    with torch.device("meta"):
        network = StDasegnet(StDasegnetArchitecture.model_validate(words))
    assert sum(value.numel() for value in network.backbone_s.parameters()) == parameters, kind


@torch.no_grad()
def test_a_mirrored_image_gives_the_mirrored_answer_back() -> None:
    network = built(MIT, test={"mode": "slide", "crop_size": (64, 64), "stride": (32, 32)})
    image = torch.randn(1, 3, 64, 96)
    plain = evaluate_images(network, image, (50, 70))
    assert plain.shape == (1, 3, 50, 70)
    torch.testing.assert_close(plain.sum(dim=1), torch.ones(1, 50, 70))
    torch.testing.assert_close(evaluate_images(network, image, (50, 70), mirrored=True), plain.flip(-1))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"neck": {"channels": (4, 8, 20, 36)}}, "not the backbone's widths"),
        ({"head": MIT["head"] | {"in_channels": (4, 8, 20, 32)}}, "not the neck's widths"),
        ({"head": MIT["head"] | {"class_weight_s": (1.0, 2.0)}}, "class_weight_s has 2 entries for 3"),
        ({"ema": {"class_weight": (1.0,) * 4}}, "ema.class_weight has 4 entries for 3"),
    ],
    ids=["neck", "head", "weights of classes", "weights of pseudo classes"],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        StDasegnetArchitecture.model_validate({**MIT, **changes})


@pytest.mark.parametrize("kind", ["decoder_only_t", "single_t"])
def test_teachers_are_of_the_shape_of_their_students_and_never_train(kind: str) -> None:
    network = built(MIT, ema={"type": kind})
    pairs = AdaptationParts(network.architecture).teachers(network)
    assert len(pairs) == 2
    for teacher, student in pairs:
        assert not any(value.requires_grad for value in teacher.parameters())
        shapes = {key: value.shape for key, value in student.state_dict().items()}
        assert {key: value.shape for key, value in teacher.state_dict().items()} == shapes
