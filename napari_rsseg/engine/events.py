"""What a running prediction says: frozen values, delivered on a thread of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.scenes.windows import Window

__all__ = [
    "BlockDone",
    "BlockFailed",
    "Changed",
    "DeviceInfo",
    "EngineEvent",
    "OverviewDone",
    "PartReady",
    "PredictionReport",
    "Progress",
]


@dataclass(frozen=True)
class DeviceInfo:
    """What predictions run on.

    Attributes
    ----------
    name : str
        As its maker calls it.
    kind : {"cuda", "mps", "cpu"}
        Kind of device.
    free_bytes : int
        Memory free now.
    precision : {"float32", "bfloat16", "float16"}
        Number format of the forward pass.
    """

    name: str
    kind: Literal["cuda", "mps", "cpu"]
    free_bytes: int
    precision: Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True, eq=False)
class BlockDone:
    """A block is in the store.

    Attributes
    ----------
    window : Window
        Its pixels.
    labels, confidence : ndarray, (window.height, window.width), uint8
        What was stored there.
    """

    window: Window
    labels: npt.NDArray[np.uint8]
    confidence: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PartReady(BlockDone):
    """Part of the first block in view, ahead of the whole: the same pixels, not yet in the store."""


@dataclass(frozen=True)
class BlockFailed:
    """A block could not be predicted; it stays missing, and the job incomplete.

    Attributes
    ----------
    window : Window
        Its pixels.
    found, remedy : str
        Why, and what to do.
    """

    window: Window
    found: str
    remedy: str


@dataclass(frozen=True)
class Progress:
    """How far a prediction has come.

    Attributes
    ----------
    done, total : int
        Blocks in the store and blocks asked for.
    pixels_per_second : float
        Since the first block of this run; 0 before.
    eta_s : float or None
        Seconds to go at that speed; None before it is known.
    """

    done: int
    total: int
    pixels_per_second: float
    eta_s: float | None


@dataclass(frozen=True)
class Changed:
    """The engine did something else than asked: smaller batch, other device, a worker restarted."""

    message: str


@dataclass(frozen=True)
class OverviewDone:
    """The coarse pass is in the store."""


EngineEvent = BlockDone | BlockFailed | Progress | Changed | OverviewDone


@dataclass(frozen=True)
class PredictionReport:
    """What came of a prediction.

    Attributes
    ----------
    done, missing : tuple of Window
        Blocks of the region that are in the store, and those that are not.
    failed : tuple of BlockFailed
        Those of the missing ones that were tried in vain.
    cancelled : bool
        Whether the user stopped it.
    changes : tuple of str
        What was done otherwise than asked, in the order it happened.
    seconds : float
        Duration of this run.
    pixels_per_second : float
        Pixels predicted by this run per second; 0 when everything was there already.
    device, precision : str
        What it ran on; empty when nothing was run.
    """

    done: tuple[Window, ...]
    missing: tuple[Window, ...]
    failed: tuple[BlockFailed, ...]
    cancelled: bool
    changes: tuple[str, ...]
    seconds: float
    pixels_per_second: float
    device: str
    precision: str

    @property
    def is_complete(self) -> bool:
        """Whether the whole region is predicted."""
        return not self.missing
