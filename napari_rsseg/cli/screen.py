"""A screen for windows: the user's own, or a virtual one where there is none."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["DEBIAN_PACKAGES", "Screen", "has_own_screen", "open_screen"]

DEBIAN_PACKAGES = (
    "xvfb", "libegl1", "libfontconfig1", "libglib2.0-0", "libdbus-1-3", "libxkbcommon-x11-0",
    "libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0",
)  # fmt: skip
"""What Qt and a virtual screen need on a bare Debian or Ubuntu."""

_START_SECONDS = 30


@dataclass(frozen=True)
class Screen:
    """Where windows appear.

    Attributes
    ----------
    environment : mapping
        Variables for a child process that opens windows.
    virtual : bool
        Whether nobody sees them.
    """

    environment: Mapping[str, str]
    virtual: bool


def has_own_screen() -> bool:
    """Whether this session can show windows: always, except on Linux without X11 and Wayland."""
    return not sys.platform.startswith("linux") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


@contextmanager
def open_screen() -> Iterator[Screen]:
    """Use the user's screen, or a virtual one that lives as long as the context.

    Raises
    ------
    SettingsError
        When there is no screen, and Xvfb is missing or does not start.
    """
    if has_own_screen():
        yield Screen(dict(os.environ), virtual=False)
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise SettingsError(
            "This machine has no screen, and Xvfb, a virtual one, is not installed.",
            f"Run: apt-get install --no-install-recommends {' '.join(DEBIAN_PACKAGES)}",
        )
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        os.close(writing)
        number = _display_number(reading)
        # WAYLAND_DISPLAY is unset here, so Qt takes DISPLAY
        yield Screen({**os.environ, "DISPLAY": f":{number}"}, virtual=True)
    finally:
        os.close(reading)
        server.terminate()
        server.wait()


def _display_number(reading: int) -> int:
    """Return the number of the display that Xvfb found free.

    Raises
    ------
    SettingsError
        When Xvfb ended or did not answer.
    """
    ready, _, _ = select.select([reading], [], [], _START_SECONDS)
    text = os.read(reading, 32).strip() if ready else b""
    if not text.isdigit():
        raise SettingsError(
            "Xvfb, the virtual screen, did not start.", "Run Xvfb :99 by hand and read what it says."
        )
    return int(text)
