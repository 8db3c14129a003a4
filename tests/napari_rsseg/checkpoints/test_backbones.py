from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import timm
import torch
from timm.models.convnext import checkpoint_filter_fn

from napari_rsseg.checkpoints import Checkpoint, take_in
from napari_rsseg.checkpoints.backbones import backbone_network
from napari_rsseg.checkpoints.convnext import timm_convnext
from napari_rsseg.checkpoints.families import empty_network
from napari_rsseg.checkpoints.mapping import ktda_key, ktda_teacher_key
from napari_rsseg.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterable

MIT_OF_OLD_TRANSFORMERS = (
    (r"^stages\.(\d)\.patch_embeddings\.", r"segformer.encoder.patch_embeddings.\1."),
    (r"^stages\.(\d)\.layer_norm\.", r"segformer.encoder.layer_norm.\1."),
    (r"^stages\.(\d)\.blocks\.(\d+)\.", r"segformer.encoder.block.\1.\2."),
    (r"\.layernorm_before\.", ".layer_norm_1."),
    (r"\.layernorm_after\.", ".layer_norm_2."),
    (r"\.attention\.q_proj\.", ".attention.self.query."),
    (r"\.attention\.k_proj\.", ".attention.self.key."),
    (r"\.attention\.v_proj\.", ".attention.self.value."),
    (r"\.attention\.o_proj\.", ".attention.output.dense."),
    (r"\.attention\.sequence_reduction\.sequence_reduction\.", ".attention.self.sr."),
    (r"\.attention\.sequence_reduction\.layer_norm\.", ".attention.self.layer_norm."),
    (r"\.mlp\.fc([12])\.", r".mlp.dense\1."),
)


def renamed(tensors: dict[str, torch.Tensor], rules: Iterable[tuple[str, str]]) -> dict[str, torch.Tensor]:
    result = {}
    for key, value in tensors.items():
        for pattern, replacement in rules:
            key = re.sub(pattern, replacement, key)
        result[key] = value
    return result


def filled(library: str, name: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        key: torch.randn(value.shape)
        for key, value in backbone_network({"library": library, "name": name}).state_dict().items()
    }


def assert_taken(tensors: dict[str, torch.Tensor], name: str, expected: dict[str, torch.Tensor]) -> None:
    taken = take_in(Checkpoint(tensors))
    architecture: dict[str, Any] = taken.recognised.architecture
    assert (taken.recognised.family, architecture["name"], taken.left_out) == ("backbone", name, ())
    assert taken.state.keys() == expected.keys()
    assert all(torch.equal(taken.state[key], expected[key]) for key in expected)


def convnext_of_mmpretrain(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename as KTDA's published student is, which mmpretrain wrote."""
    return {
        ktda_key(f"student.{key}").replace("student.head.norm.", "backbone.norm3."): value
        for key, value in state.items()
    }


def convnext_of_authors(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename as ConvNeXt's authors do, with an axis per dimension of the map where a response is scaled."""
    rules = (
        (r"^backbone\.", ""),
        ("depthwise_conv", "dwconv"),
        ("pointwise_conv", "pwconv"),
        (r"^norm3\.", "norm."),
    )
    theirs = renamed(convnext_of_mmpretrain(state), rules)
    return {key: value[None, None, None] if ".grn." in key else value for key, value in theirs.items()}


def dino_of_mmpretrain(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename as KTDA's published teacher is, which mmpretrain wrote."""
    return {
        ktda_teacher_key(f"vit.{key}").replace("teach_backbone.", "backbone."): value
        for key, value in state.items()
    }


CONVNEXTS = pytest.mark.parametrize("name", ["convnext_atto", "convnextv2_atto"])


@CONVNEXTS
@pytest.mark.parametrize(
    "program", [dict, convnext_of_authors, convnext_of_mmpretrain], ids=["timm", "authors", "mm"]
)
def test_convnext_is_taken_from_each_program_that_writes_it(name: str, program: Any) -> None:
    state = filled("timm", name)
    theirs = program(state)
    if program is not dict:
        theirs["head.weight"] = torch.zeros(10, 320)
    assert_taken(theirs, name, state)


@CONVNEXTS
def test_what_is_taken_of_the_authors_convnext_is_what_timm_takes(name: str) -> None:
    network = timm.create_model(name, pretrained=False)
    state = network.state_dict()
    head = {key: state.pop(key) for key in list(state) if key.startswith("head.fc.")}
    theirs = convnext_of_authors(state)
    theirs |= {key.replace("head.fc.", "head."): value for key, value in head.items()}
    converted = checkpoint_filter_fn(theirs, network)  # type: ignore[no-untyped-call]  # timm's own
    network.load_state_dict(converted)
    ours = timm_convnext(theirs)
    assert ours.keys() == converted.keys() == state.keys() | head.keys()
    assert all(torch.equal(value.flatten(), ours[key].flatten()) for key, value in converted.items())


@pytest.mark.parametrize("name", ["vit_small_patch14_dinov2", "vit_tiny_patch16_224"])
@pytest.mark.parametrize("program", [dict, dino_of_mmpretrain], ids=["torch.hub", "mm"])
def test_a_vision_transformer_is_taken_from_each_program_that_writes_it(name: str, program: Any) -> None:
    state = filled("timm", name)
    theirs = program(state)
    if program is dict:
        theirs |= {"mask_token": torch.zeros(1, 384), "head.weight": torch.zeros(10, 384)}
    assert_taken(theirs, name, state)


def test_registers_are_taken_with_the_position_of_the_class_token_inside_it() -> None:
    state = filled("timm", "vit_small_patch14_reg4_dinov2")
    theirs = {("register_tokens" if key == "reg_token" else key): value for key, value in state.items()}
    first = torch.randn(1, 1, 384)
    theirs["pos_embed"] = torch.cat([first, state["pos_embed"]], dim=1)
    theirs["cls_token"] = state["cls_token"] - first
    taken = take_in(Checkpoint(theirs))
    assert taken.recognised.architecture["name"] == "vit_small_patch14_reg4_dinov2"
    torch.testing.assert_close(taken.state["cls_token"], state["cls_token"])
    torch.testing.assert_close(taken.state["pos_embed"], state["pos_embed"])


def mit_of_authors(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename as SegFormer's authors do: stages from one, keys and values in one projection."""
    packed = {}
    for key, value in state.items():
        if ".k_proj." in key:
            value = torch.cat([value, state[key.replace(".k_proj.", ".v_proj.")]])
        if ".v_proj." not in key:
            stage = int(key.split(".")[1])
            key = re.sub(r"^stages\.\d\.patch_embeddings\.proj", f"patch_embed{stage + 1}.proj", key)
            key = re.sub(r"^stages\.\d\.patch_embeddings\.layer_norm", f"patch_embed{stage + 1}.norm", key)
            key = re.sub(r"^stages\.\d\.blocks", f"block{stage + 1}", key)
            key = re.sub(r"^stages\.\d\.layer_norm", f"norm{stage + 1}", key)
            packed[key] = value
    return renamed(
        packed,
        (
            (r"\.layernorm_before\.", ".norm1."),
            (r"\.layernorm_after\.", ".norm2."),
            (r"\.attention\.q_proj\.", ".attn.q."),
            (r"\.attention\.k_proj\.", ".attn.kv."),
            (r"\.attention\.o_proj\.", ".attn.proj."),
            (r"\.attention\.sequence_reduction\.sequence_reduction\.", ".attn.sr."),
            (r"\.attention\.sequence_reduction\.layer_norm\.", ".attn.norm."),
        ),
    )


def mit_of_mmsegmentation(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename as mmsegmentation does: one projection for all three, 1x1 convolutions."""
    from napari_rsseg.checkpoints import to_st_dasegnet

    whole = to_st_dasegnet({f"backbone_s.{key}": value for key, value in state.items()})
    return {f"backbone.{key.removeprefix('backbone_s.')}": value for key, value in whole.items()}


@pytest.mark.parametrize(
    "theirs",
    [
        lambda state: state,
        lambda state: renamed(state, MIT_OF_OLD_TRANSFORMERS),
        mit_of_authors,
        mit_of_mmsegmentation,
    ],
    ids=["transformers", "older transformers", "authors", "mmsegmentation"],
)
def test_mit_is_taken_from_each_program_that_writes_it(theirs: Any) -> None:
    state = filled("transformers", "mit-b0")
    assert_taken({**theirs(state), "head.weight": torch.zeros(10, 256)}, "mit-b0", state)


def test_a_size_that_nobody_publishes_is_refused() -> None:
    state = filled("timm", "convnext_atto")
    del state["stages.3.blocks.1.gamma"]
    odd = {key: value for key, value in state.items() if not key.startswith("stages.3.blocks.1.")}
    with pytest.raises(CheckpointError, match="backbone of timm's kind, of a size that is not published"):
        take_in(Checkpoint(odd))


@pytest.mark.parametrize(
    ("library", "name"),
    [
        *(("timm", f"vit_{size}_patch14_dinov2") for size in ("small", "base", "large", "giant")),
        *(("timm", f"convnext_{size}") for size in ("tiny", "small", "base", "large", "xlarge")),
        *(("timm", f"convnextv2_{size}") for size in ("pico", "nano", "huge")),
        *(("transformers", f"mit-b{size}") for size in range(6)),
    ],
)
def test_every_published_size_is_told_by_its_name(library: str, name: str) -> None:
    architecture = {"library": library, "name": name}
    state = empty_network("backbone", architecture).state_dict()
    assert take_in(Checkpoint(state)).recognised.architecture == architecture


def test_the_giants_packed_layers_have_other_names_on_torch_hub() -> None:
    state = empty_network("backbone", {"library": "timm", "name": "vit_giant_patch14_dinov2"}).state_dict()
    theirs = renamed(state, ((r"\.mlp\.fc1\.", ".mlp.w12."), (r"\.mlp\.fc2\.", ".mlp.w3.")))
    assert take_in(Checkpoint(theirs)).recognised.architecture["name"] == "vit_giant_patch14_dinov2"
