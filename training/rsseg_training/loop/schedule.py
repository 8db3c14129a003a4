"""Learning rate by step."""

from __future__ import annotations

import math

__all__ = ["rate_factor"]


def rate_factor(step: int, steps: int, *, warm_up: float) -> float:
    """Return the share of the highest rate at a 0-based step: linear growth, then a half cosine to 0."""
    growing = max(1, round(steps * warm_up))
    if step < growing:
        return (step + 1) / growing
    return 0.5 * (1 + math.cos(math.pi * (step - growing) / max(1, steps - growing)))
