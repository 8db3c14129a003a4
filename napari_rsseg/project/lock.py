"""Who may write a project: a lock that the operating system holds, so no crash leaves it behind."""

from __future__ import annotations

import contextlib
import os
import platform
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from napari_rsseg.project.times import utc_now

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ProjectLock"]


class ProjectLock:
    """The right to write one project folder.

    Parameters
    ----------
    root : Path
        The project folder.
    """

    def __init__(self, root: Path) -> None:
        # the words lie beside the lock: some versions of filelock empty the lock file on every try
        self._words = root / "lock.holder"
        self._lock = FileLock(root / "lock", thread_local=False)
        self.holder = ""

    def acquire(self, annotator: str) -> bool:
        """Take the right to write, if nobody has it; ``holder`` then says who has.

        Parameters
        ----------
        annotator : str
            Name that others read who come second.

        Returns
        -------
        bool
            Whether this object may write.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            self.holder = self._said() or "another program"
            return False
        except (OSError, NotImplementedError) as error:  # no rights, a read-only or a very simple disk
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self.holder = f"nobody: the folder cannot be locked ({reason})"
            return False
        self.holder = f"{annotator}, process {os.getpid()} on {platform.node()} since {utc_now()}"
        with contextlib.suppress(OSError):  # only the sentence for others would be poorer
            self._words.write_text(self.holder, encoding="utf-8")
        return True

    def release(self) -> None:
        """Let others write."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._words.unlink(missing_ok=True)
            self._lock.release()

    def _said(self) -> str:
        try:
            return self._words.read_text(encoding="utf-8").strip()
        except OSError:
            return ""
