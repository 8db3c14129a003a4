"""The queue of windows: what comes next, in which state it is, and how it got there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.errors import ProjectError
from napari_rsseg.project.times import utc_now
from napari_rsseg.review.states import Order, State
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from napari_rsseg.project.catalogue import Catalogue

__all__ = ["Event", "Filter", "QueueEntry", "ReviewQueue"]

_PLACE = "row_start, row_stop, column_start, column_stop"
_COLUMNS = f"id, scene, {_PLACE}, state, assigned_to, is_blind, is_gold, comment_count"
_AT_ONCE = 500  # parameters of one statement


@dataclass(frozen=True)
class QueueEntry:
    """A window of the queue.

    Attributes
    ----------
    id : int
        Its row in the catalogue.
    scene : str
        Id of its scene.
    window : Window
        Where, in pixels of the scene.
    state : State
        How far it has come.
    assigned_to : str
        Annotators, separated by commas; empty: anybody.
    is_blind, is_gold : bool
        Whether several annotators label it without seeing each other; whether its truth is known.
    comments : int
        Number of comments.
    """

    id: int
    scene: str
    window: Window
    state: State
    assigned_to: str = ""
    is_blind: bool = False
    is_gold: bool = False
    comments: int = 0


@dataclass(frozen=True)
class Event:
    """Something that happened to a window.

    Attributes
    ----------
    id : int
        Its row; later events have higher numbers.
    at : str
        When, ISO 8601 in UTC.
    who : str
        Name of the actor.
    kind : str
        ``state``, ``comment``, ``restore``, ``adjudication`` …
    state : str
        The state that it led to; empty where it led to none.
    why : str
        In words.
    details : dict
        What else is known.
    """

    id: int
    at: str
    who: str
    kind: str
    state: str
    why: str
    details: dict[str, JsonValue]


@dataclass(frozen=True)
class Filter:
    """Which windows are wanted; nothing said means all.

    Attributes
    ----------
    states : tuple of State
        In one of these states.
    scene : str
        Of this scene.
    assigned_to : str
        Given to this annotator, or to nobody.
    with_comments, gold, blind : bool
        Only windows with comments; only gold ones; only blind ones.
    """

    states: tuple[State, ...] = ()
    scene: str = ""
    assigned_to: str = ""
    with_comments: bool = False
    gold: bool = False
    blind: bool = False

    def condition(self) -> tuple[str, list[object]]:
        """Return an SQL condition on ``windows`` and its parameters."""
        parts: list[str] = ["1"]
        values: list[object] = []
        if self.states:
            parts.append(f"state IN ({', '.join('?' * len(self.states))})")
            values += [state.value for state in self.states]
        if self.scene:
            parts.append("scene = ?")
            values.append(self.scene)
        if self.assigned_to:
            parts.append("(assigned_to IS NULL OR ',' || assigned_to || ',' LIKE '%,' || ? || ',%')")
            values.append(self.assigned_to)
        for wanted, column in (
            (self.with_comments, "comment_count"), (self.gold, "is_gold"), (self.blind, "is_blind"),
        ):  # fmt: skip
            if wanted:
                parts.append(f"{column} > 0")
        return " AND ".join(parts), values


class ReviewQueue:
    """The windows of a project and all that is said about them; nothing is ever deleted.

    Parameters
    ----------
    catalogue : Catalogue
        Of the project.
    who : str
        The person at work, named in every event.
    """

    def __init__(self, catalogue: Catalogue, who: str) -> None:
        self._catalogue = catalogue
        self.who = who

    # what is there

    def fill(self, scene: str, windows: Iterable[Window]) -> int:
        """Put windows of a scene into the queue; those that are there stay. Return how many are new.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        """
        rows = [(scene, w.row_start, w.row_stop, w.column_start, w.column_stop) for w in windows]
        with self._catalogue.transaction() as connection:
            before = connection.total_changes
            connection.executemany(
                f"INSERT OR IGNORE INTO windows (scene, {_PLACE}) VALUES (?, ?, ?, ?, ?)", rows
            )
            return connection.total_changes - before

    def set_scores(self, order: Order, scores: Mapping[int, float]) -> None:
        """Keep the value of windows in an order; the highest come first.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        """
        with self._catalogue.transaction() as connection:
            connection.executemany(
                "INSERT INTO scores (window, ordering, value) VALUES (?, ?, ?) "
                "ON CONFLICT (window, ordering) DO UPDATE SET value = excluded.value",
                ((window, order.value, float(value)) for window, value in scores.items()),
            )

    def put_first(self, window: int) -> None:
        """Put a window before all others in the order that is made by hand."""
        top = self._catalogue.rows(
            "SELECT max(value) AS top FROM scores WHERE ordering = ?", (Order.BY_HAND.value,)
        )[0]["top"]
        self.set_scores(Order.BY_HAND, {window: (top or 0.0) + 1.0})

    def ids(self, order: Order = Order.LEAST_CONFIDENT, wanted: Filter | None = None) -> list[int]:
        """Return the windows of a filter in an order; those without a value come last, as they were made."""
        condition, values = (wanted or Filter()).condition()
        rows = self._catalogue.rows(
            "SELECT windows.id FROM windows LEFT JOIN scores ON scores.window = windows.id "
            f"AND scores.ordering = ? WHERE {condition} "
            "ORDER BY scores.value IS NULL, scores.value DESC, windows.id",
            [order.value, *values],
        )
        return [row[0] for row in rows]

    def scores(self, order: Order) -> dict[int, float]:
        """Return the value of each window that has one in an order."""
        rows = self._catalogue.rows("SELECT window, value FROM scores WHERE ordering = ?", (order.value,))
        return {row[0]: row[1] for row in rows}

    def entries(self, ids: Sequence[int]) -> list[QueueEntry]:
        """Return windows by their ids, in that order; ids that are unknown are left out."""
        found: dict[int, QueueEntry] = {}
        for start in range(0, len(ids), _AT_ONCE):
            part = list(ids[start : start + _AT_ONCE])
            rows = self._catalogue.rows(
                f"SELECT {_COLUMNS} FROM windows WHERE id IN ({', '.join('?' * len(part))})", part
            )
            found.update((row["id"], _entry(row)) for row in rows)
        return [found[number] for number in ids if number in found]

    def entry(self, window: int) -> QueueEntry:
        """Return one window.

        Raises
        ------
        ProjectError
            When the queue has no such window.
        """
        found = self.entries([window])
        if not found:
            raise ProjectError(
                f"The queue has no window {window}.", "Take a number that `review queue` lists."
            )
        return found[0]

    def of_scene(self, scene: str) -> list[QueueEntry]:
        """Return all windows of a scene, as they were made."""
        rows = self._catalogue.rows(f"SELECT {_COLUMNS} FROM windows WHERE scene = ? ORDER BY id", (scene,))
        return [_entry(row) for row in rows]

    def counts(self, wanted: Filter | None = None) -> dict[State, int]:
        """Return how many windows of a filter are in each state."""
        condition, values = (wanted or Filter()).condition()
        rows = self._catalogue.rows(
            f"SELECT state, count(*) AS number FROM windows WHERE {condition} GROUP BY state", values
        )
        known = {row["state"]: int(row["number"]) for row in rows}
        return {state: known.get(state.value, 0) for state in State}

    # what happens to it

    def change(self, windows: Sequence[int], state: State, *, why: str = "", kind: str = "state") -> None:
        """Bring windows into a state; one event for each that was in another one.

        Raises
        ------
        ProjectError
            When the queue lacks one of them, or the project is open only to read.
        """
        entries = self.entries(windows)
        if len(entries) != len(set(windows)):
            missing = sorted(set(windows) - {entry.id for entry in entries})
            raise ProjectError(
                f"The queue has no window {missing[0]}.", "Take numbers that `review queue` lists."
            )
        changed = [entry for entry in entries if entry.state is not state or why]
        actor, now = self._actor(), utc_now()
        with self._catalogue.transaction() as connection:
            connection.executemany(
                "UPDATE windows SET state = ? WHERE id = ?", [(state.value, entry.id) for entry in changed]
            )
            connection.executemany(
                "INSERT INTO events (at, actor, window, kind, state, why, details) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (now, actor, entry.id, kind, state.value, why, json.dumps({"before": entry.state.value}))
                    for entry in changed
                ],
            )

    def comment(self, window: int, words: str) -> None:
        """Say something about a window.

        Raises
        ------
        ProjectError
            When there are no words or no such window, or the project is open only to read.
        """
        if not words.strip():
            raise ProjectError("The comment is empty.", "Say what the next one should know.")
        self.entry(window)
        with self._catalogue.transaction() as connection:
            self.tell(window, "comment", why=words.strip())
            connection.execute("UPDATE windows SET comment_count = comment_count + 1 WHERE id = ?", (window,))

    def mark_gold(self, windows: Sequence[int], *, is_gold: bool = True) -> None:
        """Say that the truth of windows is known, so that annotators can be scored on them."""
        with self._catalogue.transaction() as connection:
            connection.executemany(
                "UPDATE windows SET is_gold = ? WHERE id = ?", [(is_gold, window) for window in windows]
            )
            for window in windows:
                self.tell(window, "gold" if is_gold else "no longer gold")

    def mark_blind(self, windows: Sequence[int]) -> None:
        """Hide what others say about windows until they are done."""
        with self._catalogue.transaction() as connection:
            connection.executemany("UPDATE windows SET is_blind = 1 WHERE id = ?", [(w,) for w in windows])

    def tell(
        self, window: int | None, kind: str, *, why: str = "", details: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Keep an event that changes no state.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        """
        actor = self._actor()
        with self._catalogue.transaction() as connection:
            connection.execute(
                "INSERT INTO events (at, actor, window, kind, why, details) VALUES (?, ?, ?, ?, ?, ?)",
                (utc_now(), actor, window, kind, why, json.dumps(dict(details or {}))),
            )

    def settle_conflicts(self, window: int, *, why: str) -> int:
        """Mark what annotators disagreed about in a window as settled; return how many conflicts were open.

        Raises
        ------
        ProjectError
            When the project is open only to read.
        """
        actor = self._actor()
        with self._catalogue.transaction() as connection:
            changed = connection.execute(
                "UPDATE conflicts SET resolved_at = ?, resolved_by = ?, why = ? "
                "WHERE window = ? AND resolved_at IS NULL",
                (utc_now(), actor, why, window),
            )
            return changed.rowcount

    def history(self, window: int) -> list[Event]:
        """Return what happened to a window, oldest first."""
        rows = self._catalogue.rows(
            "SELECT events.*, actors.name AS who FROM events LEFT JOIN actors ON actors.id = events.actor "
            "WHERE events.window = ? ORDER BY events.id",
            (window,),
        )
        return [_event(row) for row in rows]

    def restore(self, window: int, event: int) -> State:
        """Bring a window back into the state that it had after an event of its history; return that state.

        Raises
        ------
        ProjectError
            When the history of the window has no such event, or the project is open only to read.
        """
        past = [entry for entry in self.history(window) if entry.id <= event]
        if not past or past[-1].id != event:
            raise ProjectError(
                f"The history of window {window} has no event {event}.",
                "Take a number that its history lists.",
            )
        states = [entry.state for entry in past if entry.state]
        state = State(states[-1]) if states else State.UNSEEN
        self.change([window], state, why=f"as after event {event}", kind="restore")
        return state

    def _actor(self) -> int:
        return self._catalogue.actor("person", self.who)


def _entry(row: sqlite3.Row) -> QueueEntry:
    place = Window(row["row_start"], row["row_stop"], row["column_start"], row["column_stop"])
    return QueueEntry(
        row["id"], row["scene"], place, State(row["state"]), row["assigned_to"] or "",
        bool(row["is_blind"]), bool(row["is_gold"]), row["comment_count"],
    )  # fmt: skip


def _event(row: sqlite3.Row) -> Event:
    details = json.loads(row["details"])
    return Event(row["id"], row["at"], row["who"] or "", row["kind"], row["state"] or "", row["why"], details)
