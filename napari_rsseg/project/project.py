"""A project: the folder that holds scenes' labels, their catalogue, and everything made from them."""

from __future__ import annotations

import contextlib
import getpass
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError, ProjectError, SceneError
from napari_rsseg.project.catalogue import Catalogue, require_catalogue
from napari_rsseg.project.faults import require_present, writing_faults
from napari_rsseg.project.label_store import LabelStore
from napari_rsseg.project.lock import ProjectLock
from napari_rsseg.project.moved import find_moved
from napari_rsseg.project.project_file import (
    FILE_NAME,
    Origin,
    ProjectSettings,
    read_settings,
    write_settings,
)
from napari_rsseg.project.scene_entry import is_file
from napari_rsseg.project.scene_table import SCENE_FILE, all_scenes, insert_scene, move_scene, scene_of
from napari_rsseg.project.times import utc_now
from napari_rsseg.scenes.georeferencing import scene_corner
from napari_rsseg.scenes.opening import open_scene

if TYPE_CHECKING:
    from types import TracebackType

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.project.scene_entry import SceneEntry
    from napari_rsseg.scenes.scene import Scene

__all__ = ["CATALOGUE", "Project"]

CATALOGUE = "catalogue.sqlite"
_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 60


class Project:
    """A project folder, open until it is closed; made by ``create`` or ``open``.

    Parameters
    ----------
    root : Path
        The folder.
    settings : ProjectSettings
        What ``project.toml`` holds.
    catalogue : Catalogue
        Its facts.
    lock : ProjectLock
        Held where this is the program that may write.
    """

    def __init__(
        self, root: Path, settings: ProjectSettings, catalogue: Catalogue, lock: ProjectLock
    ) -> None:
        self.root, self.settings, self.catalogue, self._lock = root, settings, catalogue, lock

    @classmethod
    def create(cls, root: Path | str, *, name: str, scheme: Scheme, annotator: str | None = None) -> Project:
        """Make a project in a folder that is none yet, and open it to write.

        Parameters
        ----------
        root : Path or str
            The folder; made where it is missing.
        name : str
            As lists show it.
        scheme : Scheme
            The classes of all its labels.
        annotator : str, optional
            Who works in it; default: whoever is logged in.

        Raises
        ------
        ProjectError
            When the folder holds a project already, or another program makes one there now.
        OutputError
            When the folder cannot be written.
        """
        root = Path(root).absolute()
        settings = ProjectSettings(
            name=name, id=uuid.uuid4().hex, created=utc_now(), annotator=annotator, scheme=scheme
        )
        with writing_faults(root):
            root.mkdir(parents=True, exist_ok=True)
        lock = ProjectLock(root)
        if (root / FILE_NAME).exists():
            raise ProjectError(
                f"{root} holds a project already.", f"Open it: napari-rsseg project open {root}"
            )
        if not lock.acquire(annotator or _user()):
            raise ProjectError(
                f"No project can be made in {root}: held by {lock.holder}.",
                "Choose a folder that you may write to and that no other program uses.",
            )
        try:
            catalogue = Catalogue.open(root / CATALOGUE)
            write_settings(root, settings)  # last: a folder without it is no project
        except BaseException:
            lock.release()
            raise
        return cls(root, settings, catalogue, lock)

    @classmethod
    def open(cls, root: Path | str, *, read_only: bool = False) -> Project:
        """Open a project; only to read where another program holds it, or nothing may be written.

        Raises
        ------
        ProjectError
            When the folder is no project, was made by a newer version, or its catalogue is damaged.
        """
        root = Path(root).absolute()
        settings = read_settings(root)
        require_catalogue(root / CATALOGUE)
        lock = ProjectLock(root)
        may_write = not read_only and lock.acquire(settings.annotator or _user())
        try:
            catalogue = Catalogue.open(root / CATALOGUE, read_only=not may_write)
            if may_write:
                with contextlib.suppress(OutputError):  # a disk too full for a copy is told by what needs it
                    catalogue.keep_copy()
        except BaseException:
            lock.release()
            raise
        return cls(root, settings, catalogue, lock)

    def close(self) -> None:
        """Write what is left, and let others write; may be called again."""
        self.catalogue.close()
        self._lock.release()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def scheme(self) -> Scheme:
        """The classes of all labels."""
        return self.settings.scheme

    @property
    def is_read_only(self) -> bool:
        """Whether nothing may be written."""
        return self.catalogue.is_read_only

    @property
    def holder(self) -> str:
        """Who may write, in words; empty where nobody was asked."""
        return self._lock.holder

    @property
    def annotator(self) -> str:
        """Who works in this copy."""
        return self.settings.annotator or _user()

    def update_settings(self, **changes: object) -> None:
        """Change entries of ``project.toml``.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        OutputError
            When the file cannot be written.
        """
        self.require_writable()
        settings = ProjectSettings(**{**dict(self.settings), **changes})
        require_present(self.root)
        write_settings(self.root, settings)
        self.settings = settings

    def require_writable(self) -> None:
        """Check that this program may write.

        Raises
        ------
        ProjectError
            With who holds the project, when it is open only to read.
        """
        if self.is_read_only:
            said = f", held by {self.holder}" if self.holder else ""
            raise ProjectError(
                f"The project {self.root} is open only to read{said}.",
                "Close it where it is open to write, then open it again.",
            )

    def scenes(self) -> tuple[SceneEntry, ...]:
        """Return the scenes in the order in which they were added."""
        return all_scenes(self.catalogue, self.root)

    def scene(self, scene_id: str) -> SceneEntry:
        """Return a scene by its id.

        Raises
        ------
        ProjectError
            When there is none of that id.
        """
        found = scene_of(self.catalogue, self.root, column="id", value=scene_id)
        if found is None:
            known = ", ".join(entry.id for entry in self.scenes()) or "none yet"
            raise ProjectError(f"The project {self.root} has no scene {scene_id!r}.", f"Its scenes: {known}.")
        return found

    def add_scene(self, scene: Scene) -> SceneEntry:
        """Add a scene with empty labels; one that is there already is returned.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        OutputError
            When the folder cannot be written.
        """
        self.require_writable()
        known = scene_of(self.catalogue, self.root, column="fingerprint", value=scene.fingerprint)
        if known is not None:
            return known
        require_present(self.root)
        scene_id = self._free_id(scene.uri)
        LabelStore.create(self._labels_path(scene_id), scene.height, scene.width)
        insert_scene(self.catalogue, self.root, scene_id, scene)
        if self.settings.origin is None:
            x, y = scene_corner(scene.georeference)
            self.update_settings(origin=Origin(x=x, y=y, crs_wkt=scene.georeference.crs_wkt))
        return self.scene(scene_id)

    def open_scene(self, entry: SceneEntry) -> Scene:
        """Open a scene as it was added; one that moved nearby is found again and remembered.

        Raises
        ------
        ProjectError
            When it is nowhere to be found, or is not the one that was added any more, with what differs.
        SceneError
            When it cannot be read.
        """
        uri = entry.uri
        if is_file(uri) and not Path(uri).exists():
            found = find_moved(entry, self.root)
            if found is None:
                raise ProjectError(
                    f"Scene {entry.id} is no longer at {uri}.",
                    f"Say where it is: napari-rsseg project open {self.root} --scene {entry.id}=PATH",
                )
            return self.place_scene(entry, str(found))
        scene = _opened(entry, uri)
        if scene.fingerprint != entry.fingerprint:
            differences = entry.differences(scene)
            scene.close()
            raise ProjectError(
                f"Scene {entry.id} at {uri} is not the one that was labelled: {'; '.join(differences)}.",
                "Put the old file back, or add the new one as a scene of its own; a mere copy is taken with "
                f"napari-rsseg project open {self.root} --scene {entry.id}={uri}",
            )
        return scene

    def place_scene(self, entry: SceneEntry, uri: str) -> Scene:
        """Open a scene at another place and remember it there, where the file is the same or a copy of it.

        Raises
        ------
        ProjectError
            When it is another one, with what differs.
        SceneError
            When it cannot be read.
        """
        scene = _opened(entry, uri)
        if scene.fingerprint != entry.fingerprint and not entry.is_copy(scene):
            differences = entry.differences(scene)
            scene.close()
            raise ProjectError(
                f"{uri} is not scene {entry.id}: {'; '.join(differences)}.",
                "Name the file that was labelled, or a copy of it.",
            )
        if not self.is_read_only:
            move_scene(self.catalogue, self.root, entry.id, scene)
        return scene

    def label_store(self, scene_id: str) -> LabelStore:
        """Open the labels of a scene.

        Raises
        ------
        ProjectError
            When they are damaged or missing.
        """
        return LabelStore(self._labels_path(scene_id), is_read_only=self.is_read_only)

    def scene_folder(self, scene_id: str) -> Path:
        """Return the folder of a scene's labels and journal."""
        return self.root / "scenes" / scene_id

    def journal_path(self, scene_id: str) -> Path:
        """Return the file of a scene's journal; need not exist."""
        return self.scene_folder(scene_id) / "journal.bin"

    @property
    def predictions_folder(self) -> Path:
        """Folder of stored predictions; need not exist."""
        return self.root / "predictions"

    @property
    def versions_folder(self) -> Path:
        """Folder of dataset versions; need not exist."""
        return self.root / "versions"

    @property
    def models_folder(self) -> Path:
        """Folder of the project's own models; need not exist."""
        return self.root / "models"

    @property
    def reports_folder(self) -> Path:
        """Folder of reports; need not exist."""
        return self.root / "reports"

    def _labels_path(self, scene_id: str) -> Path:
        return self.scene_folder(scene_id) / "labels.zarr"

    def _free_id(self, uri: str) -> str:
        """Return a short name for a scene that no other one has, whatever the letters' case on this disk."""
        stem = Path(uri).stem if is_file(uri) else uri
        base = _UNSAFE.sub("-", stem.lower()).strip("-")[:_LONGEST_ID] or "scene"
        folders = self.root / "scenes"
        taken = {entry.id for entry in self.scenes()}
        if folders.is_dir():  # what a damaged catalogue forgot keeps its folder
            taken |= {folder.name for folder in folders.iterdir() if (folder / SCENE_FILE).exists()}
        names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container in which the user has no name
        return "somebody"


def _opened(entry: SceneEntry, uri: str) -> Scene:
    """Open a scene with the roles and radiometry of its entry, or as it is where they do not fit any more."""
    try:
        return open_scene(uri, roles=dict(entry.facts.roles), radiometry=entry.facts.radiometry)
    except SceneError:
        return open_scene(uri)
