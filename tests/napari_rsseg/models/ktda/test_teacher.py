from __future__ import annotations

from typing import Any

import pytest
import torch
from timm import create_model
from timm.layers.pos_embed import resample_abs_pos_embed

from napari_rsseg.models.ktda import Teacher, TeacherWords, resize_positions

WORDS = TeacherWords(embed_dims=16, depth=2, num_heads=2, feedforward=32, img_size=56, out_indices=(0, 1))


def test_a_teacher_never_trains_even_inside_a_module_that_does() -> None:
    teacher = Teacher(WORDS)
    torch.nn.Sequential(teacher).train()
    assert not teacher.training
    assert not teacher.vit.training
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    assert not teacher(torch.zeros(1, 3, 56, 56, requires_grad=True))[0].requires_grad


def test_images_are_padded_at_the_bottom_and_right_to_whole_patches() -> None:
    teacher = Teacher(WORDS)
    image = torch.randn(1, 3, 50, 60)
    padded = torch.zeros(1, 3, 56, 70)
    padded[:, :, :50, :60] = image
    for given, whole in zip(teacher(image), teacher(padded), strict=True):
        assert given.shape == (1, 16, 4, 5)
        assert torch.equal(given, whole)


@pytest.mark.parametrize(("source", "target"), [((7, 7), (5, 5)), ((4, 4), (6, 9))], ids=["down", "up"])
def test_a_table_is_resized_without_antialiasing(source: tuple[int, int], target: tuple[int, int]) -> None:
    table = torch.randn(1, 1 + source[0] * source[1], 8)
    theirs = resample_abs_pos_embed(table, list(target), list(source), antialias=False)
    torch.testing.assert_close(resize_positions(table, source, target), theirs)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vit_tiny_patch16_224", {"embed_dims": 192, "num_heads": 3, "patch_size": 16, "layer_scale": 0.0}),
        ("deit_small_patch16_224", {"embed_dims": 384, "num_heads": 6, "patch_size": 16, "layer_scale": 0.0}),
        ("vit_small_patch14_dinov2", {"embed_dims": 384, "num_heads": 6, "img_size": 518}),
        ("vit_base_patch14_dinov2", {"img_size": 518}),
        ("vit_large_patch14_dinov2", {"embed_dims": 1024, "num_heads": 16, "depth": 24, "img_size": 518}),
    ],
)
def test_any_plain_vision_transformer_of_timm_may_be_the_teacher(name: str, words: dict[str, Any]) -> None:
    sizes = {"img_size": 224, **words}
    sizes["feedforward"] = 4 * sizes.get("embed_dims", 768)
    with torch.device("meta"):
        ours = Teacher(TeacherWords.model_validate(sizes)).vit.state_dict()
        theirs = create_model(name, pretrained=False, num_classes=0).state_dict()
    shapes = {key: value.shape for key, value in theirs.items()}
    assert {key: value.shape for key, value in ours.items()} == shapes
