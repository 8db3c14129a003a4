"""Where a download is: pinned here, or told by the listing of a Hugging Face repository."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.remote import RemoteFile, asked

if TYPE_CHECKING:
    from napari_rsseg.registry.downloads import Download

__all__ = ["locate"]

_LONGEST_LISTING = 8_000_000  # bytes; those of the repositories named here have some thousand


def locate(download: Download) -> RemoteFile:
    """Return where a file is and what it must be; a repository is asked for its listing.

    The listing comes from huggingface.co, or from the mirror that ``HF_ENDPOINT`` names.

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
    path, size, sha256 = _chosen(download, _listing(download))
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(download.repository, path)
    return RemoteFile(name=path, url=url, size=size, sha256=sha256, by_hand=download.by_hand)


def _listing(download: Download) -> list[tuple[str, int, str]]:
    """Return path, bytes and sha256 of the large files of a repository."""
    from huggingface_hub import constants

    address = f"{constants.ENDPOINT}/api/models/{download.repository}/tree/main?recursive=true"
    listing = RemoteFile(name=download.file, url=address, size=0, by_hand=download.by_hand)
    with asked(listing, {"Accept": "application/json"}) as response:
        try:
            entries = json.loads(response.raw.read(_LONGEST_LISTING))
            return [
                (str(entry["path"]), int(entry["size"]), str(entry["lfs"]["oid"]))
                for entry in entries
                if entry.get("lfs")
            ]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(
                f"{address} gives no listing of a repository ({type(error).__name__}).", download.by_hand
            ) from None


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
