from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_rsseg.models.light.folding import fold_batch_norms


def chain(*, bias: bool) -> nn.Sequential:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(6)
    nn.init.uniform_(norm.weight, 0.5, 2.0)
    nn.init.uniform_(norm.bias, -1.0, 1.0)
    nn.init.uniform_(norm.running_mean, -1.0, 1.0)  # type: ignore[arg-type]  # a buffer, not None here
    nn.init.uniform_(norm.running_var, 0.5, 2.0)  # type: ignore[arg-type]
    return nn.Sequential(nn.Conv2d(3, 6, 3, bias=bias), norm, nn.ReLU(), nn.Conv2d(6, 2, 1)).eval()


@pytest.mark.parametrize("bias", [False, True])
@torch.no_grad()
def test_folding_changes_no_output(*, bias: bool) -> None:
    network, images = chain(bias=bias), torch.randn(2, 3, 9, 9)
    before = network(images)
    fold_batch_norms(network)
    torch.testing.assert_close(network(images), before)


def test_folding_leaves_no_statistics_and_trains_on_through_a_bias() -> None:
    network = chain(bias=False)
    fold_batch_norms(network)
    assert isinstance(network[1], nn.Identity)
    assert [name for name, _ in network.named_parameters()] == ["0.weight", "0.bias", "3.weight", "3.bias"]
    assert not list(network.buffers())


def test_an_activation_inside_the_norm_stays() -> None:
    class NormAct(nn.BatchNorm2d):
        """As timm writes it."""

        act = nn.ReLU6()

    network = nn.Sequential(nn.Conv2d(1, 2, 1), NormAct(2)).eval()
    fold_batch_norms(network)
    assert isinstance(network[1], nn.ReLU6)
