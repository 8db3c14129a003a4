from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_rsseg.checkpoints import Checkpoint, check_fit, read_checkpoint, take_in
from napari_rsseg.checkpoints.backbones import backbone_network
from napari_rsseg.checkpoints.families import compare_with, empty_network, published_form
from napari_rsseg.checkpoints.known import KNOWN, KnownNetwork, nearest_words
from napari_rsseg.errors import CheckpointError, ModelError
from napari_rsseg.models.sam import Sam, SamArchitecture

GOLDEN = Path(os.environ["RSSEG_GOLDEN"])
FILES = {
    "ktda": "ktda_checkpoint_best.pth",
    "translandseg": "tls_checkpoint_tiny.pth.tar",
    "stdasegnet": "std_checkpoint_tiny.pth",
}
TINY_SAM: dict[str, Any] = {
    "encoder": "vit_b", "img_size": 64, "embed_dim": 16, "depth": 2, "num_heads": 2, "window_size": 2,
    "global_attn_indexes": (1,), "prompt_embed_dim": 16,
}  # fmt: skip


def published(family: str) -> Checkpoint:
    path = GOLDEN / FILES[family]
    if not path.exists():
        pytest.skip(f"{path} is missing; set RSSEG_GOLDEN")
    return read_checkpoint(path)


def shapes_of(name: str) -> dict[str, torch.Tensor]:
    """Return the tensors of a manifest, without values."""
    manifest = GOLDEN / f"{name}.json"
    if not manifest.exists():
        pytest.skip(f"{manifest} is missing; set RSSEG_GOLDEN")
    listed = json.loads(manifest.read_text(encoding="utf-8"))["keys"]
    return {key: torch.empty(entry["shape"], device="meta") for key, entry in listed.items()}


@pytest.mark.parametrize("family", FILES)
def test_a_published_file_is_taken_whole_and_nothing_is_unexpected(family: str) -> None:
    taken = take_in(published(family))
    assert taken.recognised.family == family
    assert taken.left_out == ()
    empty_network(family, taken.recognised.architecture).load_state_dict(taken.state, assign=True)


@pytest.mark.parametrize("family", FILES)
def test_our_own_keys_are_taken_as_the_published_ones(family: str) -> None:
    checkpoint = published(family)
    ours = take_in(checkpoint).state
    again = take_in(Checkpoint(ours, checkpoint.config)).state
    assert again.keys() == ours.keys()
    assert all(torch.equal(again[key], ours[key]) for key in ours)


@pytest.mark.parametrize("prefix", ["", "module."])
def test_sam_is_told_from_its_keys_and_keeps_its_numbers(prefix: str) -> None:
    network = Sam(SamArchitecture(**TINY_SAM))
    tensors = {f"{prefix}{key}": value for key, value in network.state_dict().items()}
    taken = take_in(Checkpoint(tensors))
    assert taken.recognised.family == "sam"
    assert SamArchitecture(**taken.recognised.architecture) == network.architecture
    assert all(torch.equal(taken.state[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize("encoder", ["vit_b", "vit_l", "vit_h", "vit_t"])
def test_each_published_sam_is_told_by_its_name_alone(encoder: str) -> None:
    state = empty_network("sam", {"encoder": encoder}).state_dict()
    assert take_in(Checkpoint(published_form(state))).recognised.architecture == {"encoder": encoder}


def test_the_published_mobile_sam_fits_tensor_by_tensor() -> None:
    taken = take_in(Checkpoint(shapes_of("mobilesam_manifest_vit_t")))
    assert taken.recognised.architecture == {"encoder": "vit_t"}
    assert taken.left_out == ()


def test_a_misfit_is_told_key_by_key_with_the_nearest_network() -> None:
    tensors = shapes_of("tls_manifest_vit_b")
    del tensors["no_mask_embed.weight"], tensors["mask_decoder.iou_token.weight"]
    tensors["mask_decoder.mask_tokens.weight"] = torch.empty(2, 2, device="meta")
    tensors["strange"] = torch.empty(1, device="meta")
    known = take_in(Checkpoint(shapes_of("tls_manifest_vit_b"))).recognised
    with pytest.raises(CheckpointError) as caught:
        take_in(Checkpoint(tensors), known=known)
    said = caught.value.found
    assert "of its 329 keys 326 fit, 2 missing, 1 of another shape, 1 unexpected" in said
    assert "no_mask_embed.weight is missing" in said
    assert "mask_decoder.mask_tokens.weight is (2, 2) instead of (4, 256)" in said
    assert "most like TransLandSeg ViT-B: 326 of its 329 keys" in said
    assert "whole file" in caught.value.remedy


def test_what_a_network_does_not_have_is_refused_unless_it_is_to_be_left_out() -> None:
    checkpoint = published("ktda")
    more = Checkpoint({**checkpoint.tensors, "extra_head.weight": torch.zeros(3)}, checkpoint.config)
    with pytest.raises(CheckpointError, match=r"1 unexpected: extra_head\.weight is unexpected") as caught:
        take_in(more)
    assert "--leave-unexpected" in caught.value.remedy
    assert take_in(more, lenient=True).left_out == ("extra_head.weight",)


def test_another_networks_file_is_told_by_what_it_is_most_like() -> None:
    known = take_in(published("ktda")).recognised
    with pytest.raises(CheckpointError, match="most like MobileSAM: 435 of its 435 keys"):
        take_in(Checkpoint(shapes_of("mobilesam_manifest_vit_t")), known=known)


def test_a_part_of_a_known_network_is_recognised_as_such() -> None:
    tensors = {
        key: value for key, value in shapes_of("tls_manifest_vit_b").items() if "prompt_generator" not in key
    }
    with pytest.raises(CheckpointError, match="most like SAM ViT-B: 297 of its 314 keys"):
        take_in(Checkpoint(tensors))


def test_what_is_like_nothing_is_likened_to_nothing() -> None:
    assert nearest_words({"layer1.0.weight": torch.zeros(1)}) == ""


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.title)
def test_each_known_network_is_most_like_itself(known: KnownNetwork) -> None:
    network = empty_network(known.family, known.architecture)
    comparison = compare_with(known.family, network, published_form(network.state_dict()))
    assert comparison.matching == comparison.wanted
    assert not comparison.unexpected


def test_weights_by_our_own_keys_must_fit_exactly() -> None:
    state = Sam(SamArchitecture(**TINY_SAM)).state_dict()
    check_fit("sam", TINY_SAM, state)
    with pytest.raises(CheckpointError, match="1 unexpected"):
        check_fit("sam", TINY_SAM, {**state, "more": torch.zeros(1)})


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(family=st.sampled_from(sorted({*FILES, "sam", "backbone"})), data=st.data())
def test_shapes_that_make_no_sense_are_refused_in_words(family: str, data: st.DataObject) -> None:
    if family == "sam":
        tensors = dict(Sam(SamArchitecture(**TINY_SAM)).state_dict())
    elif family == "backbone":
        tensors = backbone_network({"library": "timm", "name": "convnext_atto"}).state_dict()
    else:
        tensors = dict(published(family).tensors)
    for key in data.draw(st.lists(st.sampled_from(sorted(tensors)), min_size=1, max_size=4, unique=True)):
        shape = data.draw(st.lists(st.integers(0, 5), max_size=5))
        tensors[key] = torch.zeros(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # networks without channels
        try:
            taken = take_in(Checkpoint(tensors))
        except (CheckpointError, ModelError):
            return
    assert taken.state
