"""A card and its weights become a network that runs; worker side."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

import torch

from napari_rsseg.checkpoints.reading import read_tensors
from napari_rsseg.engine.device import choose_device, free_bytes
from napari_rsseg.engine.forward import ForwardPass
from napari_rsseg.errors import ModelError
from napari_rsseg.models import build
from napari_rsseg.registry.digest import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from napari_rsseg.engine.forward_thread import ForwardThread
    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.models import SegmentationNetwork
    from napari_rsseg.registry.card import Card

__all__ = ["fill_network", "load_forward", "load_network", "use_threads"]

_GROUP_PX = 1024  # side of the pixels in one batch: larger ones gain little and waste more at a region's edge
_SHARE_OF_FREE = 0.5


def use_threads(threads: int) -> None:
    """Set how many CPU cores forward passes use, and make repeated passes give equal bits."""
    torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = False  # it may choose another algorithm in another process
    torch.backends.cudnn.deterministic = True


def fill_network(network: nn.Module, card: Card, weights: Path) -> None:
    """Fill a network with a model's weights, as float32.

    Raises
    ------
    ModelError
        When the file is not the one the card describes, or does not fit the architecture.
    CheckpointError
        When the file cannot be read.
    """
    found = sha256_of(weights)
    if found != card.sha256:
        raise ModelError(
            f"{weights} is not the weight file of {card.name}: its sha256 is {found[:12]}…, the card says "
            f"{card.sha256[:12]}….",
            "Get the file that belongs to the card, or the card that belongs to the file.",
        )
    tensors = read_tensors(weights)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelError(
            f"The weights {weights} do not fit the architecture of {card.name} ({_first_lines(error)}).",
            "Get the card that belongs to these weights.",
        ) from None
    network.float()


def load_network(card: Card, weights: Path) -> SegmentationNetwork:
    """Build a model's network and fill in its weights.

    Raises
    ------
    ModelError
        When the card's tile does not suit the network; else as for `fill_network`.
    CheckpointError
        When the file cannot be read.
    """
    network = build(card.family, card.architecture)
    fill_network(network, card, weights)
    if card.tile_px % network.stride_px:
        raise ModelError(
            f"Card {card.name} asks for tiles of {card.tile_px} px, the network for multiples of "
            f"{network.stride_px} px.",
            "Correct tile_px in the card.",
        )
    return network


def load_forward(
    card: Card, weights: Path, choice: DeviceChoice, *, thread: ForwardThread
) -> tuple[ForwardPass, int]:
    """Return a model on its device, and how many tiles per side its batches have.

    Raises
    ------
    ModelError, CheckpointError
        As for `load_network`.
    EngineError
        When there is no such device.
    """
    device = choose_device(choice)
    forward = ForwardPass(load_network(card, weights), device, thread=thread)
    side = group_side(forward, card)
    forward.widen(side * side)
    return forward, side


def group_side(forward: ForwardPass, card: Card) -> int:
    """Return the tiles per side of a batch: one on a CPU, as many as memory allows on a GPU."""
    most = max(1, _GROUP_PX // card.tile_px)
    if forward.device.type == "cpu":
        return 1
    if forward.device.type == "cuda":
        need = _bytes_per_tile(forward, card)
        affordable = _SHARE_OF_FREE * free_bytes(forward.device) / max(need, 1)
        most = min(most, max(1, math.isqrt(int(affordable))))
    return 1 << (most.bit_length() - 1)


def _bytes_per_tile(forward: ForwardPass, card: Card) -> int:
    torch.cuda.reset_peak_memory_stats(forward.device)
    before = torch.cuda.memory_allocated(forward.device)
    forward(torch.zeros(1, len(card.bands), card.tile_px, card.tile_px))
    return torch.cuda.max_memory_allocated(forward.device) - before


def _first_lines(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines()[1:4]]
    return " ".join(line if len(line) < 200 else line[:200] + "…" for line in lines)


def lower_priority() -> None:
    """Let other programs, the window first of all, go before this process."""
    import psutil

    process = psutil.Process()
    process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else 10)
