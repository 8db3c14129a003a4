"""Forward passes that finish: when memory runs out, smaller steps are taken and recorded; worker side."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from napari_rsseg.engine.attention import ChunkedAttention
from napari_rsseg.engine.device import is_out_of_memory, precision_of
from napari_rsseg.errors import EngineError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from torch import Tensor

    from napari_rsseg.engine.forward_thread import ForwardThread
    from napari_rsseg.models import SegmentationNetwork

__all__ = ["Effort", "ForwardPass", "easier"]

_LOGGER = logging.getLogger(__name__)
_MOST_CHUNKS = 16


@dataclass(frozen=True)
class Effort:
    """How a batch is run.

    Attributes
    ----------
    batch : int
        Tiles run at once.
    attention_chunks : int
        Parts in which attention is computed, one after the other.
    device : str
        Kind of device.
    """

    batch: int
    attention_chunks: int = 1
    device: str = "cpu"

    def __str__(self) -> str:
        chunks = f", attention in {self.attention_chunks} parts" if self.attention_chunks > 1 else ""
        return f"batch {self.batch}{chunks} on {self.device}"


def easier(effort: Effort) -> Effort | None:
    """Return what to try after memory ran out; None when nothing is left.

    The batch is halved; at one tile attention is computed in parts; then the CPU takes over.
    """
    if effort.batch > 1:
        return replace(effort, batch=effort.batch // 2)
    if effort.attention_chunks < _MOST_CHUNKS:
        return replace(effort, attention_chunks=effort.attention_chunks * 4)
    if effort.device != "cpu":
        return Effort(batch=1, device="cpu")
    return None


class ForwardPass:
    """A network on a device.

    Parameters
    ----------
    network : SegmentationNetwork
        With its weights; moved and switched to evaluation here.
    device : torch.device
        Where to run.
    thread : ForwardThread
        Runs all passes of the worker, one after the other.
    batch : int
        Tiles to run at once while memory lasts.

    Attributes
    ----------
    changes : list of str
        What was done otherwise than asked, in order.
    """

    def __init__(
        self, network: SegmentationNetwork, device: torch.device, *, thread: ForwardThread, batch: int = 1
    ) -> None:
        self.thread = thread
        self.effort = Effort(batch=batch, device=device.type)
        self.device = device
        self.changes: list[str] = []
        self._network = network.eval().requires_grad_(False)
        self._place(device)

    def widen(self, batch: int) -> None:
        """Run this many tiles at once from now on."""
        self.effort = replace(self.effort, batch=batch)

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Return logits (B, K, H, W), float32, on ``self.device``, for images (B, C, H, W) on any device.

        Raises
        ------
        EngineError
            When memory does not suffice for a single tile on the CPU.
        """
        while True:
            try:
                return self._run(images)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                lesser = easier(self.effort)
                if lesser is None:
                    raise EngineError(
                        f"One tile of {images.shape[-2]} x {images.shape[-1]} pixels does not fit into the "
                        f"memory of the {self.device.type}.",
                        "Close other programs, or choose a smaller model.",
                    ) from None
            # outside the handler: the traceback would keep the tensors that did not fit
            self._ease(lesser)

    def _run(self, images: Tensor) -> Tensor:
        parts = []
        for part in torch.split(images, self.effort.batch):
            with self._attention(), self._autocast():
                prepared = part.to(self.device).contiguous(memory_format=torch.channels_last)
                parts.append(self._network(prepared).float())
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def _ease(self, effort: Effort) -> None:
        message = f"Memory ran out with {self.effort}: continued with {effort}."
        _LOGGER.warning("%s", message)
        self.changes.append(message)
        if effort.device != self.effort.device:
            self.device = torch.device(effort.device)
            self._place(self.device)
        self.effort = effort
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _place(self, device: torch.device) -> None:
        self._network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub leaves this form out
        self.precision = precision_of(device)

    def _autocast(self) -> AbstractContextManager[object]:
        if self.precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.precision)

    def _attention(self) -> AbstractContextManager[object]:
        chunks = self.effort.attention_chunks
        return ChunkedAttention(chunks) if chunks > 1 else nullcontext()
