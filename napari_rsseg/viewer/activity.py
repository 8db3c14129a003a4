"""The run in napari's activity dock."""

from __future__ import annotations

from typing import Any

__all__ = ["Activity"]


class Activity:
    """A progress bar of napari that follows a panel; main thread only."""

    def __init__(self) -> None:
        self._bar: Any = None

    def follow(self, *, running: bool, done: int, total: int, words: str) -> None:
        """Show how far the run is; nothing when there is none."""
        from napari.utils import progress

        if not running:
            if self._bar is not None:
                self._bar.close()
                self._bar = None
            return
        if self._bar is None:
            self._bar = progress(total=max(total, 1), desc=words)
        if total and self._bar.total != total:
            self._bar.total = total
        if done > self._bar.n:
            self._bar.update(done - self._bar.n)
