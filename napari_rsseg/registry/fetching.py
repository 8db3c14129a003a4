"""One file from the network: what is there already is kept, what arrives is checked before it counts."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.listening import listening
from napari_rsseg.registry.remote import Patience, RemoteFile
from napari_rsseg.scenes.replacing import output_errors

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from napari_rsseg.registry.listening import Answer

__all__ = ["fetch", "verify"]


@dataclass
class _Part:
    """What has arrived of a file, and what the server called it."""

    path: Path
    source: RemoteFile
    validator: str = ""
    told: Path = field(init=False)

    def __post_init__(self) -> None:
        self.told = self.path.with_name(self.path.name + ".json")
        try:
            known = json.loads(self.told.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = None
        if isinstance(known, dict) and known.get("source") == asdict(self.source):
            self.validator = str(known.get("validator", ""))
        else:
            self.drop()

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def begin(self, validator: str) -> None:
        """Start from nothing, and remember of which state of the server's file this is a part."""
        self.path.write_bytes(b"")
        self.validator = validator
        self.told.write_text(json.dumps({"source": asdict(self.source), "validator": validator}), "utf-8")

    def drop(self) -> None:
        for path in (self.path, self.told):
            path.unlink(missing_ok=True)


def fetch(
    source: RemoteFile,
    target: Path,
    *,
    on_progress: Callable[[int, int], None],
    cancelled: threading.Event,
    patience: Patience | None = None,
) -> bool:
    """Get a file; what arrived before a break, here or in an earlier run, is not asked for again.

    Parameters
    ----------
    source : RemoteFile
        Where it is, how long it is, and its digest.
    target : Path
        Appears only when all bytes are there and have the digest; until then ``<name>.part`` stands beside.
    on_progress : callable
        Told the bytes that are here and the bytes of the whole.
    cancelled : threading.Event
        Set it to stop, within a second also where the server is silent; what arrived is kept.
    patience : Patience, optional
        How long a silent server is waited for.

    Returns
    -------
    bool
        Whether the file is there; False when it was cancelled.

    Raises
    ------
    ModelError
        When the server cannot be reached, stops, refuses, or serves another file.
    OutputError
        When the folder cannot be written or the disk has no room.
    """
    with output_errors(target), _alone(target):
        part = _Part(target.with_name(target.name + ".part"), source)
        _check_room(part)
        if not _fill(part, on_progress, cancelled, patience or Patience()):
            return False
        try:
            verify(part.path, source)
        except ModelError:
            part.drop()
            raise
        part.path.replace(target)
        part.drop()
        return True


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Hold the right to fetch a file, which the system takes back when the process ends.

    Raises
    ------
    ModelError
        When another window or command fetches it now.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(target.name + ".lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ModelError(
            f"{target.name} is being downloaded already, by another window or command.",
            "Wait until it is done there, or cancel it there.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def verify(path: Path, source: RemoteFile) -> None:
    """Compare a file with the digests that its publisher names.

    Raises
    ------
    ModelError
        When they differ.
    """
    wanted = [
        (name, start) for name, start in (("sha256", source.sha256), ("md5", source.md5_start)) if start
    ]
    for name, start in wanted:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, name).hexdigest()
        if not found.startswith(start):
            raise ModelError(
                f"What came from {source.url} is another file: its {name} is {found}, it should be {start}"
                f"{'' if len(start) == len(found) else '…'}.",
                "Try on another network; if it stays so, its authors have changed it: do not use it.",
            )


def _check_room(part: _Part) -> None:
    free, missing = shutil.disk_usage(part.path.parent).free, part.source.size - part.size
    if missing > free:
        raise ModelError(
            f"{part.source.name} needs {missing:,} more bytes, the disk of {part.path.parent} has {free:,}.",
            "Free space there, or set RSSEG_CACHE to a folder on a larger disk.",
        )


def _fill(
    part: _Part, on_progress: Callable[[int, int], None], cancelled: threading.Event, patience: Patience
) -> bool:
    """Ask until all bytes are here; give up after some tries in a row that brought nothing."""
    fruitless = 0
    while part.size < part.source.size:
        before = part.size
        on_progress(before, part.source.size)
        try:
            _receive(part, on_progress, cancelled, patience)
        except ModelError as error:
            fruitless = fruitless + 1 if part.size <= before else 0
            if not patience.is_worth(error, fruitless):
                raise
            cancelled.wait(patience.pause_s * 2**fruitless)
        if cancelled.is_set():
            return False
    on_progress(part.size, part.source.size)
    return not cancelled.is_set()


def _receive(
    part: _Part, on_progress: Callable[[int, int], None], cancelled: threading.Event, patience: Patience
) -> None:
    """Ask once for what is missing and write what comes."""
    source = part.source
    headers = {}
    if part.size and (part.validator or source.sha256):
        headers["Range"] = f"bytes={part.size}-"
        if part.validator:
            headers["If-Range"] = part.validator  # of a file that has changed the server sends all
    with listening(source, headers, patience, cancelled) as answer:
        if answer is None:
            return
        _place(part, answer)
        with part.path.open("ab") as stream:
            for chunk in answer.chunks:
                stream.write(chunk)
                stream.flush()
                on_progress(part.size, source.size)
                if part.size > source.size:
                    part.drop()
                    raise source.is_another(f"it has more than {source.size:,} bytes")
                if cancelled.is_set():
                    return
    if part.size < source.size and not cancelled.is_set():
        raise source.broken(part.size)


def _place(part: _Part, answer: Answer) -> None:
    """Continue the part where the answer does, else start anew.

    Raises
    ------
    ModelError
        When the server's file has another length.
    TransferError
        When the server's file has become shorter than the part.
    """
    source = part.source
    if answer.status_code == 416:
        part.drop()
        raise source.broken(0)
    span = answer.headers.get("Content-Range", "")
    continues = answer.status_code == 206 and span.startswith(f"bytes {part.size}-")
    total = span.rpartition("/")[2] if continues else answer.headers.get("Content-Length", "")
    if total.isdigit() and int(total) != source.size:
        part.drop()
        raise source.is_another(f"it has {int(total):,} bytes instead of {source.size:,}")
    if not continues:
        etag = answer.headers.get("ETag", "")
        strong = etag if etag and not etag.startswith("W/") else ""
        part.begin(strong or answer.headers.get("Last-Modified", ""))
