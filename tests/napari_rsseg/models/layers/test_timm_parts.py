from __future__ import annotations

import pytest

from napari_rsseg.models.layers.timm_parts import is_vision_transformer


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("vit_tiny_patch16_224", True),
        ("vit_small_patch14_dinov2.lvd142m", True),
        ("tf_efficientnet_lite0", False),
        ("tiny_vit_5m_224", False),
        ("vit_of_mine", False),
        ("", False),
    ],
)
def test_a_vision_transformer_is_known_by_timms_name(name: str, *, known: bool) -> None:
    assert is_vision_transformer(name) is known
