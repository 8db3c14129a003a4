"""What a starter's network sees in an image, pixel by pixel, for the classical segmenter; worker side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from napari_rsseg.engine.forward_thread import NOW

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    from napari_rsseg.engine.forward_thread import ForwardThread
    from napari_rsseg.models.light import KtdaLight
    from napari_rsseg.registry.card import Card

__all__ = ["StudentFeatures"]

_MOST_PX = 512  # a larger image is looked at from further away
_LEAST_PX = 128  # and a smaller one from closer


class StudentFeatures:
    """The aligned levels and the class logits of a KTDA-light network.

    Parameters
    ----------
    network : KtdaLight
        With its weights.
    card : Card
        Its card.
    device : torch.device
        Where it runs.
    thread : ForwardThread
        Computes all tensors of the worker.
    """

    def __init__(self, network: KtdaLight, card: Card, device: torch.device, thread: ForwardThread) -> None:
        self._network = network.eval().requires_grad_(False).to(device)
        self._card = card
        self._device = device
        self._thread = thread

    def levels(self, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
        """Return feature maps (C, h_l, w_l) of an image (h, w, 3), finest first; the logits come last."""
        return self._thread.submit(NOW, self._seen, image).result()

    @torch.inference_mode()
    def _seen(self, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
        values = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        height, width = image.shape[:2]
        scale = min(1.0, _MOST_PX / max(height, width)) * max(1.0, _LEAST_PX / min(height, width))
        stride = self._network.stride_px
        size = [max(stride, round(side * scale / stride) * stride) for side in (height, width)]
        values = functional.interpolate(values, size, mode="bilinear", align_corners=False, antialias=True)
        normal = (values - self._per_band("mean")) / self._per_band("std")
        aligned = self._network.aligned(normal.to(self._device))
        logits = self._network.decode(aligned, torch.Size(size))
        return [level[0].float().cpu().numpy() for level in (*aligned, logits)]

    def _per_band(self, name: str) -> Tensor:
        return torch.tensor(getattr(self._card.input_values, name)).view(1, -1, 1, 1)
