"""Bring loopback up in a new network namespace, then become the command that follows.

``unshare --net --map-root-user python raise_loopback.py COMMAND…``
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
IFF_UP = 0x1


def raise_loopback() -> None:
    """Set the flag that ``ip link set lo up`` sets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, asked))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


if __name__ == "__main__":
    raise_loopback()
    if sys.argv[1:]:
        os.execvp(sys.argv[1], sys.argv[1:])
