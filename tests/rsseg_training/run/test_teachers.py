from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.errors import CheckpointError
from rsseg_training.run.teachers import find_teacher_file, read_teacher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty RSSEG_WEIGHTS, beside an empty cache."""
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv("RSSEG_WEIGHTS", str(folder))
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "dinov2_vits14_pretrain.pth",
        "dinov2_vitg14_reg4_pretrain.pth",
        "dinov2_vitb14_reg.pth",
        "mobile_sam.pt",
        "vit_small_patch14_dinov2.lvd142m.safetensors",
        "vit_tiny_patch16_224_fp16.safetensors",
    ],
)
def test_a_teacher_is_known_by_its_file_name(weights: Path, name: str) -> None:
    (weights / name).touch()
    assert find_teacher_file() == weights / name


@pytest.mark.parametrize(
    "name", ["tf_efficientnet_lite0_in1k_fp16.safetensors", "mobile_sam.txt", "vit_of_mine.safetensors"]
)
def test_another_file_is_no_teacher(weights: Path, name: str) -> None:
    (weights / name).touch()
    assert find_teacher_file() is None


def test_no_folder_no_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_WEIGHTS", str(tmp_path / "nowhere"))
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "nowhere"))
    assert find_teacher_file() is None


def test_dinov2_goes_before_mobilesam_and_that_before_the_others(weights: Path) -> None:
    preferred = ("dinov2_vits14_pretrain.pth", "mobile_sam.pt", "vit_base_patch16_224.safetensors")
    for name in preferred:
        (weights / name).touch()
    for name in preferred:
        assert find_teacher_file() == weights / name
        (weights / name).unlink()


def test_what_the_user_named_goes_before_the_cache(weights: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cache" / "weights" / "dinov2_vits14_pretrain.pth"
    cached.parent.mkdir(parents=True)
    cached.touch()
    assert find_teacher_file() == cached
    (weights / "mobile_sam.pt").touch()
    assert find_teacher_file() == weights / "mobile_sam.pt"


def test_mobilesam_teaches_two_stages_and_the_embedding(mobile_sam_file: Path) -> None:
    teacher = read_teacher(mobile_sam_file)
    assert not teacher.training
    assert not [name for name, value in teacher.named_parameters() if value.requires_grad]
    with torch.no_grad():
        features = teacher(torch.zeros(1, 3, 64, 64))
    assert [tuple(level.shape) for level in features] == [
        (1, 128, 128, 128), (1, 160, 64, 64), (1, 256, 64, 64),
    ]  # fmt: skip
    assert teacher.widths == (128, 160, 256)
    assert all(torch.isfinite(level).all() for level in features)


def test_mobilesam_sees_images_as_sam_normalises_them(mobile_sam_file: Path) -> None:
    teacher = read_teacher(mobile_sam_file)
    assert [255 * value for value in teacher.mean] == pytest.approx((123.675, 116.28, 103.53))
    assert [255 * value for value in teacher.std] == pytest.approx((58.395, 57.12, 57.375))


def test_an_official_dinov2_file_with_registers_teaches(
    weights: Path, filled: Callable[[torch.nn.Module], dict[str, torch.Tensor]]
) -> None:
    from napari_rsseg.models.layers.timm_parts import create_model

    vit = create_model("vit_small_patch14_reg4_dinov2", pretrained=False, num_classes=0)
    tensors = filled(vit)
    width = tensors["cls_token"].shape[-1]
    # the authors' name of the registers, and a position for the class token
    tensors["register_tokens"] = tensors.pop("reg_token")
    tensors["pos_embed"] = torch.cat((torch.ones(1, 1, width), tensors["pos_embed"]), dim=1)
    tensors["mask_token"] = torch.zeros(1, width)
    path = weights / "dinov2_vits14_reg4_pretrain.pth"
    torch.save(tensors, path)
    teacher = read_teacher(path)
    with torch.no_grad():
        features = teacher(torch.zeros(1, 3, 64, 64))
    assert [tuple(level.shape) for level in features] == [(1, width, 5, 5)] * 3


def test_a_file_that_holds_something_else_is_refused_by_name(weights: Path) -> None:
    path = weights / "mobile_sam.pt"
    torch.save({"image_encoder.neck.0.weight": torch.zeros(3)}, path)
    with pytest.raises(
        CheckpointError, match=r"do not fit the network: .*image_encoder\.patch_embed\.seq\.0"
    ):
        read_teacher(path)


def test_a_file_that_would_run_code_is_not_run(weights: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return eval, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

    path = weights / "mobile_sam.pt"
    torch.save({"image_encoder.neck.0.weight": Evil()}, path)
    with pytest.raises(CheckpointError):
        read_teacher(path)
    assert not (tmp_path / "ran").exists()
