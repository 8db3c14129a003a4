"""The one training loop, on Lightning Fabric."""

from __future__ import annotations

from rsseg_training.loop.averaging import RunningAverage
from rsseg_training.loop.checkpoint import load_state, save_state
from rsseg_training.loop.driving import Course, FitResult, Stepper, check_finite, drive
from rsseg_training.loop.fit import Job, fit, parameter_groups
from rsseg_training.loop.options import LoopOptions
from rsseg_training.loop.schedule import rate_factor

__all__ = [
    "Course",
    "FitResult",
    "Job",
    "LoopOptions",
    "RunningAverage",
    "Stepper",
    "check_finite",
    "drive",
    "fit",
    "load_state",
    "parameter_groups",
    "rate_factor",
    "save_state",
]
