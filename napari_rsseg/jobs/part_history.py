"""What happened in an annotator's copy since it was made or last merged: events, states, time spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.project.parts import annotators_of
from napari_rsseg.review.states import State

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.project import Project

__all__ = ["PartHistory"]


@dataclass
class PartHistory:
    """Brings the history of a copy into its project.

    Parameters
    ----------
    project, part : Project
        The project, open to write, and the copy.
    numbers : ndarray, (65536,), uint16
        For each actor of the copy, that of the project.
    """

    project: Project
    part: Project
    numbers: npt.NDArray[np.uint16]

    def bring(self) -> None:
        """Bring all that is new, and the state of each window that is the annotator's alone.

        Raises
        ------
        OutputError
            When the catalogue cannot be written.
        """
        made = self.part.catalogue.setting("part")
        made = made if isinstance(made, dict) else {}
        key = f"merged: {made.get('id')}"
        since = self.project.catalogue.setting(key) or made.get("events", 0)
        places = self._windows()
        events = self.part.catalogue.rows("SELECT * FROM events WHERE id > ? ORDER BY id", (since,))
        with self.project.catalogue.transaction() as connection:
            for event in events:
                if event["window"] in places:
                    self._bring_event(connection, event, places[event["window"]])
            for spent in self.part.catalogue.rows("SELECT * FROM activity"):
                if spent["window"] in places:
                    actor = int(self.numbers[spent["actor"]])
                    connection.execute(
                        "INSERT INTO activity VALUES (?, ?, ?, ?) "
                        "ON CONFLICT DO UPDATE SET seconds = max(seconds, excluded.seconds)",
                        (places[spent["window"]], spent["class_id"], actor, spent["seconds"]),
                    )
            self._bring_states(connection, places)
            if events:
                self.project.catalogue.remember(key, events[-1]["id"])

    def _windows(self) -> dict[int, int]:
        """Return, for each window of the copy, that of the project at the same place."""
        columns = "scene, row_start, row_stop, column_start, column_stop"
        known = {
            tuple(row)[1:]: row["id"]
            for row in self.project.catalogue.rows(f"SELECT id, {columns} FROM windows")
        }
        rows = self.part.catalogue.rows(f"SELECT id, {columns} FROM windows")
        return {row["id"]: known[tuple(row)[1:]] for row in rows if tuple(row)[1:] in known}

    def _bring_event(self, connection: sqlite3.Connection, event: sqlite3.Row, window: int) -> None:
        actor = None if event["actor"] is None else int(self.numbers[event["actor"]])
        connection.execute(
            "INSERT INTO events (at, actor, window, kind, state, why, details) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (event["at"], actor, window, event["kind"], event["state"], event["why"], event["details"]),
        )
        if event["kind"] == "comment":
            connection.execute("UPDATE windows SET comment_count = comment_count + 1 WHERE id = ?", (window,))

    def _bring_states(self, connection: sqlite3.Connection, places: dict[int, int]) -> None:
        """Take over states, but of windows that two annotators label: these are decided by comparison."""
        shared = {
            row["id"]
            for row in self.project.catalogue.rows("SELECT id, assigned_to FROM windows")
            if annotators_of(row["assigned_to"]) != (self.part.annotator,)
        }
        conflicting = {
            row["window"]
            for row in self.project.catalogue.rows("SELECT window FROM conflicts WHERE resolved_at IS NULL")
        }
        for row in self.part.catalogue.rows("SELECT id, state FROM windows"):
            window = places.get(row["id"])
            if window is not None and window not in shared:
                state = State.FLAGGED.value if window in conflicting else row["state"]
                connection.execute("UPDATE windows SET state = ? WHERE id = ?", (state, window))
