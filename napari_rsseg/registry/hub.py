"""Where a download is: pinned here, or told by the listing of a Hugging Face repository."""

from __future__ import annotations

import json
import threading
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.listening import listening
from napari_rsseg.registry.remote import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.registry.downloads import Download

__all__ = ["locate"]

_LONGEST_LISTING = 8_000_000  # bytes; those of the repositories named here have some thousand


def locate(download: Download, cancelled: threading.Event | None = None) -> RemoteFile | None:
    """Return where a file is and what it must be; a repository is asked for its listing.

    The listing comes from huggingface.co, or from the mirror that ``HF_ENDPOINT`` names.

    Parameters
    ----------
    download : Download
        What is wanted.
    cancelled : threading.Event, optional
        Set it to stop, within a second.

    Returns
    -------
    RemoteFile or None
        None when it was cancelled.

    Raises
    ------
    ModelError
        When the repository cannot be asked, or holds no such file.
    """
    if download.url:
        return RemoteFile(
            name=download.file,
            url=download.url,
            size=download.size or 0,
            sha256=download.sha256 or "",
            md5_start=download.md5_start,
            by_hand=download.by_hand,
        )
    files = _listing(download, cancelled or threading.Event())
    if files is None:
        return None
    path, size, sha256 = _chosen(download, files)
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(download.repository, path)
    return RemoteFile(name=path, url=url, size=size, sha256=sha256, by_hand=download.by_hand)


def _listing(download: Download, cancelled: threading.Event) -> list[tuple[str, int, str]] | None:
    """Return path, bytes and sha256 of the large files of a repository; None when it was cancelled."""
    from huggingface_hub import constants

    address = f"{constants.ENDPOINT}/api/models/{download.repository}/tree/main?recursive=true"
    listing = RemoteFile(name=download.file, url=address, size=0, by_hand=download.by_hand)
    with listening(listing, {"Accept": "application/json"}, None, cancelled) as answer:
        text = b"" if answer is None else _beginning(answer.chunks)
        if cancelled.is_set():
            return None
        try:
            entries = json.loads(text)
            return [
                (str(entry["path"]), int(entry["size"]), str(entry["lfs"]["oid"]))
                for entry in entries
                if entry.get("lfs")
            ]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(
                f"{address} gives no listing of a repository ({type(error).__name__}).", download.by_hand
            ) from None


def _beginning(chunks: Iterator[bytes]) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) >= _LONGEST_LISTING:
            break
    return bytes(found[:_LONGEST_LISTING])


def _chosen(download: Download, files: list[tuple[str, int, str]]) -> tuple[str, int, str]:
    """Return the one file of the pattern; of several the one that is called after its network, or best."""
    found = [entry for entry in files if fnmatch(entry[0], download.file)]
    for word in (download.family, "best"):
        found = [entry for entry in found if word in entry[0].lower()] or found
    if len(found) != 1:
        names = ", ".join(entry[0] for entry in (found or files)[:8])
        raise ModelError(
            f"{download.repository} holds {len(found)} files that could be {download.name} ({names}).",
            f"Get the right one from {download.origin} and run: "
            f"napari-rsseg models import FILE --as {download.name}",
        )
    return found[0]
