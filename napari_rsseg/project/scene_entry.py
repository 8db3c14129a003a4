"""What a project knows of a scene: where it is, what it looked like, and what differs if it changed."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from napari_rsseg.project.times import utc_text
from napari_rsseg.scenes.radiometry import Radiometry
from napari_rsseg.scenes.scene import BandRole

if TYPE_CHECKING:
    import sqlite3

    from napari_rsseg.scenes.scene import Scene

__all__ = ["SceneEntry", "SceneFacts", "is_file", "relative_uri", "resolved_uri"]

_PIECE_BYTES = 65_536
_PIECES = 16


class SceneFacts(BaseModel):
    """What the fingerprint does not tell apart, so that a refusal can say what differs.

    Attributes
    ----------
    place : str
        Absolute path or address when it was added.
    bytes : int or None
        Size of the file; None for folders and addresses.
    modified : str or None
        When the file was last changed, ISO 8601 in UTC.
    content : str or None
        Digest of its size and of pieces spread over it, which copies of the file share.
    bands : tuple of (str, str)
        Name and number type of each band.
    roles : tuple of (int, BandRole or None)
        Corrections of band roles made by the user.
    radiometry : Radiometry or None
        Mapping of numbers to values when it was added, for all later readers.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    place: str
    bytes: int | None = None
    modified: str | None = None
    content: str | None = None
    bands: tuple[tuple[str, str], ...] = ()
    roles: tuple[tuple[int, BandRole | None], ...] = ()
    radiometry: Radiometry | None = None

    @classmethod
    def of(cls, scene: Scene) -> SceneFacts:
        """Return the facts of an opened scene."""
        path = Path(scene.uri)
        kept: dict[str, object] = {}
        if is_file(scene.uri) and path.is_file():
            stat = path.stat()
            modified = utc_text(datetime.fromtimestamp(stat.st_mtime, UTC))
            kept = {"bytes": stat.st_size, "modified": modified, "content": _content(path, stat.st_size)}
        return cls(
            place=str(path.absolute()) if is_file(scene.uri) else scene.uri,
            bands=tuple((band.name, band.dtype) for band in scene.bands),
            roles=scene.reference.roles,
            radiometry=scene.reference.radiometry,
            **kept,
        )


@dataclass(frozen=True)
class SceneEntry:
    """A scene of a project.

    Attributes
    ----------
    id : str
        Names its folder in the project.
    uri : str
        Absolute path or address at which it was last.
    fingerprint : str
        Digest of the file that was added.
    title : str
        As lists show it.
    height, width : int
        Size in pixels.
    crs_wkt : str or None
        Coordinate reference system.
    affine : tuple of 6 float
        From (column, row) to map coordinates, as in ``Georeference``.
    gsd_m : float or None
        Ground sampling distance in metres.
    acquired : str or None
        Date of acquisition, ISO 8601.
    facts : SceneFacts
        What else the file looked like.
    """

    id: str
    uri: str
    fingerprint: str
    title: str
    height: int
    width: int
    crs_wkt: str | None
    affine: tuple[float, float, float, float, float, float]
    gsd_m: float | None
    acquired: str | None
    facts: SceneFacts = field(repr=False)

    @classmethod
    def of_row(cls, row: sqlite3.Row, root: Path) -> SceneEntry:
        """Return the scene of a row of the catalogue in this project folder."""
        a, b, c, d, e, f = json.loads(row["affine"])
        facts = SceneFacts.model_validate_json(row["facts"])
        return cls(
            id=row["id"],
            uri=resolved_uri(row["uri"], root),
            fingerprint=row["fingerprint"],
            title=row["title"],
            height=row["height"],
            width=row["width"],
            crs_wkt=row["crs_wkt"],
            affine=(a, b, c, d, e, f),
            gsd_m=row["gsd_m"],
            acquired=row["acquired"],
            facts=facts,
        )

    def differences(self, scene: Scene) -> list[str]:
        """Return what differs between the scene that was added and one that is opened, in words."""
        now = SceneFacts.of(scene)
        pairs = [
            ("size", f"{self.height} x {self.width} px", f"{scene.height} x {scene.width} px"),
            ("bands", _band_words(self.facts), _band_words(now)),
            ("reference system", _name_of(self.crs_wkt), _name_of(scene.georeference.crs_wkt)),
            ("place on the map", self.affine, scene.georeference.affine),
            ("bytes", self.facts.bytes, now.bytes),
            ("time of change", self.facts.modified, now.modified),
        ]
        found = [f"{what} {was} became {became}" for what, was, became in pairs if was != became]
        if self.facts.content != now.content and self.facts.bytes == now.bytes:
            found.append("its pixels or tags")
        return found or ["its fingerprint"]

    def is_copy(self, scene: Scene) -> bool:
        """Whether a scene is the same but for its name and time of change."""
        now = SceneFacts.of(scene)
        return now.content is not None and now.content == self.facts.content


def is_file(uri: str) -> bool:
    """Whether a scene is a file or folder rather than an address or a synthetic scene."""
    return "://" not in uri and not uri.startswith("synthetic:")


def relative_uri(uri: str, root: Path) -> str:
    """Return how a project refers to a scene: relative to its folder where both lie on one disk."""
    if not is_file(uri):
        return uri
    path = Path(uri).absolute()
    try:
        return Path(os.path.relpath(path, root.absolute())).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()


def resolved_uri(uri: str, root: Path) -> str:
    """Return the absolute path of what a project refers to; addresses as they are."""
    return os.path.normpath(root.absolute() / uri) if is_file(uri) else uri


def _content(path: Path, size: int) -> str:
    digest = hashlib.sha256(f"{size};".encode())
    with path.open("rb") as stream:
        for index in range(_PIECES):
            stream.seek(max(size - _PIECE_BYTES, 0) * index // (_PIECES - 1))
            digest.update(stream.read(_PIECE_BYTES))
    return digest.hexdigest()


def _band_words(facts: SceneFacts) -> str:
    return ", ".join(f"{name} ({dtype})" for name, dtype in facts.bands)


def _name_of(crs_wkt: str | None) -> str:
    if crs_wkt is None:
        return "none"
    from pyproj import CRS

    return str(CRS.from_wkt(crs_wkt).name)
