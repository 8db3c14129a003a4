"""The scenes of a catalogue, each repeated in a file beside its labels so that neither is the only copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_rsseg.errors import ProjectError
from napari_rsseg.project.scene_entry import SceneEntry, SceneFacts, relative_uri
from napari_rsseg.project.times import utc_now
from napari_rsseg.scenes.replacing import replacing

if TYPE_CHECKING:
    from napari_rsseg.project.catalogue import Catalogue
    from napari_rsseg.scenes.scene import Scene

__all__ = ["SCENE_FILE", "all_scenes", "insert_scene", "move_scene", "restore_scene", "scene_of"]

SCENE_FILE = "scene.json"

_COLUMNS = (
    "id", "uri", "fingerprint", "title", "height", "width", "crs_wkt", "affine", "gsd_m", "acquired", "facts",
    "added_at",
)  # fmt: skip


def all_scenes(catalogue: Catalogue, root: Path) -> tuple[SceneEntry, ...]:
    """Return the scenes in the order in which they were added."""
    return tuple(
        SceneEntry.of_row(row, root) for row in catalogue.rows("SELECT * FROM scenes ORDER BY rowid")
    )


def scene_of(catalogue: Catalogue, root: Path, *, column: str, value: str) -> SceneEntry | None:
    """Return the scene whose ``id`` or ``fingerprint`` is this; None where there is none."""
    assert column in _COLUMNS
    rows = catalogue.rows(f"SELECT * FROM scenes WHERE {column} = ?", (value,))
    return SceneEntry.of_row(rows[0], root) if rows else None


def insert_scene(catalogue: Catalogue, root: Path, scene_id: str, scene: Scene) -> None:
    """Write down a scene that is new to the project.

    Raises
    ------
    OutputError
        When the catalogue or the file beside the labels cannot be written.
    """
    place = scene.georeference
    row: dict[str, Any] = {
        "id": scene_id,
        "title": Path(scene.uri).stem,
        "height": scene.height,
        "width": scene.width,
        "crs_wkt": place.crs_wkt,
        "affine": json.dumps(place.affine),
        "gsd_m": scene.gsd_m,
        "acquired": scene.acquired,
        "added_at": utc_now(),
        **_where(scene, root),
    }
    _insert(catalogue, row)
    _write_file(root, row)


def move_scene(catalogue: Catalogue, root: Path, scene_id: str, scene: Scene) -> None:
    """Write down where a scene is now.

    Raises
    ------
    ProjectError
        When that file is another scene of the project already.
    OutputError
        When the catalogue or the file beside the labels cannot be written.
    """
    now = _where(scene, root)
    other = scene_of(catalogue, root, column="fingerprint", value=scene.fingerprint)
    if other is not None and other.id != scene_id:
        raise ProjectError(
            f"{scene.uri} is scene {other.id} of the project already.", f"Name another file for {scene_id}."
        )
    with catalogue.transaction() as connection:
        connection.execute(
            "UPDATE scenes SET uri = :uri, fingerprint = :fingerprint, facts = :facts WHERE id = :id",
            {**now, "id": scene_id},
        )
    (row,) = catalogue.rows("SELECT * FROM scenes WHERE id = ?", (scene_id,))
    _write_file(root, dict(row))


def restore_scene(catalogue: Catalogue, root: Path, folder: Path) -> str | None:
    """Bring a scene back into a catalogue that lost it, from the file beside its labels; return its id.

    Returns
    -------
    str or None
        None where the catalogue knows it, or the file is missing or damaged.
    """
    try:
        row = json.loads((folder / SCENE_FILE).read_text(encoding="utf-8"))
        row = {column: row[column] for column in _COLUMNS}
        SceneFacts.model_validate_json(row["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if scene_of(catalogue, root, column="id", value=row["id"]) is not None:
        return None
    _insert(catalogue, row)
    return str(row["id"])


def _where(scene: Scene, root: Path) -> dict[str, str]:
    return {
        "uri": relative_uri(scene.uri, root),
        "fingerprint": scene.fingerprint,
        "facts": SceneFacts.of(scene).model_dump_json(),
    }


def _insert(catalogue: Catalogue, row: dict[str, Any]) -> None:
    names = ", ".join(_COLUMNS)
    values = ", ".join(f":{column}" for column in _COLUMNS)
    with catalogue.transaction() as connection:
        connection.execute(f"INSERT INTO scenes ({names}) VALUES ({values})", row)


def _write_file(root: Path, row: dict[str, Any]) -> None:
    with replacing(root / "scenes" / row["id"] / SCENE_FILE, overwrite=True) as draft:
        draft.write_text(json.dumps(row, indent=1), encoding="utf-8")
