"""State and commands of the Review page; knows neither Qt nor napari."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from psygnal import Signal, SignalGroupDescriptor

from napari_rsseg.errors import RssegError
from napari_rsseg.panels.review_site import ReviewSite, open_site
from napari_rsseg.review import (
    DONE,
    Filter,
    Order,
    QueueEntry,
    State,
    accept_window,
    hide_prediction,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.review import Event

__all__ = ["REVIEW_KEYS", "Comparing", "ReviewPanel"]

Comparing = Literal["off", "flicker", "swipe"]
REVIEW_KEYS: dict[str, str] = {
    "PgDown": "next window",
    "PgUp": "previous window",
    "Ctrl+Enter": "accept the window",
    "Ctrl+Backspace": "send the window back, with the words in the field",
    "Ctrl+J": "flag the window",
    "Ctrl+M": "write a comment",
    "Ctrl+D": "alternate between prediction and labels",
}
"""Keys on the canvas while a window is under review."""

_NEIGHBOURS = (1, 2, -1)
_LEARNING = (Order.LIKELY_WRONG, Order.DIVERSE, Order.VALUABLE)
DECISIONS = 10
"""After so many decisions an order that learns is computed anew."""


@dataclass
class ReviewPanel:
    """The queue, where one is in it, and what can be said about a window.

    Attributes
    ----------
    segment : SegmentPanel
        Says which scene and task are chosen, and gives the engine.
    order : Order
        Which windows come first.
    wanted : tuple of State
        Only windows in these states are listed; empty: all.
    ids : tuple of int
        Windows in this order.
    current : int
        The window on screen; 0: none.
    counts : dict of State to int
        Windows of the scene in each state.
    comparing : {"off", "flicker", "swipe"}
        Whether the prediction is shown against the labels, and how.
    swipe : float
        Up to which share of the window's width the prediction is shown, the labels beyond.
    shows_map : bool
        Whether the states lie over the scene.
    activity : str
        What is going on; empty: nothing.
    message : str
        Last line for the annotator: a result, or an error with its remedy.
    """

    segment: SegmentPanel = field(repr=False)
    order: Order = Order.LIKELY_WRONG
    wanted: tuple[State, ...] = ()
    ids: tuple[int, ...] = ()
    current: int = 0
    counts: dict[State, int] = field(default_factory=dict)
    comparing: Comparing = "off"
    swipe: float = 0.5
    shows_map: bool = False
    activity: str = ""
    message: str = ""
    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    shown: ClassVar[Signal] = Signal(QueueEntry)
    """Emitted with the window that comes on screen."""
    changed: ClassVar[Signal] = Signal()
    """Emitted when states or comments of windows changed."""

    def __post_init__(self) -> None:
        self._site: ReviewSite | None = None
        self._places: dict[int, int] = {}
        self._decided: set[int] = set()
        self._is_new_order = False

    # the queue

    @property
    def site(self) -> ReviewSite | None:
        """What is under review; None before `open`."""
        return self._site

    @property
    def entry(self) -> QueueEntry | None:
        """The window on screen."""
        return None if self._site is None or not self.current else self._site.queue.entry(self.current)

    @property
    def history(self) -> list[Event]:
        """What happened to the window on screen, oldest first."""
        return [] if self._site is None or not self.current else self._site.queue.history(self.current)

    @property
    def done_share(self) -> float:
        """Share of the windows of the scene that are done, 0 to 1."""
        total = sum(self.counts.values())
        return sum(self.counts[state] for state in DONE) / total if total else 0.0

    def open(self) -> None:
        """Take the queue of the chosen scene and compute its order; blocks, so it is called on a thread."""
        self.activity = "Looking at windows …"
        try:
            site = open_site(self.segment)
            self._site = site
            if not site.project.is_read_only:
                self._decided, self._is_new_order = set(), True
                site.maker.rank(self.order)
            self.message = ""
        except RssegError as error:
            self.message = str(error)
        finally:
            self.activity = ""
        self.reload()

    def reload(self) -> None:
        """Read the list anew from the catalogue."""
        site = self._site
        if site is None:
            return
        wanted = Filter(states=self.wanted, scene=site.entry.id)
        ids = site.queue.ids(self.order, wanted)
        self._places = {number: place for place, number in enumerate(ids)}
        self.ids = tuple(ids)
        self.counts = site.queue.counts(Filter(scene=site.entry.id))
        self.changed.emit()

    def entries(self, start: int, stop: int) -> list[QueueEntry]:
        """Return a part of the list, in its order."""
        return [] if self._site is None else self._site.queue.entries(self.ids[start:stop])

    def place_of(self, window: int) -> int:
        """Return where a window stands in the list; -1 where it is not listed."""
        return self._places.get(window, -1)

    def choose_order(self, order: Order) -> None:
        """Take another order; blocks, so it is called on a thread."""
        self.order = order
        self.open()

    def choose_states(self, wanted: tuple[State, ...]) -> None:
        """List only windows in these states."""
        self.wanted = wanted
        self.reload()

    # going through it

    def go(self, window: int) -> None:
        """Bring a window on screen."""
        site = self._site
        if site is None:
            return
        try:
            entry = site.queue.entry(window)
        except RssegError as error:
            self.message = str(error)
            return
        self.current = window
        self.message = self._blinded(site, entry)
        self.shown.emit(entry)

    def _blinded(self, site: ReviewSite, entry: QueueEntry) -> str:
        try:
            was_hidden = not site.project.is_read_only and hide_prediction(site.session, entry)
        except RssegError as error:
            return str(error)
        return "This window is blind: label it without the prediction, which is hidden." if was_hidden else ""

    def next(self) -> None:
        """Bring the next window of the list on screen."""
        self._step(1)

    def previous(self) -> None:
        """Bring the window before this one in the list on screen."""
        self._step(-1)

    def _step(self, step: int) -> None:
        place = self.place_of(self.current)
        if place < 0 or (step > 0 and self._is_new_order):
            place = -1 if step > 0 else len(self.ids)
        self._is_new_order = False
        if 0 <= place + step < len(self.ids):
            self.go(self.ids[place + step])
        else:
            self.message = "This is the end of the list." if self.ids else "The list is empty."

    @property
    def wants_ranking(self) -> bool:
        """Whether enough was decided for an order that learns to be computed anew."""
        return self.order in _LEARNING and len(self._decided) >= DECISIONS and not self.activity

    def neighbours(self) -> list[QueueEntry]:
        """Return the windows that are probably shown next, to be read ahead."""
        place = self.place_of(self.current)
        near = [place + step for step in _NEIGHBOURS if 0 <= place + step < len(self.ids)]
        return [] if self._site is None else self._site.queue.entries([self.ids[other] for other in near])

    # saying something about it

    def accept(self) -> None:
        """Agree with the labels of the window on screen, and go on."""
        self._decide(
            lambda site, entry: accept_window(site.session, site.queue, entry), "accepted", goes_on=True
        )

    def send_back(self, why: str) -> None:
        """Ask for the window to be done again, and go on."""
        if not why.strip():
            self.message = "Say what is to be done, then send it back."
            return
        self._set(State.SENT_BACK, why.strip())

    def flag(self, why: str = "") -> None:
        """Ask others about the window, and go on."""
        self._set(State.FLAGGED, why.strip())

    def begin_work(self) -> None:
        """Say that the window is being worked on."""
        self._decide(
            lambda site, entry: site.queue.change([entry.id], State.IN_WORK), "in work", goes_on=False
        )

    def comment(self, words: str) -> None:
        """Say something about the window."""
        self._decide(lambda site, entry: site.queue.comment(entry.id, words), "commented", goes_on=False)

    def put_first(self) -> None:
        """Put the window before all others in the order by hand."""
        self._decide(lambda site, entry: site.queue.put_first(entry.id), "put first by hand", goes_on=False)

    def restore(self, event: int) -> None:
        """Bring back the state that the window had after an event."""
        self._decide(lambda site, entry: site.queue.restore(entry.id, event), "restored", goes_on=False)

    def _set(self, state: State, why: str) -> None:
        self._decide(
            lambda site, entry: site.queue.change([entry.id], state, why=why), state.value, goes_on=True
        )

    def _decide(self, work: Callable[[ReviewSite, QueueEntry], object], words: str, *, goes_on: bool) -> None:
        site, entry = self._site, self.entry
        if site is None or entry is None:
            self.message = "No window is on screen: open the queue and go to one."
            return
        try:
            work(site, entry)
        except RssegError as error:
            self.message = str(error)
            return
        self.counts = site.queue.counts(Filter(scene=site.entry.id))
        self.changed.emit()
        self._decided.add(entry.id)
        if goes_on:
            self.next()
        self.message = self.message or f"Window {entry.id}: {words}."
