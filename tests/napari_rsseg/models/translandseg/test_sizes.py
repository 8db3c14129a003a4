"""TransLandSeg on each published encoder of SAM, with each module of the authors; nothing is allocated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
import torch

from napari_rsseg.models import build
from napari_rsseg.models.sam import Sam, SamArchitecture
from napari_rsseg.models.translandseg.architecture import Variant

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZES: Mapping[str, Any] = {
    name: SamArchitecture(encoder=name).vit._asdict() for name in ("vit_b", "vit_l", "vit_h")
}
PROMPTS = {"vit_b": 63_312, "vit_l": 116_544, "vit_h": 186_960}
TRAINED_BESIDE = 4_058_340 + 256  # mask decoder, no_mask_embed


@pytest.mark.parametrize("variant", get_args(Variant))
@pytest.mark.parametrize("size", list(SIZES))
def test_every_module_on_every_encoder_of_sam(size: str, variant: Variant) -> None:
    with torch.device("meta"):
        network = build("translandseg", {**SIZES[size], "variant": variant})
        sam = Sam(SamArchitecture(encoder=size))
    own = {key: value.shape for key, value in network.state_dict().items()}
    for key, value in sam.state_dict().items():  # SAM's own files fill all but the modules
        if key.startswith(("image_encoder.", "mask_decoder.")):
            assert own[key] == value.shape
    trained = sum(part.numel() for part in network.parameters() if part.requires_grad)
    frozen = sum(part.numel() for part in network.parameters()) - trained
    assert frozen == sum(part.numel() for part in sam.image_encoder.parameters())
    if variant == "1_MidLay_m":
        assert trained == PROMPTS[size] + TRAINED_BESIDE
