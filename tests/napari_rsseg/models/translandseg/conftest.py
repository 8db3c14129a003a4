from __future__ import annotations

import pytest

from napari_rsseg.models.translandseg import TransLandSegArchitecture


@pytest.fixture
def tiny() -> TransLandSegArchitecture:
    """A network of two blocks, one of them with attention over the whole image."""
    return TransLandSegArchitecture(
        inp_size=96,
        embed_dim=64,
        depth=2,
        num_heads=4,
        window_size=4,
        global_attn_indexes=(1,),
        out_chans=16,
        prompt_embed_dim=16,
    )
