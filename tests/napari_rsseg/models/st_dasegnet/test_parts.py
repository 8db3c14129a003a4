from __future__ import annotations

import pytest
import torch

from napari_rsseg.models.st_dasegnet import (
    Discriminator,
    DiscriminatorWords,
    DisentanglingNeck,
    NeckWords,
    neck_unit,
    spatial_softmax,
)
from napari_rsseg.models.st_dasegnet.neck import UniversalAttention

A = torch.randn(2, 16, 5, 7, generator=torch.Generator().manual_seed(1))
B = torch.randn(2, 16, 5, 7, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def test_a_channel_is_shared_out_between_the_branches() -> None:
    source, target = neck_unit(NeckWords(kind="dsk", channels=16))(A, B)
    share = (source / A)[:, :, :1, :1]
    torch.testing.assert_close(source, share * A)
    torch.testing.assert_close(target, (1 - share) * B, rtol=1e-4, atol=1e-5)
    assert ((share > 0) & (share < 1)).all()


@torch.no_grad()
def test_the_universal_part_is_what_the_negated_energies_pick() -> None:
    unit = neck_unit(NeckWords(kind="ds2", channels=16))
    assert isinstance(unit, UniversalAttention)
    source, target = unit(A, B)
    assert source.shape == target.shape == (2, 24, 5, 7)  # 8 universal channels
    key = torch.relu(
        torch.nn.functional.conv2d((A + B) / 2, unit.conv.conv.weight, unit.conv.conv.bias, padding=1)
    )
    maps = []
    for branch in (A, B):
        energy = torch.einsum("bchw,bdhw->bcd", branch, key)
        maps.append((energy.amax(dim=-1, keepdim=True) - energy).softmax(dim=-1))
    picked = torch.einsum("bcd,bdhw->bchw", (maps[0] + maps[1]) / 2, A)
    torch.testing.assert_close(source[:, 16:], unit.conv_s(picked), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("reduction", "width"), [(4, 10), (8, 5)])
def test_a_unit_alone_looks_at_its_reduction_and_the_neck_does_not(reduction: int, width: int) -> None:
    assert neck_unit(NeckWords(kind="dsk", channels=40, r=reduction, L=2)).fc.out_features == width
    neck = DisentanglingNeck(NeckWords(channels=(40, 40), r=reduction, L=2))
    assert neck.get_parameter("dsk_neck1.fc.bias").shape == (5,)


def test_only_the_deepest_level_has_a_universal_part_and_only_if_asked_for() -> None:
    def widths(kind: str) -> list[int]:
        neck = DisentanglingNeck(NeckWords.model_validate({"channels": (16, 16), "type": kind}))
        return [level.shape[1] for level in neck([A, A], [B, B])[1]]

    assert widths("ds2") == [16, 24]
    assert widths("dsk") == [16, 16]


def test_each_channel_of_a_spatial_softmax_adds_up_to_one() -> None:
    torch.testing.assert_close(spatial_softmax(A).sum(dim=(2, 3)), torch.ones(2, 16))


@torch.no_grad()
@pytest.mark.parametrize(
    ("number", "side", "score_side"), [(2, 12, 1), (3, 48, 4)], ids=["mit at 384", "resnet at 384"]
)
def test_a_discriminator_shrinks_its_map_as_published(number: int, side: int, score_side: int) -> None:
    discriminator = Discriminator(DiscriminatorWords(in_channels=8, base_channels=4, num_conv=number))
    assert discriminator(torch.rand(2, 8, side, side)).shape == (2, 1, score_side, score_side)
