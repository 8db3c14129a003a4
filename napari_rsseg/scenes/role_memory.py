"""Band roles that a user corrected, remembered for files of the same kind."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_rsseg.errors import SettingsError
from napari_rsseg.scenes.raster import RasterScene
from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.scenes.scene import BandRole
from napari_rsseg.settings import config_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.scene import Scene

__all__ = ["forget_roles", "has_correctable_roles", "memory_file", "remember_roles", "remembered_roles"]

_LOGGER = logging.getLogger(__name__)


class _Kind(BaseModel):
    """What files have in common whose bands mean the same.

    Attributes
    ----------
    sensor : str or None
        Key of ``bands.SENSORS``.
    bands : tuple of str
        Names of the bands.
    dtypes : tuple of str
        Their number types.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sensor: str | None
    bands: tuple[str, ...]
    dtypes: tuple[str, ...]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: _Kind
    roles: tuple[BandRole | None, ...]


class _Memory(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: tuple[_Entry, ...] = ()


def memory_file() -> Path:
    """Where corrections are kept."""
    return config_folder() / "band_roles.json"


def has_correctable_roles(scene: Scene) -> bool:
    """Whether roles of the scene's bands can be corrected: it is read from a file."""
    return isinstance(scene, RasterScene)


def remembered_roles(scene: Scene) -> dict[int, BandRole | None]:
    """Return the roles remembered for files like this one, by band index; empty where there are none."""
    kind = _kind_of(scene)
    found = next((entry for entry in _read().entries if entry.kind == kind), None)
    if found is None or len(found.roles) != len(scene.bands):
        return {}
    return dict(enumerate(found.roles))


def remember_roles(scene: Scene, roles: tuple[BandRole | None, ...]) -> None:
    """Keep the roles of all bands for files like this one.

    Raises
    ------
    SettingsError
        When the settings folder cannot be written.
    """
    kept = [entry for entry in _read().entries if entry.kind != _kind_of(scene)]
    _write(_Memory(entries=(*kept, _Entry(kind=_kind_of(scene), roles=roles))))


def forget_roles(scene: Scene) -> None:
    """Let files like this one open with what they say themselves.

    Raises
    ------
    SettingsError
        When the settings folder cannot be written.
    """
    before = _read().entries
    kept = tuple(entry for entry in before if entry.kind != _kind_of(scene))
    if kept != before:
        _write(_Memory(entries=kept))


def _kind_of(scene: Scene) -> _Kind:
    sensor = scene.sensor if isinstance(scene, RasterScene) else None
    names, dtypes = zip(*((band.name, band.dtype) for band in scene.bands), strict=True)
    return _Kind(sensor=sensor, bands=names, dtypes=dtypes)


def _read() -> _Memory:
    path = memory_file()
    try:
        return _Memory.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _Memory()
    except (OSError, ValueError, ValidationError) as error:
        _LOGGER.warning("remembered band roles are left aside: %s cannot be read (%s)", path, error)
        return _Memory()


def _write(memory: _Memory) -> None:
    path = memory_file()
    try:
        with replacing(path, overwrite=True) as draft:
            draft.write_text(memory.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"The band roles cannot be remembered: {error}",
            "Set RSSEG_CONFIG to a folder that you may write.",
        ) from error
