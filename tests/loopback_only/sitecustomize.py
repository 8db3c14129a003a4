"""Refuse every host but this one, in whatever Python finds this folder on its path.

Python imports a module of this name when it starts, child processes included.
"""

from __future__ import annotations

import ipaddress
import sys

HERE = {"localhost", "ip6-localhost", "", None}


def is_here(host: object) -> bool:
    """Whether a host name or address is this machine's loopback, or any of its own addresses to listen on."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in HERE:
        return True
    try:
        address = ipaddress.ip_address(str(name))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_other_hosts(event: str, arguments: tuple[object, ...]) -> None:
    """Raise ConnectionRefusedError when a socket would reach, or a name be asked of, another host."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not is_here(host):
        raise ConnectionRefusedError(f"The network is blocked in this run; {event} asked for {host!r}.")


sys.addaudithook(refuse_other_hosts)
