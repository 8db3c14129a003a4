"""Versions of a dataset: immutable folders of chips, masks, splits and a card, named by their contents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from napari_rsseg.classes.scheme import Scheme
from napari_rsseg.datasets.chips import Chip
from napari_rsseg.errors import DatasetError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.project import Project

__all__ = ["CARD", "CHIPS", "Version", "VersionChanges", "compare_versions", "find_version", "list_versions"]

CARD, CHIPS = "card.json", "chips.json"
_SHORTEST = 4


@dataclass(frozen=True)
class Version:
    """A dataset version on disk.

    Attributes
    ----------
    folder : Path
        Named by `hash`.
    name : str
        ``v1``, ``v2`` … in the order in which they were made in this project.
    made_at : str
        ISO 8601, UTC.
    parent : str or None
        Hash of the version before.
    """

    folder: Path
    name: str
    made_at: str
    parent: str | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the list of contents."""
        return self.folder.name

    @cached_property
    def card(self) -> dict[str, Any]:
        """What the data card says.

        Raises
        ------
        DatasetError
            When it cannot be read.
        """
        return dict(self._json(CARD))

    @cached_property
    def scheme(self) -> Scheme:
        """The classes."""
        return Scheme.model_validate(self.card["scheme"])

    @cached_property
    def chip_entries(self) -> tuple[dict[str, Any], ...]:
        """What is said of each chip, sorted by name.

        Raises
        ------
        DatasetError
            When it cannot be read.
        """
        return tuple(self._json(CHIPS))

    @cached_property
    def chips(self) -> tuple[Chip, ...]:
        """All chips, sorted by name.

        Raises
        ------
        DatasetError
            When they cannot be read.
        """
        return tuple(
            Chip(
                entry["name"], entry["scene"], Window(*entry["window"]), entry["split"],
                tuple(entry["class_pixels"]),
            )
            for entry in self.chip_entries
        )  # fmt: skip

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Scenes by id, as the card tells of them."""
        return {entry["id"]: entry for entry in self.card["sources"]}

    @property
    def actors(self) -> dict[int, dict[str, Any]]:
        """Who labelled, by number of the provenance files."""
        return {entry["id"]: entry for entry in self.card["actors"]}

    def chips_of(self, split: str) -> tuple[Chip, ...]:
        """Return the chips of a split."""
        return tuple(chip for chip in self.chips if chip.split == split)

    def image_path(self, chip: Chip) -> Path:
        """Return the GeoTIFF of a chip's image."""
        return self.folder / "images" / f"{chip.name}.tif"

    def mask_path(self, chip: Chip) -> Path:
        """Return the GeoTIFF of a chip's mask."""
        return self.folder / "masks" / f"{chip.name}.tif"

    def provenance_path(self, chip: Chip) -> Path:
        """Return the GeoTIFF that says where a chip's labels come from and who said so."""
        return self.folder / "provenance" / f"{chip.name}.tif"

    def _json(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"{self.folder / name} cannot be read ({error}).", "Make the version anew, or copy it again."
            ) from error


@dataclass(frozen=True)
class VersionChanges:
    """What differs between two versions.

    Attributes
    ----------
    added, removed : tuple of str
        Chips that only the second, or only the first, holds.
    moved : tuple of str
        Chips that changed their split.
    relabelled : tuple of (str, int)
        Chips whose mask differs, and by how many pixels.
    class_pixels : tuple of (str, int, int)
        Class, and its pixels in the first and the second.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]
    relabelled: tuple[tuple[str, int], ...]
    class_pixels: tuple[tuple[str, int, int], ...]


def list_versions(project: Project) -> tuple[Version, ...]:
    """Return the versions of a project, the oldest first; those whose folder is gone are left out."""
    rows = project.catalogue.rows("SELECT hash, name, made_at, parent FROM versions ORDER BY rowid")
    return tuple(
        Version(project.versions_folder / row["hash"], row["name"], row["made_at"], row["parent"])
        for row in rows
        if (project.versions_folder / row["hash"] / CARD).is_file()
    )


def find_version(project: Project, wanted: str) -> Version:
    """Return a version by its name, its hash or the first letters of that, or ``latest``.

    Raises
    ------
    DatasetError
        When there is none, or several begin so.
    """
    versions = list_versions(project)
    if wanted == "latest" and versions:
        return versions[-1]
    exact = [version for version in versions if wanted in (version.name, version.hash)]
    short = [version for version in versions if version.hash.startswith(wanted)]
    found = exact or (short if len(wanted) >= _SHORTEST else [])
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{version.name} ({version.hash[:8]})" for version in versions)
    said = f"{len(found)} versions begin with" if found else "There is no version"
    raise DatasetError(
        f"{said} {wanted!r} in {project.root}.",
        f"Its versions are {known}." if known else "Make one: napari-rsseg dataset version --project DIR",
    )


def compare_versions(first: Version, second: Version) -> VersionChanges:
    """Return what differs between two versions.

    Raises
    ------
    DatasetError
        When the schemes differ, or a version cannot be read.
    """
    if first.scheme != second.scheme:
        raise DatasetError(
            f"{first.name} and {second.name} have different classes: "
            f"{', '.join(first.scheme.names)} and {', '.join(second.scheme.names)}.",
            "Compare versions of one scheme.",
        )
    old = {chip.name: chip for chip in first.chips}
    new = {chip.name: chip for chip in second.chips}
    both = sorted(old.keys() & new.keys())
    relabelled = []
    for name in both:
        pixels = _changed_pixels(first.mask_path(old[name]), second.mask_path(new[name]))
        if pixels:
            relabelled.append((name, pixels))
    totals = [
        [sum(chip.class_pixels[index] for chip in version.chips) for index in range(len(first.scheme.names))]
        for version in (first, second)
    ]
    return VersionChanges(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        moved=tuple(name for name in both if old[name].split != new[name].split),
        relabelled=tuple(relabelled),
        class_pixels=tuple(zip(first.scheme.names, *totals, strict=True)),
    )


def _changed_pixels(first: Path, second: Path) -> int:
    from napari_rsseg.scenes.mask_reading import read_mask

    one, other = read_mask(first), read_mask(second)
    if (one.height, one.width) != (other.height, other.width):
        return max(one.height * one.width, other.height * other.width)
    return int((one.labels != other.labels).sum())
