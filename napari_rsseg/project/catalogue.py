"""Facts of a project in SQLite: scenes, windows, events, versions; migrated from one version to the next."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from napari_rsseg.errors import ProjectError
from napari_rsseg.project.faults import catalogue_faults, require_present, writing_faults
from napari_rsseg.project.project_file import newer_version
from napari_rsseg.project.times import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import JsonValue

__all__ = ["ActorKind", "Catalogue", "connection_to_read", "migrations", "require_catalogue"]

ActorKind = Literal["person", "model", "import", "tool"]

_BUSY_SECONDS = 10.0
_DAILY_COPIES = 5
_LAST_ACTOR = 65_535


def migrations() -> tuple[str, ...]:
    """Return the SQL that leads from each version to the next, from 0 on."""
    folder = files("napari_rsseg.project") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in names)


class Catalogue:
    """The database of a project; for all threads of one process.

    Parameters
    ----------
    path : Path
        ``catalogue.sqlite``.
    connection : sqlite3.Connection
        Open, of this version.
    is_read_only : bool
        Whether nothing may be written.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, is_read_only: bool) -> None:
        self.path, self.connection, self.is_read_only = path, connection, is_read_only
        self._turn = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, steps: Sequence[str] | None = None) -> Catalogue:
        """Open a catalogue; one of an older version is migrated, after a backup; a missing one is made.

        Parameters
        ----------
        path : Path
            ``catalogue.sqlite``.
        read_only : bool
            Open only to read.
        steps : sequence of str, optional
            SQL of the migrations; default: those of this version.

        Raises
        ------
        ProjectError
            When it was made by a newer version, is damaged, missing, or too old to be only read.
        OutputError
            When it cannot be written.
        """
        chosen = migrations() if steps is None else tuple(steps)
        with catalogue_faults(path):
            connection = connection_to_read(path) if read_only else _writing(path)
            try:
                version = int(connection.execute("PRAGMA user_version").fetchone()[0])
                if version > len(chosen):
                    raise newer_version(path.parent, "catalogue", version, len(chosen))
                if version < len(chosen):
                    _migrate(path, connection, version, chosen, read_only=read_only)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, is_read_only=read_only)

    def close(self) -> None:
        """Write what SQLite still holds beside the file, and release it."""
        self.connection.close()

    def rows(self, sql: str, parameters: Sequence[object] | dict[str, object] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query.

        Raises
        ------
        ProjectError
            When the catalogue is damaged.
        """
        with self._turn, catalogue_faults(self.path):
            return self.connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for changes that are kept together or not at all; inner ones join the outer.

        Raises
        ------
        ProjectError
            When the project is open only to read, or the catalogue is damaged.
        OutputError
            When the disk is full or cannot be written.
        """
        if self.is_read_only:
            raise ProjectError(
                f"The project {self.path.parent} is open only to read.",
                "Close it where it is open to write, then open it again.",
            )
        with self._turn, catalogue_faults(self.path):
            if self.connection.in_transaction:
                yield self.connection
                return
            require_present(self.path)  # SQLite would go on writing to a file that has no name any more
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def actor(self, kind: ActorKind, name: str, digest: str = "") -> int:
        """Return the row of somebody or something that labels, made on the first use of each day.

        Parameters
        ----------
        kind : {"person", "model", "import", "tool"}
            What it is.
        name : str
            As histories show it.
        digest : str
            SHA-256 of a model's weights or of an imported file.

        Returns
        -------
        int
            1 to 65535, as stored per pixel.

        Raises
        ------
        ProjectError
            When all numbers are taken, or the project is open only to read.
        """
        now = utc_now()
        with self.transaction() as connection:
            found = connection.execute(
                "SELECT id FROM actors "
                "WHERE kind = ? AND name = ? AND digest = ? AND substr(since, 1, 10) = ?",
                (kind, name, digest, now[:10]),
            ).fetchone()
            if found is not None:
                return int(found["id"])
            (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM actors").fetchone()
            if last >= _LAST_ACTOR:
                raise ProjectError(
                    f"The catalogue {self.path} has no number left for {name}: all {_LAST_ACTOR} are taken.",
                    "Go on in a new project.",
                )
            connection.execute(
                "INSERT INTO actors (id, kind, name, digest, since) VALUES (?, ?, ?, ?, ?)",
                (last + 1, kind, name, digest, now),
            )
            return int(last) + 1

    def setting(self, key: str) -> JsonValue:
        """Return a remembered value; None where nothing is remembered."""
        rows = self.rows("SELECT value FROM settings WHERE key = ?", (key,))
        value: JsonValue = json.loads(rows[0]["value"]) if rows else None
        return value

    def remember(self, key: str, value: JsonValue) -> None:
        """Remember a value: where one left, with which tool.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        """
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO settings (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, json.dumps(value)),
            )

    def backup(self, target: Path) -> None:
        """Copy the catalogue as it stands now.

        Raises
        ------
        OutputError
            When the copy cannot be written.
        """
        with self._turn, catalogue_faults(self.path):
            _copy(self.connection, target)

    def keep_copy(self) -> None:
        """Copy the catalogue to ``backups/``, at most once a day and only when it is whole; old copies go.

        Raises
        ------
        OutputError
            When the copy cannot be written.
        """
        folder, today = self.path.parent / "backups", utc_now()[:10]
        target = folder / f"catalogue-{today}.sqlite"
        with self._turn, catalogue_faults(self.path):
            if target.exists() or self.connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return
            _copy(self.connection, target)
        for old in sorted(folder.glob("catalogue-[0-9]*.sqlite"))[:-_DAILY_COPIES]:
            old.unlink(missing_ok=True)


def _writing(path: Path) -> sqlite3.Connection:
    connection = _prepared(sqlite3.connect(path, **_OPTIONS))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def require_catalogue(path: Path) -> None:
    """Check that a project has its catalogue, which SQLite would make anew, empty.

    Raises
    ------
    ProjectError
        When it is missing.
    """
    if not path.is_file():
        raise ProjectError(
            f"The project {path.parent} has no catalogue.",
            "Make a new one from what is whole: napari-rsseg project repair DIR.",
        )


def connection_to_read(path: Path) -> sqlite3.Connection:
    """Open a catalogue of any version to read, also where nobody may write.

    Raises
    ------
    ProjectError
        When it is missing.
    sqlite3.DatabaseError
        When it is damaged.
    """
    require_catalogue(path)
    address = path.resolve().as_uri()
    connection: sqlite3.Connection = sqlite3.connect(f"{address}?mode=ro", uri=True, **_OPTIONS)
    try:
        _prepared(connection).execute("PRAGMA user_version")
    except sqlite3.OperationalError:
        connection.close()
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        # nobody can write here, not even SQLite its shared memory: the file is what it is
        return _prepared(sqlite3.connect(f"{address}?immutable=1", uri=True, **_OPTIONS))
    return connection


_OPTIONS: dict[str, Any] = {
    "timeout": _BUSY_SECONDS,
    "isolation_level": None,  # transactions are begun by hand
    "check_same_thread": False,  # turns are taken under a lock of our own
}


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(
    path: Path, connection: sqlite3.Connection, version: int, steps: tuple[str, ...], *, read_only: bool
) -> None:
    if read_only:
        raise ProjectError(
            f"The project {path.parent} is of an older version and open only to read.",
            "Open it once where you may write: it is then brought up to date, after a backup.",
        )
    if version:
        stamp = utc_now().replace(":", "").replace(".", "")
        _copy(connection, path.parent / "backups" / f"catalogue-v{version}-{stamp}.sqlite")
    for number, sql in enumerate(steps[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    with writing_faults(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()
