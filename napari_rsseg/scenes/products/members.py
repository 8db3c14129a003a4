"""Files of a product, whether it is a folder, a zip or a tar archive."""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from napari_rsseg.errors import SceneError

__all__ = ["ProductFiles", "product_files"]

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
_MOST_METADATA_BYTES = 64 * 2**20
_MOST_FILES = 20_000


@dataclass(frozen=True)
class ProductFiles:
    """Names of a product's files, and how to read them.

    Attributes
    ----------
    root : Path
        Folder or archive.
    names : tuple of str
        Files below it, with forward slashes, sorted.
    """

    root: Path
    names: tuple[str, ...]

    def ending(self, *endings: str) -> list[str]:
        """Return the names that end so, whatever the case."""
        wanted = tuple(ending.lower() for ending in endings)
        return [name for name in self.names if name.lower().endswith(wanted)]

    def gdal_path(self, name: str) -> str:
        """Return what GDAL opens for a file of the product."""
        if self.root.is_dir():
            return str(self.root / name)
        prefix = "/vsizip/" if self.root.name.lower().endswith(".zip") else "/vsitar/"
        return f"{prefix}{{{self.root}}}/{name}"

    def text(self, name: str) -> str:
        """Return a metadata file.

        Raises
        ------
        SceneError
            When it is damaged or far too large.
        """
        try:
            data = self._bytes(name)
        except (
            OSError,
            EOFError,
            zipfile.BadZipFile,
            tarfile.TarError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise SceneError(
                f"{name} in {self.root} cannot be read ({error}).", "Download the product again."
            ) from error
        if len(data) > _MOST_METADATA_BYTES:
            raise SceneError(
                f"{name} in {self.root} is larger than any product's metadata.", "Download the product again."
            )
        return data.decode("utf-8", errors="replace")

    def _bytes(self, name: str) -> bytes:
        if self.root.is_dir():
            with (self.root / name).open("rb") as stream:
                return stream.read(_MOST_METADATA_BYTES + 1)
        if self.root.name.lower().endswith(".zip"):
            with zipfile.ZipFile(self.root) as archive, archive.open(name) as member:
                return member.read(_MOST_METADATA_BYTES + 1)
        with tarfile.open(self.root) as tar:
            extracted = tar.extractfile(name)
            return extracted.read(_MOST_METADATA_BYTES + 1) if extracted else b""


def product_files(path: Path) -> ProductFiles | None:
    """Return the files of a folder or archive; None where the path is neither, or no readable archive."""
    if path.is_dir():
        found: list[str] = []
        for file in path.rglob("*"):
            if len(found) == _MOST_FILES:
                return None
            if file.is_file():
                found.append(file.relative_to(path).as_posix())
        return ProductFiles(path, tuple(sorted(found)))
    if not path.name.lower().endswith(_ARCHIVES):
        return None
    try:
        names = _archived(path)
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise SceneError(
            f"{path} is no archive that can be read ({error}).", "Download the product again."
        ) from error
    safe = [name for name in names if not PurePosixPath(name).is_absolute() and ".." not in name]
    return ProductFiles(path, tuple(sorted(safe)))


def _archived(path: Path) -> list[str]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            return [info.filename for info in archive.infolist() if not info.is_dir()]
    with tarfile.open(path) as tar:
        return [member.name for member in tar.getmembers() if member.isfile()]
