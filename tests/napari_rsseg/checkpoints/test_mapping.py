from __future__ import annotations

import pytest
import torch

from napari_rsseg.checkpoints import (
    from_published,
    ktda_decays,
    ktda_key,
    ktda_teacher_key,
    mobile_sam_key,
)
from napari_rsseg.errors import CheckpointError


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ("student.stem.0.weight", "backbone.downsample_layers.0.0.weight"),
        ("student.stages.2.downsample.1.bias", "backbone.downsample_layers.2.1.bias"),
        ("student.stages.2.blocks.11.conv_dw.weight", "backbone.stages.2.11.depthwise_conv.weight"),
        ("student.stages.0.blocks.0.mlp.fc2.bias", "backbone.stages.0.0.pointwise_conv2.bias"),
        ("student.stages.0.blocks.0.mlp.grn.bias", "backbone.stages.0.0.grn.beta"),
        ("student.norms.3.weight", "backbone.norm3.weight"),
        ("fmm.adapters.0.1.mlp.fc1.weight", "fmm.adapters.0.1.mlp.fc1.weight"),
        ("decode_head.conv_seg.weight", "decode_head.conv_seg.weight"),
    ],
)
def test_keys_of_ktda_become_the_published_ones(ours: str, published: str) -> None:
    assert ktda_key(ours) == published


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ("vit.pos_embed", "teach_backbone.pos_embed"),
        ("vit.patch_embed.proj.bias", "teach_backbone.patch_embed.projection.bias"),
        ("vit.blocks.3.norm2.weight", "teach_backbone.layers.3.ln2.weight"),
        ("vit.blocks.3.ls2.gamma", "teach_backbone.layers.3.ffn.gamma2.weight"),
        ("vit.blocks.3.attn.qkv.bias", "teach_backbone.layers.3.attn.qkv.bias"),
        ("vit.blocks.3.mlp.fc1.bias", "teach_backbone.layers.3.ffn.layers.0.0.bias"),
        ("vit.norm.weight", "teach_backbone.ln1.weight"),
    ],
)
def test_keys_of_the_teacher_become_the_published_ones(ours: str, published: str) -> None:
    assert ktda_teacher_key(ours) == published


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ("vit.patch_embed.conv1.conv.weight", "image_encoder.patch_embed.seq.0.c.weight"),
        ("vit.patch_embed.conv2.bn.running_var", "image_encoder.patch_embed.seq.2.bn.running_var"),
        ("vit.stages.0.blocks.1.conv3.conv.weight", "image_encoder.layers.0.blocks.1.conv3.c.weight"),
        ("vit.stages.3.downsample.conv2.bn.bias", "image_encoder.layers.2.downsample.conv2.bn.bias"),
        (
            "vit.stages.2.blocks.5.attn.attention_biases",
            "image_encoder.layers.2.blocks.5.attn.attention_biases",
        ),
        (
            "vit.stages.1.blocks.0.local_conv.conv.weight",
            "image_encoder.layers.1.blocks.0.local_conv.c.weight",
        ),
        ("neck.2.weight", "image_encoder.neck.2.weight"),
    ],
)
def test_keys_of_mobilesam_become_the_published_ones(ours: str, published: str) -> None:
    assert mobile_sam_key(ours) == published


@pytest.mark.parametrize(
    ("published", "decays"),
    [
        ("backbone.norm0.weight", False),
        ("fmm.adapters.0.0.norm1.bias", False),
        ("backbone.downsample_layers.1.0.weight", True),
        ("decode_head.fpn_bottleneck.bn.weight", True),
    ],
)
def test_weights_decay_unless_their_published_key_says_norm(published: str, decays: bool) -> None:
    assert ktda_decays(published) is decays


def test_weights_that_do_not_fit_are_named() -> None:
    network = torch.nn.Linear(2, 3)
    with pytest.raises(CheckpointError, match=r"bias is missing; weight is \(3, 5\) instead of \(3, 2\)"):
        from_published(network, {"weight": torch.zeros(3, 5)})


def test_what_the_network_lacks_is_left_behind() -> None:
    network = torch.nn.Linear(2, 3)
    tensors = {"their.weight": torch.ones(3, 2), "their.bias": torch.ones(3), "teacher": torch.ones(1)}
    network.load_state_dict(from_published(network, tensors, lambda key: f"their.{key}"))
    assert network.weight.sum() == 6
