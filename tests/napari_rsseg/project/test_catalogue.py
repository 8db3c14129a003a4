"""The catalogue: tables of this version, transactions, actors, migrations with a backup."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.errors import OutputError, ProjectError
from napari_rsseg.project import Catalogue
from napari_rsseg.project.catalogue import migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TABLES = {
    "scenes", "actors", "windows", "events", "scores", "models", "runs", "versions", "splits", "activity",
    "conflicts", "settings",
}  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.sqlite")
    yield opened
    opened.close()


def test_plain_sqlite_reads_all_tables(catalogue: Catalogue) -> None:
    catalogue.close()
    plain = sqlite3.connect(catalogue.path)
    found = {name for (name,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert found == TABLES
    assert plain.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


def test_an_actor_has_one_number_a_day(catalogue: Catalogue) -> None:
    first = catalogue.actor("person", "ada")
    assert catalogue.actor("person", "ada") == first
    assert catalogue.actor("model", "ada", digest="00ff") == first + 1
    with catalogue.transaction() as connection:
        connection.execute("UPDATE actors SET since = '2020-01-01T00:00:00.000Z' WHERE id = ?", (first,))
    assert catalogue.actor("person", "ada") == first + 2


def test_the_last_actor_number_is_the_last(catalogue: Catalogue) -> None:
    with catalogue.transaction() as connection:
        connection.execute("INSERT INTO actors VALUES (65535, 'person', 'last', '', '2020-01-01')")
    with pytest.raises(ProjectError, match="no number left for ada"):
        catalogue.actor("person", "ada")


def test_a_transaction_is_kept_whole_or_not_at_all(catalogue: Catalogue) -> None:
    def fail() -> None:
        with catalogue.transaction():
            catalogue.remember("camera", 1)
            catalogue.actor("person", "ada")
            raise KeyError("stopped in the middle")

    with pytest.raises(KeyError):
        fail()
    assert catalogue.setting("camera") is None
    assert catalogue.rows("SELECT * FROM actors") == []


def test_threads_take_turns(catalogue: Catalogue) -> None:
    def count() -> None:
        for _ in range(20):
            with catalogue.transaction():
                found = catalogue.setting("count")
                catalogue.remember("count", (found if isinstance(found, int) else 0) + 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert catalogue.setting("count") == 80


def test_references_are_kept(catalogue: Catalogue) -> None:
    with pytest.raises(sqlite3.IntegrityError), catalogue.transaction() as connection:
        connection.execute(
            "INSERT INTO windows (scene, row_start, row_stop, column_start, column_stop) "
            "VALUES ('none', 0, 512, 0, 512)"
        )


def test_an_older_catalogue_is_migrated_after_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    first = ("CREATE TABLE notes (text TEXT);",)
    old = Catalogue.open(path, steps=first)
    with old.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
    old.close()
    with pytest.raises(ProjectError, match="older version and open only to read"):
        Catalogue.open(path, steps=(*first, "ALTER TABLE notes ADD at TEXT;"), read_only=True)
    new = Catalogue.open(path, steps=(*first, "ALTER TABLE notes ADD at TEXT;"))
    assert [tuple(row) for row in new.rows("SELECT text, at FROM notes")] == [("kept", None)]
    new.close()
    (backup,) = (tmp_path / "backups").iterdir()
    plain = sqlite3.connect(backup)
    assert plain.execute("SELECT * FROM notes").fetchall() == [("kept",)]
    assert plain.execute("PRAGMA user_version").fetchone() == (1,)
    plain.close()


def test_a_migration_that_fails_leaves_the_catalogue_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    first = ("CREATE TABLE notes (text TEXT);",)
    Catalogue.open(path, steps=first).close()
    with pytest.raises(ProjectError, match="cannot be used"):
        Catalogue.open(path, steps=(*first, "DROP TABLE notes; CREATE TABLE broken ("))
    old = Catalogue.open(path, steps=first)
    assert old.rows("SELECT * FROM notes") == []
    old.close()


def test_a_newer_catalogue_is_refused(catalogue: Catalogue) -> None:
    catalogue.connection.execute(f"PRAGMA user_version = {len(migrations()) + 1}")
    catalogue.close()
    with pytest.raises(ProjectError, match="made by a newer version"):
        Catalogue.open(catalogue.path)


def test_a_damaged_catalogue_is_told(catalogue: Catalogue) -> None:
    catalogue.close()
    catalogue.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ProjectError, match=r"is damaged.*project repair"):
        Catalogue.open(catalogue.path)


def test_a_missing_catalogue_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="has no catalogue"):
        Catalogue.open(tmp_path / "catalogue.sqlite", read_only=True)
    assert not (tmp_path / "catalogue.sqlite").exists()


def test_a_full_disk_is_said_and_the_catalogue_stays_whole(small_disk: Callable[[str], Path]) -> None:
    folder = small_disk("1m")
    catalogue = Catalogue.open(folder / "catalogue.sqlite")
    catalogue.remember("kept", 1)
    with pytest.raises(OutputError, match="full"), catalogue.transaction() as connection:
        connection.executemany(
            "INSERT INTO settings VALUES (?, ?)", [(str(number), "x" * 1000) for number in range(5000)]
        )
    assert catalogue.setting("kept") == 1
    assert catalogue.setting("0") is None
    catalogue.close()
