"""Which device runs, how much memory it has, and in which precision it computes; worker side."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import psutil
import torch

from napari_rsseg.engine.events import DeviceInfo
from napari_rsseg.errors import EngineError

if TYPE_CHECKING:
    from napari_rsseg.engine.request import DeviceChoice

__all__ = ["choose_device", "describe", "free_bytes", "is_out_of_memory", "precision_of"]


def choose_device(choice: DeviceChoice) -> torch.device:
    """Return the device asked for, or the fastest one for ``auto``.

    Raises
    ------
    EngineError
        When this machine has no such device.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if choice == "auto":
        return torch.device(next(kind for kind, found in available.items() if found))
    if not available[choice]:
        found = " and ".join(kind for kind, is_there in available.items() if is_there)
        raise EngineError(
            f"The worker has no {choice} device that its PyTorch can use (it has {found}).",
            "Choose auto, or see `napari-rsseg doctor`.",
        )
    return torch.device(choice)


def precision_of(device: torch.device) -> torch.dtype:
    """Return the number format of the forward pass: 16 bits where the device is made for it."""
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16


def free_bytes(device: torch.device) -> int:
    """Return the memory that is free on a device now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)  # mps shares the machine's memory


def describe(device: torch.device) -> DeviceInfo:
    """Return what users read about a device."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    elif device.type == "mps":
        name = "Apple GPU"
    else:
        threads = torch.get_num_threads()
        name = f"CPU ({platform.machine()}, {threads} thread{'s' if threads > 1 else ''})"
    return DeviceInfo(
        name=name,
        kind=device.type,  # type: ignore[arg-type]  # choose_device returns no other
        free_bytes=free_bytes(device),
        precision=str(precision_of(device)).removeprefix("torch."),  # type: ignore[arg-type]  # as above
    )


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that memory ran out: the CPU's allocator has no class of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error)
