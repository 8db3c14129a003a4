from __future__ import annotations

import pytest
import torch

from napari_rsseg.checkpoints import from_st_dasegnet, st_dasegnet_key, to_st_dasegnet
from napari_rsseg.errors import CheckpointError
from napari_rsseg.models.st_dasegnet import StDasegnet, StDasegnetArchitecture

TINY = StDasegnetArchitecture.model_validate(
    {
        "backbone": {"kind": "mit", "embed_dims": 4, "depths": (1, 1, 1, 1), "drop_path": 0.0},
        "neck": {"channels": (4, 8, 20, 32)},
        "head": {"kind": "segformer", "in_channels": (4, 8, 20, 40), "channels": 8, "num_classes": 3},
    }
)


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ("backbone_s.stages.0.patch_embeddings.proj.weight", "backbone_s.layers.0.0.projection.weight"),
        ("backbone_t.stages.1.patch_embeddings.layer_norm.bias", "backbone_t.layers.1.0.norm.bias"),
        ("backbone_s.stages.2.blocks.11.layernorm_after.bias", "backbone_s.layers.2.1.11.norm2.bias"),
        (
            "cross_EMA_backbone.stages.3.blocks.0.attention.k_proj.weight",
            "cross_EMA_backbone.layers.3.1.0.attn.attn.in_proj_weight",
        ),
        (
            "backbone_s.stages.0.blocks.0.attention.sequence_reduction.sequence_reduction.bias",
            "backbone_s.layers.0.1.0.attn.sr.bias",
        ),
        ("backbone_s.stages.0.blocks.0.mlp.fc2.bias", "backbone_s.layers.0.1.0.ffn.layers.4.bias"),
        ("backbone_s.stages.3.layer_norm.weight", "backbone_s.layers.3.2.weight"),
        ("backbone_s.conv1.4.running_mean", "backbone_s.stem.4.running_mean"),
        ("backbone_s.bn1.bias", "backbone_s.stem.7.bias"),
        ("backbone_s.layer2.0.conv1.weight", "backbone_s.layer2.0.conv1.weight"),
        ("decode_head_s.convs.0.bn.weight", "decode_head_s.convs.0.bn.weight"),
    ],
)
def test_keys_become_the_published_ones(ours: str, published: str) -> None:
    assert st_dasegnet_key(ours) == published


def test_tensors_survive_the_way_to_the_published_form_and_back() -> None:
    network = StDasegnet(TINY)
    tensors = network.state_dict()
    published = to_st_dasegnet(tensors)
    assert published["backbone_t.layers.2.1.0.attn.attn.in_proj_weight"].shape == (60, 20)
    assert published["backbone_t.layers.2.1.0.ffn.layers.0.weight"].shape == (80, 20, 1, 1)
    back = from_st_dasegnet(network, published)
    assert back.keys() == tensors.keys()
    for key, value in tensors.items():
        torch.testing.assert_close(back[key], value, rtol=0, atol=0)


def test_queries_keys_and_values_are_packed_in_this_order_whatever_comes_first() -> None:
    stem = "backbone_s.stages.0.blocks.0.attention"
    parts = {f"{stem}.{name}_proj.bias": torch.full((1,), float(index)) for index, name in enumerate("kvq")}
    assert to_st_dasegnet(parts)["backbone_s.layers.0.1.0.attn.attn.in_proj_bias"].tolist() == [2.0, 0.0, 1.0]


def test_what_a_published_file_lacks_is_named_as_published() -> None:
    network = StDasegnet(TINY)
    published = to_st_dasegnet(network.state_dict())
    del published["backbone_s.layers.0.1.0.attn.attn.in_proj_bias"]
    with pytest.raises(CheckpointError, match=r"attn\.in_proj_bias \(q\) is missing"):
        from_st_dasegnet(network, published)
