"""From a plan to a version on disk, whole or not at all, and to its rows in the catalogue."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.card import card_page, data_card
from napari_rsseg.datasets.chips import Chip, ChipPixels, read_chip, write_chip
from napari_rsseg.datasets.contents import settle_folder, written_folder
from napari_rsseg.datasets.sessions import sessions_of
from napari_rsseg.datasets.splitting import SPLITS
from napari_rsseg.datasets.version import CARD, CHIPS, Version, find_version, list_versions
from napari_rsseg.errors import DatasetError
from napari_rsseg.project import Provenance, utc_now
from napari_rsseg.scenes.replacing import output_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from napari_rsseg.datasets.plan import VersionPlan
    from napari_rsseg.datasets.sessions import SessionOf
    from napari_rsseg.project import Project

__all__ = ["make_version"]


def make_version(
    project: Project,
    plan: VersionPlan,
    *,
    session_of: SessionOf | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Version:
    """Write what was planned.

    Parameters
    ----------
    project : Project
        Open to write.
    plan : VersionPlan
        Of this project; labels that were changed since are taken as they are now.
    session_of : callable, optional
        Gives the session of a scene; default: opened and closed here.
    on_progress : callable
        Told how many of the chips are written; may raise to stop, and nothing is left behind.

    Returns
    -------
    Version
        Where the same version was made before, that one.

    Raises
    ------
    DatasetError
        When no chip belongs to a split.
    ProjectError
        When the project is open only to read.
    OutputError
        When the disk is full or cannot be written.
    """
    project.require_writable()
    if not plan.kept:
        raise DatasetError("The plan holds no chip that belongs to a split.", "Review more places.")
    with written_folder(project.versions_folder) as draft:
        written: list[dict[str, Any]] = []
        bands: dict[str, dict[str, Any]] = {}
        for entry in _written_chips(project, session_of or sessions_of(project), plan, draft, bands):
            written.append(entry)
            on_progress(len(written), len(plan.kept))
        _write_json(draft / CHIPS, written)
        names = {split: [chip["name"] for chip in written if chip["split"] == split] for split in SPLITS}
        _write_json(draft / "splits.json", names)
        card = data_card(project, plan, written, bands)
        _write_json(draft / CARD, card)
        with output_errors(draft):
            (draft / "README.md").write_text(card_page(card), encoding="utf-8")
        folder = settle_folder(draft)
    return _registered(project, folder)


def _written_chips(
    project: Project, opened: SessionOf, plan: VersionPlan, draft: Path, bands: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Write the files of each chip and yield what the list of chips says of it; note the scenes' bands."""
    for scene_id, chips in groupby(plan.kept, key=lambda chip: chip.scene):
        entry = project.scene(scene_id)
        scene = project.open_scene(entry)
        bands[scene_id] = {
            "bands": [band.name for band in scene.bands],
            "band_roles": [band.role for band in scene.bands],
            "radiometry": scene.radiometry.model_dump(mode="json"),
        }
        try:
            with opened(entry) as session:
                for chip in chips:
                    pixels = read_chip(scene, session.labels.read, chip.window)
                    if pixels is not None:
                        write_chip(draft, chip, pixels, scene, plan.scheme)
                        yield _entry(chip, pixels, len(plan.scheme.classes))
        finally:
            scene.close()


def _entry(chip: Chip, pixels: ChipPixels, classes: int) -> dict[str, Any]:
    block = pixels.block
    said = np.stack([block.provenance.ravel(), block.actor.ravel()])[:, block.labels.ravel() != IGNORED]
    pairs, counts = np.unique(said, axis=1, return_counts=True)
    window = chip.window
    return {
        "name": chip.name,
        "scene": chip.scene,
        "window": [window.row_start, window.row_stop, window.column_start, window.column_stop],
        "split": chip.split,
        "class_pixels": np.bincount(block.labels.ravel(), minlength=IGNORED + 1)[:classes].tolist(),
        "said_by": [
            {"provenance": Provenance(provenance).name.lower(), "actor": actor, "pixels": count}
            for provenance, actor, count in zip(*pairs.tolist(), counts.tolist(), strict=True)
        ],
    }


def _registered(project: Project, folder: Path) -> Version:
    """Enter a version and its splits into the catalogue, unless they are there."""
    known = {version.hash: version for version in list_versions(project)}
    if folder.name in known:
        return known[folder.name]
    parent = list(known)[-1] if known else None
    with project.catalogue.transaction() as connection:
        (number,) = connection.execute("SELECT count(*) + 1 FROM versions").fetchone()
        version = Version(folder, f"v{number}", utc_now(), parent)
        connection.execute(
            "INSERT OR IGNORE INTO versions (hash, name, made_at, card, parent) VALUES (?, ?, ?, ?, ?)",
            (version.hash, version.name, version.made_at, json.dumps(version.card), parent),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO splits (scene, row_start, row_stop, column_start, column_stop, split, "
            "version) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    chip.scene, chip.window.row_start, chip.window.row_stop, chip.window.column_start,
                    chip.window.column_stop, chip.split, version.hash,
                )
                for chip in version.chips
            ],
        )  # fmt: skip
    return find_version(project, folder.name)


def _write_json(path: Path, value: object) -> None:
    with output_errors(path):
        path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
