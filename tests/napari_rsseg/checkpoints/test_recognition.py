from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from napari_rsseg.checkpoints import Checkpoint, read_checkpoint, recognise
from napari_rsseg.errors import CheckpointError
from napari_rsseg.models import build

GOLDEN = Path(os.environ["RSSEG_GOLDEN"])


@pytest.mark.parametrize(
    ("name", "family", "classes"),
    [
        ("ktda_checkpoint_best.pth", "ktda", 5),
        ("ktda_checkpoint_resume.pth", "ktda", 5),
        ("tls_checkpoint_tiny.pth.tar", "translandseg", 0),
        ("std_checkpoint_tiny.pth", "stdasegnet", 6),
    ],
)
def test_the_authors_files_name_their_network_themselves(name: str, family: str, classes: int) -> None:
    if not (GOLDEN / name).exists():
        pytest.skip(f"{name} is not in {GOLDEN}; set RSSEG_GOLDEN")
    checkpoint = read_checkpoint(GOLDEN / name)
    recognised = recognise(checkpoint)
    assert recognised.family == family
    assert len(checkpoint.classes) == classes
    network = build(recognised.family, recognised.architecture)
    network.load_state_dict(recognised.pick(network, checkpoint.tensors))


def test_a_file_of_something_else_is_told_by_how_its_keys_begin() -> None:
    with pytest.raises(CheckpointError, match=r"keys begin with layer1 \(2\), fc \(1\)") as caught:
        recognise(
            Checkpoint({key: torch.zeros(1) for key in ("layer1.0.weight", "layer1.1.weight", "fc.weight")})
        )
    assert "KTDA, TransLandSeg, ST-DASegNet, SAM" in caught.value.remedy


def test_what_a_file_cannot_tell_is_listed_with_the_published_value() -> None:
    name = "ktda_checkpoint_best.pth"
    if not (GOLDEN / name).exists():
        pytest.skip(f"{name} is not in {GOLDEN}; set RSSEG_GOLDEN")
    whole = read_checkpoint(GOLDEN / name)
    assert recognise(whole).assumed == ()
    assert recognise(whole).architecture["fam"]["output_size"] == 4
    bare = recognise(Checkpoint(whole.tensors))
    assert "fam.output_size 19" in bare.assumed
    assert bare.architecture["fam"]["output_size"] == 19


@pytest.mark.parametrize(
    ("lost", "name"),
    [
        ("decode_head.conv_seg.weight", "ktda_checkpoint_best.pth"),
        ("image_encoder.pos_embed", "tls_checkpoint_tiny.pth.tar"),
    ],
)
def test_a_file_that_lacks_what_tells_its_size_names_it(lost: str, name: str) -> None:
    if not (GOLDEN / name).exists():
        pytest.skip(f"{name} is not in {GOLDEN}; set RSSEG_GOLDEN")
    tensors = read_checkpoint(GOLDEN / name).tensors
    del tensors[lost]
    with pytest.raises(CheckpointError, match=f"lack {lost}"):
        recognise(Checkpoint(tensors))


@pytest.mark.parametrize(
    "name",
    [
        "ktda_manifest_cloud",
        "ktda_manifest_grass",
        "tls_manifest_vit_b",
        "tls_manifest_vit_h",
        "std_manifest_segformer_b5",
        "std_manifest_deeplabv3plus_r50",
    ],
)
def test_every_published_size_is_told_from_its_shapes(name: str) -> None:
    manifest = GOLDEN / f"{name}.json"
    if not manifest.exists():
        pytest.skip(f"{manifest} is missing; set RSSEG_GOLDEN")
    listed = json.loads(manifest.read_text())["keys"]  # each family's manifest has its own form
    if isinstance(listed, dict):
        shapes = {key: entry["shape"] for key, entry in listed.items()}
    elif isinstance(listed[0], list):
        shapes = {key: shape for key, shape, *_ in listed}
    else:
        shapes = {entry["key"]: entry["shape"] for entry in listed}
    tensors = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    recognised = recognise(Checkpoint(tensors))
    with torch.device("meta"):
        network = build(recognised.family, recognised.architecture)
    assert recognised.pick(network, tensors).keys() == network.state_dict().keys()
