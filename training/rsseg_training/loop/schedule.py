"""Learning rate by step."""

from __future__ import annotations

import math

__all__ = ["cosine_rate", "rate_factor", "warm_up_and_power"]


def rate_factor(step: int, steps: int, *, warm_up: float) -> float:
    """Return the share of the highest rate at a 0-based step: linear growth, then a half cosine to 0."""
    growing = max(1, round(steps * warm_up))
    if step < growing:
        return (step + 1) / growing
    return 0.5 * (1 + math.cos(math.pi * (step - growing) / max(1, steps - growing)))


def warm_up_and_power(step: int, steps: int, *, warm_up: int, decay_from: int) -> float:
    """Return KTDA's share of the highest rate at a 0-based step.

    It grows from 0.001 to 1 within ``warm_up`` steps and, from ``decay_from`` on, is multiplied by
    (1 - share of the remaining steps)^0.9. The published schedule of clouds lets the two overlap.
    """
    growth = 0.001 + 0.999 * min(step, warm_up - 1) / (warm_up - 1)
    passed = max(0, step - decay_from) / (steps - 1 - decay_from)
    return float(growth * (1 - passed) ** 0.9)


def cosine_rate(epoch: int, epochs: int, *, highest: float, lowest: float) -> float:
    """Return TransLandSeg's rate before a 0-based epoch: half a cosine from ``highest`` to ``lowest``."""
    return lowest + (highest - lowest) * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
