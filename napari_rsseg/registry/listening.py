"""An answer read on a thread of its own: who does not want it any more waits for no silent server."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.remote import asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_rsseg.registry.remote import Patience, RemoteFile

__all__ = ["Answer", "listening"]

_CHUNK = 1 << 16
_AHEAD = 16  # chunks that may wait to be taken
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Answer:
    """What a server answers.

    Attributes
    ----------
    status_code : int
        Of HTTP.
    headers : mapping of str
        Asked for in any case of letters.
    chunks : iterator of bytes
        The content as it comes; ends early when it is cancelled.
    """

    status_code: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class _Head:
    status_code: int
    headers: Mapping[str, str]


class _End:
    """Nothing comes after this."""


_Item = _Head | bytes | ModelError | OSError | _End


@contextmanager
def listening(
    source: RemoteFile, headers: Mapping[str, str], patience: Patience | None, cancelled: threading.Event
) -> Iterator[Answer | None]:
    """Ask for a file and give the answer; what `asked` raises is raised here or while chunks are taken.

    Parameters
    ----------
    source, headers, patience
        As in `asked`.
    cancelled : threading.Event
        Set it, and nothing is waited for any more; the connection ends when the server's patience does.

    Yields
    ------
    Answer or None
        None when it was cancelled before the server said anything.
    """
    line = _Line()
    threading.Thread(
        target=_listen, args=(line, source, headers, patience), name="rsseg-download", daemon=True
    ).start()
    try:
        head = line.take(cancelled)
        yield (
            Answer(head.status_code, head.headers, _chunks(line, cancelled))
            if isinstance(head, _Head)
            else None
        )
    finally:
        line.hung_up.set()


class _Line:
    """Between the thread that listens and the one that takes; short, so that memory stays small."""

    def __init__(self) -> None:
        self.hung_up = threading.Event()
        self._waiting: queue.Queue[_Item] = queue.Queue(_AHEAD)

    def give(self, item: _Item) -> bool:
        """Hand something on; False when nobody takes it any more."""
        while not self.hung_up.is_set():
            try:
                self._waiting.put(item, timeout=_LOOK_EVERY_S)
            except queue.Full:
                continue
            return True
        return False

    def take(self, cancelled: threading.Event) -> _Item:
        """Return what comes next, the end when it is cancelled; raise what went wrong."""
        while not cancelled.is_set():
            try:
                item = self._waiting.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                continue
            if isinstance(item, Exception):
                raise item
            return item
        return _End()


def _listen(line: _Line, source: RemoteFile, headers: Mapping[str, str], patience: Patience | None) -> None:
    try:
        with asked(source, headers, patience) as response:
            line.give(_Head(response.status_code, response.headers))
            for chunk in response.iter_content(_CHUNK):
                if not line.give(chunk):
                    return
    except (ModelError, OSError) as error:
        line.give(error)
    finally:
        line.give(_End())


def _chunks(line: _Line, cancelled: threading.Event) -> Iterator[bytes]:
    while isinstance(chunk := line.take(cancelled), bytes):
        yield chunk
