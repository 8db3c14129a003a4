"""Let torchvision load beside a torch without CUDA, before timm or segment-anything import it.

PyPI's torchvision links CUDA libraries; over a CPU-only torch its operators are missing and its import fails.
`layers.timm_parts` and `layers.sam_parts`, through which all else reaches those libraries, call it first.
With a matching pair it does nothing.
"""

from __future__ import annotations

import importlib
import sys

import torch
from torch import Tensor

__all__ = ["ensure_torchvision"]

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_library: torch.library.Library | None = None  # operators vanish with the object that defined them


def _nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Return the indices of boxes (N, 4) that overlap no better scored box by more than the threshold."""
    order = scores.argsort(descending=True, stable=True)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    keep = []
    while order.numel():
        best, rest = order[0], order[1:]
        keep.append(best)
        corner = torch.maximum(boxes[best, :2], boxes[rest, :2])
        side = (torch.minimum(boxes[best, 2:], boxes[rest, 2:]) - corner).clamp(min=0)
        shared = side[:, 0] * side[:, 1]
        order = rest[shared / (area[best] + area[rest] - shared) <= iou_threshold]
    return torch.stack(keep) if keep else order


def ensure_torchvision() -> None:
    """Import torchvision; where its operators are missing, define the two that imports need and try again.

    Raises
    ------
    RuntimeError, ImportError
        Torchvision fails for any other reason.
    """
    global _library
    try:
        importlib.import_module("torchvision")
        return
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        _library.define(operator + _SCHEMA)
    _library.impl("nms", _nms, "CPU")
    importlib.import_module("torchvision")
    vars(importlib.import_module("torchvision.extension"))["_has_ops"] = lambda: True
