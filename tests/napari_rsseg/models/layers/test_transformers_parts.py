from __future__ import annotations

from napari_rsseg.models.layers.transformers_parts import SegformerConfig, SegformerModel


def test_the_library_calls_the_parts_of_a_stage_as_the_published_keys_are_mapped() -> None:
    config = SegformerConfig(
        depths=[1], hidden_sizes=[8], num_attention_heads=[1], sr_ratios=[2], patch_sizes=[3], strides=[2],
        mlp_ratios=[2], num_encoder_blocks=1,
    )  # fmt: skip
    parts = {key.rpartition(".")[0] for key in SegformerModel(config).state_dict()}
    assert parts == {
        "stages.0.patch_embeddings.proj",
        "stages.0.patch_embeddings.layer_norm",
        "stages.0.blocks.0.layernorm_before",
        "stages.0.blocks.0.layernorm_after",
        "stages.0.blocks.0.attention.q_proj",
        "stages.0.blocks.0.attention.k_proj",
        "stages.0.blocks.0.attention.v_proj",
        "stages.0.blocks.0.attention.o_proj",
        "stages.0.blocks.0.attention.sequence_reduction.sequence_reduction",
        "stages.0.blocks.0.attention.sequence_reduction.layer_norm",
        "stages.0.blocks.0.mlp.fc1",
        "stages.0.blocks.0.mlp.dwconv.dwconv",
        "stages.0.blocks.0.mlp.fc2",
        "stages.0.layer_norm",
    }
