"""How long somebody worked on a window and class, kept in the project and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from napari_rsseg.project.catalogue import Catalogue


__all__ = ["ActiveSeconds", "active_seconds", "add_seconds"]


@dataclass(frozen=True)
class ActiveSeconds:
    """Time that was worked, without pauses.

    Attributes
    ----------
    scene : str
        Id of the scene.
    window : Window
        Where.
    class_id : int
        With which class.
    actor : str
        Who.
    seconds : float
        How long.
    """

    scene: str
    window: Window
    class_id: int
    actor: str
    seconds: float


def add_seconds(
    catalogue: Catalogue, scene: str, window: Window, class_id: int, actor: int, seconds: float
) -> None:
    """Add time to what was worked on a window already.

    Parameters
    ----------
    catalogue : Catalogue
        Of the project.
    scene, window : str, Window
        Where; the window becomes one of the queue where it is not.
    class_id, actor : int, int
        With which class, and who: a row of the catalogue.
    seconds : float
        How long.

    Raises
    ------
    ProjectError
        When the project is open only to read.
    """
    place = (scene, window.row_start, window.row_stop, window.column_start, window.column_stop)
    with catalogue.transaction() as connection:
        connection.execute(
            "INSERT INTO windows (scene, row_start, row_stop, column_start, column_stop) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            place,
        )
        connection.execute(
            "INSERT INTO activity (window, class_id, actor, seconds) "
            "SELECT id, ?, ?, ? FROM windows WHERE scene = ? AND row_start = ? AND row_stop = ? "
            "AND column_start = ? AND column_stop = ? "
            "ON CONFLICT (window, class_id, actor) DO UPDATE SET seconds = seconds + excluded.seconds",
            (class_id, actor, seconds, *place),
        )


def active_seconds(catalogue: Catalogue) -> tuple[ActiveSeconds, ...]:
    """Return all time that was worked, by scene, window, class and person."""
    rows = catalogue.rows(
        "SELECT scene, row_start, row_stop, column_start, column_stop, class_id, name, sum(seconds) AS total "
        "FROM activity JOIN windows ON windows.id = window JOIN actors ON actors.id = actor "
        "GROUP BY activity.window, class_id, name ORDER BY scene, row_start, column_start, class_id, name"
    )
    return tuple(
        ActiveSeconds(
            row["scene"],
            Window(row["row_start"], row["row_stop"], row["column_start"], row["column_stop"]),
            row["class_id"],
            row["name"],
            row["total"],
        )
        for row in rows
    )
