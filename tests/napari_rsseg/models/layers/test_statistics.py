from __future__ import annotations

import torch
from torch import nn

from napari_rsseg.models.layers.statistics import freeze_statistics


def test_frozen_statistics_do_not_follow_the_batch_while_gain_and_bias_train() -> None:
    norm = nn.BatchNorm2d(4)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), norm, nn.ReLU()).train()
    freeze_statistics(network)
    assert norm.running_mean is not None
    before = norm.running_mean.clone()
    network(torch.randn(4, 3, 9, 9)).sum().backward()
    assert torch.equal(norm.running_mean, before)
    assert norm.weight.grad is not None
    assert network[2].training
