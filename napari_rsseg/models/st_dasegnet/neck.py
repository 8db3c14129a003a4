"""The domain-disentangled module: what is distinct in each branch, and what both have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_rsseg.models.st_dasegnet.architecture import NeckWords

__all__ = ["ChannelSelection", "DisentanglingNeck", "UniversalAttention", "neck_unit"]

_REDUCTION = 8  # of all units of the multi-level neck


class ChannelSelection(nn.Module):
    """DSK: shares each channel out between the branches by one gate (arXiv 2301.05526, figure 3).

    Nothing non-linear stands between the two linear layers, as published.

    Parameters
    ----------
    channels : int
        Width of both maps.
    reduction, least : int
        The gate's inner width is ``channels // reduction``, at least ``least``.
    """

    def __init__(self, channels: int, reduction: int, least: int) -> None:
        super().__init__()
        inner = max(channels // reduction, least)
        self.fc = nn.Linear(channels, inner)
        self.fcs = nn.ModuleList(nn.Linear(inner, channels) for _ in range(2))

    def gates(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the share of each branch in each channel, (2, B, C, 1, 1), from maps (B, C, h, w)."""
        joint = self.fc(source.mean(dim=(2, 3)) + target.mean(dim=(2, 3)))  # (B, inner)
        return torch.stack([layer(joint) for layer in self.fcs]).softmax(dim=0)[..., None, None]

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Map both branches' maps (B, C, h, w) of one image to their distinct parts, of the same shape."""
        gates = self.gates(source, target)
        return source * gates[0], target * gates[1]


class _ConvRelu(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, in_channels, h, w) to (B, out_channels, h, w)."""
        return functional.relu(self.conv(features), inplace=True)


class UniversalAttention(ChannelSelection):
    """DS2: the distinct part, and beside it what a channel attention common to both branches picks.

    The attention is channel by channel, of the negated energies and not scaled; its key is the mean of the
    branches although the paper's figure 3 shows their sum. As published.

    Parameters
    ----------
    channels, reduction, least : int
        As in `ChannelSelection`; the universal part is as wide as the gate's inside.
    """

    def __init__(self, channels: int, reduction: int, least: int) -> None:
        super().__init__(channels, reduction, least)
        universal = max(channels // reduction, least)
        self.conv = _ConvRelu(channels, channels)
        self.conv_s = _ConvRelu(channels, universal)
        self.conv_t = _ConvRelu(channels, universal)

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Map both branches' maps (B, C, h, w) of one image to (B, C + d, h, w): distinct, then universal."""
        attention, gates = self._attention(source, target), self.gates(source, target)
        # a branch at a time: what is in between is gone before the other one is made
        return (
            _distinct_and_universal(source, gates[0], attention, self.conv_s),
            _distinct_and_universal(target, gates[1], attention, self.conv_t),
        )

    def _attention(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the attention of channels (B, C, C) that both branches share."""
        key = self.conv(torch.lerp(source, target, 0.5)).flatten(2).transpose(1, 2)  # (B, hw, C)
        shares = [(branch.flatten(2) @ key).neg().softmax(dim=-1) for branch in (source, target)]
        return torch.lerp(shares[0], shares[1], 0.5)


def _distinct_and_universal(
    branch: Tensor, gate: Tensor, attention: Tensor, convolution: nn.Module
) -> Tensor:
    universal = convolution((attention @ branch.flatten(2)).view_as(branch))  # (B, d, h, w)
    return torch.cat((branch * gate, universal), dim=1)


class DisentanglingNeck(nn.Module):
    """A unit per level; the deepest has the universal attention, if asked for.

    Parameters
    ----------
    words : NeckWords
        Of kind ``ml``; their ``r`` is not looked at, as published.
    """

    def __init__(self, words: NeckWords) -> None:
        super().__init__()
        assert isinstance(words.channels, tuple)
        self.depth = len(words.channels)
        for level, channels in enumerate(words.channels, 1):
            deepest = UniversalAttention if words.type == "ds2" else ChannelSelection
            unit = deepest if level == self.depth else ChannelSelection
            self.add_module(f"dsk_neck{level}", unit(channels, _REDUCTION, words.L))

    def forward(
        self, source: Sequence[Tensor], target: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Map the levels (B, C_i, h_i, w_i) that both branches see in one image to those of the heads."""
        pairs = [
            self.get_submodule(f"dsk_neck{level}")(a, b)
            for level, (a, b) in enumerate(zip(source, target, strict=True), 1)
        ]
        return [a for a, _ in pairs], [b for _, b in pairs]


def neck_unit(words: NeckWords) -> ChannelSelection:
    """Make the one unit that words of kind ``dsk`` or ``ds2`` describe; these do look at ``r``."""
    assert isinstance(words.channels, int)
    unit = UniversalAttention if words.kind == "ds2" else ChannelSelection
    return unit(words.channels, words.r, words.L)
