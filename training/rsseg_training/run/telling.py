"""Events of a run while it trains."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rsseg_training.run.folder import RunFolder

__all__ = ["Teller"]

_TELL_EVERY_S = 1.0


class Teller:
    """Tells of steps, at most once a second and always of the last one.

    Parameters
    ----------
    folder : RunFolder
        Where events go.
    steps : int
        Number of the last step.
    """

    def __init__(self, folder: RunFolder, steps: int) -> None:
        self._folder, self._steps, self._told = folder, steps, 0.0

    def __call__(self, step: int, terms: dict[str, float]) -> None:
        """Take note of a step (1-based) and its terms."""
        now = time.monotonic()
        if step == self._steps or now - self._told >= _TELL_EVERY_S:
            self._told = now
            losses = {name: round(value, 6) for name, value in terms.items()}
            self._folder.tell("step", step=step, steps=self._steps, losses=losses)
