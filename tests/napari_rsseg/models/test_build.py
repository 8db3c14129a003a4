from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from napari_rsseg.errors import ModelError
from napari_rsseg.models import build

if TYPE_CHECKING:
    from collections.abc import Mapping

KTDA: Mapping[str, Any] = {
    "student": {"depths": [1, 1, 1, 1], "channels": [8, 8, 16, 16], "drop_path": 0.0},
    "fam": {"in_channels": [8, 8, 16, 16], "out_channels": 16, "output_size": 5},
    "neck": {"in_channels": [16, 16, 16, 16], "out_channels": 16, "scales": [4, 2, 1, 0.5]},
    "fmm": {"in_channels": [16, 16, 16, 16], "blocks": 1, "num_heads": 4},
    "decode_head": {"in_channels": [16, 16, 16, 16], "channels": 8, "num_classes": 5},
    "auxiliary_head": {"in_channels": 16, "channels": 8, "num_classes": 5},
}
TRANSLANDSEG: Mapping[str, Any] = {
    "inp_size": 64,
    "embed_dim": 64,
    "depth": 2,
    "num_heads": 2,
    "window_size": 3,
    "global_attn_indexes": [1],
    "out_chans": 16,
    "prompt_embed_dim": 16,
}
ST_DASEGNET: Mapping[str, Any] = {
    "backbone": {"kind": "mit", "embed_dims": 4, "depths": [1, 1, 1, 1]},
    "neck": {"channels": [4, 8, 20, 32]},
    "head": {"kind": "segformer", "in_channels": [4, 8, 20, 40], "channels": 8, "num_classes": 6},
}


@pytest.mark.parametrize(
    ("family", "architecture", "classes"),
    [("ktda", KTDA, 5), ("translandseg", TRANSLANDSEG, 2), ("stdasegnet", ST_DASEGNET, 6)],
    ids=["ktda", "translandseg", "stdasegnet"],
)
def test_a_network_gives_logits_of_each_class_at_the_size_of_the_image(
    family: str, architecture: Mapping[str, Any], classes: int
) -> None:
    network = build(family, architecture).eval()
    assert 64 % network.stride_px == 0
    with torch.no_grad():
        assert network(torch.zeros(2, 3, 64, 64)).shape == (2, classes, 64, 64)


def test_an_unknown_family_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(ModelError, match="Did you mean 'ktda'"):
        build("kdta", {})


def test_everything_wrong_with_an_architecture_is_said_at_once() -> None:
    wrong = {**TRANSLANDSEG, "variant": "no_such", "heads": 3, "depth": 0}
    with pytest.raises(ModelError) as caught:
        build("translandseg", wrong)
    assert all(word in caught.value.found for word in ("variant", "heads", "depth"))


def test_a_student_that_does_not_fit_its_alignment_is_refused() -> None:
    alignment: dict[str, Any] = {"in_channels": [8, 8, 16], "out_channels": 16, "output_size": 5}
    with pytest.raises(ModelError, match="student"):
        build("ktda", {**KTDA, "fam": alignment})
