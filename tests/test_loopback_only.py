"""The guard that stands in for a cut network where no network namespace can be made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GUARD = Path(__file__).parent / "loopback_only"

LISTEN_AND_CONNECT = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    print("connected")
"""


def run_guarded(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that finds the guard on its path."""
    environment = {"PYTHONPATH": str(GUARD), "PATH": ""}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )


def test_loopback_stays_open() -> None:
    assert run_guarded(LISTEN_AND_CONNECT).stdout == "connected\n"


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    ],
    ids=["a connection", "a name", "a datagram"],
)
def test_other_hosts_are_refused(code: str) -> None:
    assert "The network is blocked in this run" in run_guarded(code).stderr
