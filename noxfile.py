"""What a newcomer, a developer and a continuous integration run type: ``nox -s demo``, ``nox -s test``, …"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.options.sessions = ["lint", "test"]
nox.options.reuse_existing_virtualenvs = True
nox.needs_version = ">=2024.4.15"

DEBIAN_PACKAGES = (
    "xvfb", "libegl1", "libfontconfig1", "libglib2.0-0", "libdbus-1-3", "libxkbcommon-x11-0", "libxcb-cursor0",
    "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0",
)  # fmt: skip
SHARED = Path(".nox") / "shared"  # one environment for all sessions: torch alone is 5 GB


def _python(session: nox.Session) -> str:
    return str((SHARED / ("Scripts" if sys.platform == "win32" else "bin") / "python").absolute())


def _install(session: nox.Session) -> str:
    """Make or update the environment that the sessions share; return its interpreter."""
    python = _python(session)
    if not Path(python).exists():
        session.run(sys.executable, "-m", "venv", str(SHARED), external=True)
    session.run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip", external=True)
    session.run(python, "-m", "pip", "install", "--quiet", "-e", ".[gui,test,lint,docs]", external=True)
    return python
