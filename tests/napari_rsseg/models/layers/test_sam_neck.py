from __future__ import annotations

import torch
from segment_anything.modeling import ImageEncoderViT

from napari_rsseg.models.layers.sam_neck import sam_neck


@torch.no_grad()
def test_it_is_the_neck_of_segment_anything() -> None:
    theirs = ImageEncoderViT(img_size=32, embed_dim=24, depth=0, num_heads=3, out_chans=16).neck
    ours = sam_neck(24, 16)
    ours.load_state_dict(theirs.state_dict())
    features = torch.randn(2, 24, 5, 7)
    assert torch.equal(ours(features), theirs(features))
