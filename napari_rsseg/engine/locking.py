"""One run per stored prediction: a lock that the operating system holds, so no crash leaves it behind."""

from __future__ import annotations

import contextlib
import os
import platform
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from napari_rsseg.engine.results import cannot_write
from napari_rsseg.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StoreLock"]


class StoreLock:
    """The right to write one store.

    Parameters
    ----------
    store : Path
        Folder of the store; need not exist yet.

    Raises
    ------
    EngineError
        When another run, of this program or another one, writes it now.
    OutputError
        When the folder cannot be written.
    """

    def __init__(self, store: Path) -> None:
        path = store.with_name(store.name + ".lock")
        # not in the lock file itself: some versions of filelock empty it on every try
        self._holder = store.with_name(store.name + ".holder")
        self._lock = FileLock(path, thread_local=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise EngineError(
                "This scene is already being segmented with this model and these options"
                f"{_said_by(self._holder)}.",
                "Wait until it is done, or cancel it there.",
            ) from None
        except OSError as error:
            raise cannot_write(store, error) from None
        with contextlib.suppress(OSError):  # only the sentence above would be poorer
            self._holder.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")

    def release(self) -> None:
        """Let others write."""
        with contextlib.suppress(OSError):
            self._holder.unlink(missing_ok=True)
        self._lock.release()


def _said_by(holder: Path) -> str:
    try:
        text = holder.read_text(encoding="utf-8")
    except OSError:
        return ""
    return f" by {text}" if text else ""
