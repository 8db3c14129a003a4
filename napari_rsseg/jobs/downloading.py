"""Models fetched on request: the file by this process, the import by one that loads torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError
from napari_rsseg.jobs.importing_child import import_any_in_child, import_in_child
from napari_rsseg.registry.downloads import find_download
from napari_rsseg.registry.fetching import fetch, verify
from napari_rsseg.registry.hub import locate
from napari_rsseg.registry.remote import RemoteFile
from napari_rsseg.registry.sources import find_model, scan_models

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from napari_rsseg.registry.downloads import Download
    from napari_rsseg.registry.remote import Patience
    from napari_rsseg.registry.sources import ModelFile

__all__ = ["DownloadProgress", "download_model"]


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is.

    Attributes
    ----------
    done, total : int
        Bytes that are here, and of the whole file.
    importing : bool
        Whether all bytes are here and the file is being taken into the models folder.
    """

    done: int
    total: int
    importing: bool = False

    @property
    def share(self) -> float:
        """Part that is here, 0 to 1."""
        return self.done / self.total if self.total else 0.0


def download_model(
    name: str,
    *,
    on_progress: Callable[[DownloadProgress], None],
    cancelled: threading.Event,
    overwrite: bool = False,
    patience: Patience | None = None,
) -> ModelFile | None:
    """Fetch a model by its name and take it into the user's models folder; blocks, for any thread.

    A file that was put where downloads lie is taken as it is. What arrived before a break, a cancellation or
    the end of the program is not asked for again.

    Parameters
    ----------
    name : str
        Of one of ``registry.downloads.DOWNLOADS``.
    on_progress : callable
        Called on the calling thread.
    cancelled : threading.Event
        Set it to stop; the call ends within a second, also while the server is silent.
    overwrite : bool
        Whether an installed model of this name may be replaced.
    patience : Patience, optional
        How long a silent server is waited for.

    Returns
    -------
    ModelFile or None
        The installed model; None when it was cancelled.

    Raises
    ------
    ModelError
        When nothing has this name, the server cannot be reached or serves another file, or the file cannot be
        imported.
    OutputError
        When the model is installed already, or the disk cannot be written.
    """
    download = find_download(name)
    installed = {model.card.name for model in scan_models().models}
    if download.name in installed and not overwrite:
        raise OutputError(f"{download.name} is installed already.", "Remove it first, or allow overwriting.")

    def tell(done: int, total: int) -> None:
        on_progress(DownloadProgress(done, total))

    if download.path.is_file():
        _check_pinned(download)
    else:
        source = locate(download, cancelled)
        if source is None or not fetch(
            source, download.path, on_progress=tell, cancelled=cancelled, patience=patience
        ):
            return None
    size = download.path.stat().st_size
    on_progress(DownloadProgress(size, size, importing=True))
    if download.family == "ktda":
        import_in_child(download.path, download.name, overwrite=overwrite)
    else:
        import_any_in_child(download.path, name=download.name, overwrite=overwrite)
    return find_model(download.name)


def _check_pinned(download: Download) -> None:
    """Compare a file that was put here by hand with the digest that is known without asking."""
    if download.sha256:
        here = RemoteFile(download.file, str(download.path), download.size or 0, download.sha256)
        verify(download.path, here)
