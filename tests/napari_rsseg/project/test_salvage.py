"""A damaged catalogue: what is whole comes into a new one."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.errors import ProjectError
from napari_rsseg.project import Project
from napari_rsseg.project.damage import catalogue_problems
from napari_rsseg.project.salvage import salvage_catalogue

if TYPE_CHECKING:
    from pathlib import Path

WINDOWS, EVENTS = 2000, 3000


@pytest.fixture
def root(project: Project) -> Path:
    """A project of thousands of windows and events, closed."""
    scene = project.scenes()[0].id
    actor = project.catalogue.actor("person", "ada")
    with project.catalogue.transaction() as connection:
        connection.executemany(
            "INSERT INTO windows (scene, row_start, row_stop, column_start, column_stop) "
            "VALUES (?, ?, ?, 0, 9)",
            [(scene, row, row + 9) for row in range(WINDOWS)],
        )
        connection.executemany(
            "INSERT INTO events (at, actor, window, kind, why) "
            "VALUES ('2026', ?, ?, 'comment', 'looks wrong')",
            [(actor, number % WINDOWS + 1) for number in range(EVENTS)],
        )
        connection.executemany(
            "INSERT INTO scores VALUES (?, 'least confident', 0.5)",
            [(number + 1,) for number in range(WINDOWS)],
        )
    project.close()
    return project.root


def pages_of(path: Path, table: str) -> list[int]:
    """Return the leaf pages of a table, as the b-tree's first bytes tell them."""
    with sqlite3.connect(path) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (first,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
    connection.close()
    numbers = path.read_bytes()
    page = numbers[(first - 1) * size : first * size]
    cells = int.from_bytes(page[3:5], "big")
    places = [int.from_bytes(page[12 + 2 * cell : 14 + 2 * cell], "big") for cell in range(cells)]
    return [int.from_bytes(page[place : place + 4], "big") for place in places]


def overwrite(path: Path, page: int, value: int = 0xA5) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes([value]) * 4096)


def counts(project: Project) -> dict[str, int]:
    tables = ("scenes", "actors", "windows", "events", "scores")
    return {table: project.catalogue.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


@pytest.mark.parametrize("value", [0x00, 0xA5], ids=["zeros", "noise"])
def test_an_overwritten_page_loses_the_rows_of_that_page_alone(root: Path, value: int) -> None:
    path = root / "catalogue.sqlite"
    leaves = pages_of(path, "events")
    overwrite(path, leaves[len(leaves) // 2], value)
    assert catalogue_problems(path)
    said = salvage_catalogue(root, root / "backups" / "damaged")
    assert catalogue_problems(path) == []
    with Project.open(root) as project:
        found = counts(project)
        assert len(project.scenes()) == 2
    assert found | {"events": 0} == {
        "scenes": 2,
        "actors": 1,
        "windows": WINDOWS,
        "events": 0,
        "scores": WINDOWS,
    }
    assert EVENTS - 200 < found["events"] < EVENTS
    assert said.rows["events"] == found["events"]
    assert (root / "backups" / "damaged" / "catalogue.sqlite").exists()


def test_without_a_readable_first_page_the_backup_and_the_scenes_folders_are_what_is_left(root: Path) -> None:
    path = root / "catalogue.sqlite"
    overwrite(path, 1)
    with pytest.raises(ProjectError, match=r"damaged.*project repair"):
        Project.open(root)
    said = salvage_catalogue(root, root / "backups" / "damaged")
    assert len(said.scenes) == 2
    with Project.open(root) as project:
        assert counts(project)["windows"] == 0
        assert len(project.scenes()) == 2


def test_the_newest_daily_copy_gives_what_the_damaged_file_does_not(root: Path) -> None:
    path = root / "catalogue.sqlite"
    Project.open(root).close()  # the first opening of a day keeps a copy
    overwrite(path, 1)
    said = salvage_catalogue(root, root / "backups" / "damaged")
    assert said.from_backup["events"] == EVENTS
    with Project.open(root) as project:
        assert counts(project)["windows"] == WINDOWS


def test_rows_that_refer_to_lost_ones_are_dropped_or_cut_loose(root: Path) -> None:
    path = root / "catalogue.sqlite"
    leaves = pages_of(path, "windows")
    overwrite(path, leaves[0])
    said = salvage_catalogue(root, root / "backups" / "damaged")
    with Project.open(root) as project:
        found = counts(project)
        assert found["events"] == EVENTS, "what was said stays, without its window"
        assert found["scores"] == found["windows"] < WINDOWS
        assert said.dropped == WINDOWS - found["windows"]
