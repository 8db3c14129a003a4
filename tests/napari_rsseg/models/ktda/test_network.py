from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_rsseg.errors import ModelError
from napari_rsseg.models.ktda import Ktda, KtdaArchitecture

WIDTHS = (8, 8, 16, 16)
TINY: dict[str, Any] = {
    "student": {"depths": (1, 1, 1, 1), "channels": WIDTHS, "drop_path": 0.0},
    "fam": {"in_channels": WIDTHS, "out_channels": 16, "output_size": 5},
    "neck": {"in_channels": (16,) * 4, "out_channels": 16, "scales": (4, 2, 1, 0.5)},
    "fmm": {"in_channels": (16,) * 4, "blocks": 1, "num_heads": 4},
    "decode_head": {"in_channels": (16,) * 4, "channels": 8, "num_classes": 5},
}
AUXILIARY: dict[str, Any] = {"in_channels": 16, "channels": 8, "num_classes": 5, "in_index": 2}


def network(**changes: Any) -> Ktda:
    torch.manual_seed(0)
    return Ktda(KtdaArchitecture.model_validate({**TINY, **changes})).eval()


@torch.no_grad()
def test_each_part_hands_its_levels_to_the_next() -> None:
    features = network().features(torch.randn(2, 3, 64, 96))
    assert [level.shape[1:] for level in features.student] == [
        (8, 16, 24), (8, 8, 12), (16, 4, 6), (16, 2, 3),
    ]  # fmt: skip
    assert [level.shape[1:] for level in features.aligned] == [(16, 5, 5)] * 4
    assert [level.shape[-1] for level in features.neck] == [20, 10, 5, 2]
    assert [level.shape for level in features.modulated] == [level.shape for level in features.neck]


@torch.no_grad()
def test_parts_that_are_left_out_hand_on_what_they_got() -> None:
    features = network(neck=None, fmm=None).features(torch.randn(1, 3, 64, 64))
    for level, (fused, neck, modulated) in enumerate(
        zip(features.fused, features.neck, features.modulated, strict=True)
    ):
        assert fused is neck is modulated is features.aligned[level]


@torch.no_grad()
def test_levels_are_added_into_one_where_the_architecture_says_so() -> None:
    neck = {"in_channels": (16,), "out_channels": 16, "scales": (4, 2, 1, 0.5)}
    features = network(fuse=True, neck=neck).features(torch.randn(1, 3, 64, 64))
    (fused,) = features.fused
    torch.testing.assert_close(fused, torch.stack(features.aligned).sum(dim=0))
    assert len(features.neck) == 4


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (None, []),
        (AUXILIARY, ["auxiliary_head.convs.0.conv.weight"]),
        (
            (AUXILIARY, AUXILIARY),
            ["auxiliary_head.0.convs.0.conv.weight", "auxiliary_head.1.convs.0.conv.weight"],
        ),
    ],
    ids=["none", "one", "several"],
)
@torch.no_grad()
def test_auxiliary_heads_have_the_keys_of_published_files(words: Any, keys: list[str]) -> None:
    model = network(auxiliary_head=words)
    found = [key for key in model.state_dict() if key.startswith("auxiliary") and "convs.0.conv.w" in key]
    assert found == keys
    logits = model.auxiliary_logits(model.features(torch.randn(1, 3, 64, 64)))
    assert [value.shape for value in logits] == [(1, 5, 5, 5)] * len(keys)


@pytest.mark.parametrize("kind", ["uper", "segformer"])
@torch.no_grad()
def test_either_head_gives_logits_at_its_finest_level_and_then_at_the_image(kind: str) -> None:
    model = network(decode_head={**TINY["decode_head"], "kind": kind})
    images = torch.randn(1, 3, 64, 64)
    assert model.head_logits(model.features(images)).shape == (1, 5, 20, 20)
    assert model(images).shape == (1, 5, 64, 64)


def test_a_bottleneck_may_stand_for_the_attention() -> None:
    words = {"kind": "mlp", "in_channels": (16,) * 4, "blocks": 1, "reduction": 8}
    hidden = network(fmm=words).state_dict()["fmm.adapters.0.0.fc1.weight"]
    assert hidden.shape == (2, 16)


def on_timm(name: str, widths: tuple[int, ...]) -> Ktda:
    fam = {"in_channels": widths, "out_channels": 16, "output_size": 5}
    return network(student={"kind": "timm", "name": name, "widths": widths}, fam=fam)


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("resnet18", (64, 128, 256, 512)),
        ("resnet50", (256, 512, 1024, 2048)),
        ("tf_efficientnet_lite0", (24, 40, 112, 320)),
        ("mobilenetv3_large_100", (24, 40, 112, 960)),
        ("regnety_004", (48, 104, 208, 440)),
        ("densenet121", (256, 512, 1024, 1024)),
        ("hrnet_w18_small", (128, 256, 512, 1024)),
    ],
)
@torch.no_grad()
def test_any_cnn_of_timm_may_be_the_student(name: str, widths: tuple[int, ...]) -> None:
    model = on_timm(name, widths)
    levels = model.features(torch.randn(1, 3, 64, 64)).student
    assert [level.shape[1:] for level in levels] == [
        (width, 16 >> level, 16 >> level) for level, width in enumerate(widths)
    ]
    assert model(torch.randn(1, 3, 64, 64)).shape == (1, 5, 64, 64)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("resnet18", "are .64, 128, 256, 512. wide"), ("resnet1800", "timm makes no backbone 'resnet1800'")],
)
def test_a_student_of_timm_that_is_none_is_refused(name: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        on_timm(name, (1, 2, 3, 4))
