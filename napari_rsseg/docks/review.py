"""The Review page: a thin view of its panel."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from napari_rsseg.docks.parts.background import Background
from napari_rsseg.docks.parts.controls import button, choose, combo, row, say, text
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.docks.parts.section import section
from napari_rsseg.docks.parts.window_list import WindowList
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.review import REVIEW_KEYS
from napari_rsseg.review import DONE, ORDER_WORDS, STATE_COLOURS, Order, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.review import ReviewPanel
    from napari_rsseg.review import QueueEntry
    from napari_rsseg.viewer.review_layers import ReviewLayers

__all__ = ["ReviewPage"]

_MARGIN_PX = 8
FLICKER_MS = 600
"""How long prediction and labels stand while they alternate."""

_FILTERS: dict[tuple[State, ...], str] = {
    (): "all states",
    tuple(state for state in State if state not in DONE): "to do",
    **{(state,): state.value for state in State},
}


class ReviewPage(QWidget):
    """Shows a ReviewPanel.

    Parameters
    ----------
    panel : ReviewPanel
        State and commands.
    layers : ReviewLayers
        What it shows on the canvas.
    """

    def __init__(self, panel: ReviewPanel, layers: ReviewLayers) -> None:
        super().__init__()
        self._panel, self._layers = panel, layers
        self._told: object = None
        self._make_list()
        self._make_decisions()
        self._make_comparison()
        self._lay_out()
        self._flicker = QTimer(self)
        self._flicker.setInterval(FLICKER_MS)
        self._flicker.timeout.connect(layers.flicker)
        self._refresher = Refresher(self.refresh, self, interval_ms=20)
        panel.events.connect(self._refresher.ask)
        panel.changed.connect(self._refresher.ask)
        panel.shown.connect(self._read_ahead)
        self.refresh()

    def key_actions(self) -> dict[str, Callable[[], object]]:
        """Return what each key of `REVIEW_KEYS` does."""
        panel = self._panel
        actions = (
            panel.next, panel.previous, panel.accept, self._send_back, self._flag, self.words.setFocus,
            self._toggle_flicker,
        )  # fmt: skip
        return dict(zip(REVIEW_KEYS, actions, strict=True))

    def _make_list(self) -> None:
        panel = self._panel
        self.order = combo(
            "Order",
            "Which windows come first.",
            {order.value: words for order, (words, _) in ORDER_WORDS.items()},
        )
        for index, (_, tooltip) in enumerate(ORDER_WORDS.values()):
            self.order.setItemData(index, tooltip, Qt.ItemDataRole.ToolTipRole)
        self.order.activated.connect(lambda index: self._choose_order(Order(self.order.itemData(index))))
        self.open = button(
            "Open queue",
            "List the windows of the chosen scene in this order, computed anew.",
            self.open_queue,
        )
        self.states = combo("States", "Only windows in these states.", dict(enumerate(_FILTERS.values())))
        self.states.activated.connect(lambda index: panel.choose_states(list(_FILTERS)[index]))
        self.windows = WindowList(panel)
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Share of windows that are done")
        self.progress.setRange(0, 1000)
        self.counts = text("Windows in each state")
        self.counts.setTextFormat(Qt.TextFormat.RichText)
        self.map = QCheckBox("States on map")
        self.map.setAccessibleName("States over the scene")
        self.map.toggled.connect(lambda on: setattr(panel, "shows_map", on))

    def _make_decisions(self) -> None:
        panel = self._panel
        self.previous = button("Previous", "Go to the window before (PgUp).", panel.previous)
        self.next = button("Next", "Go to the next window (PgDown).", panel.next)
        self.accept = button("Accept", "The labels are right (Ctrl+Enter).", panel.accept)
        self.send_back = button(
            "Send back", "To be done again, for the reason below (Ctrl+Backspace).", self._send_back
        )
        self.flag = button("Flag", "Ask others about this window (Ctrl+J).", self._flag)
        self.comment = button("Comment", "Keep the words below with the window (Ctrl+M).", self._comment)
        self.first = button("Put first", "Put it before all others in the order by hand.", panel.put_first)
        self.words = QLineEdit()
        self.words.setAccessibleName("Reason or comment")
        self.words.setPlaceholderText("Reason or comment")
        self.words.returnPressed.connect(self._comment)
        self.history = QListWidget()
        self.history.setAccessibleName("History of the window")
        self.history.setToolTip("What happened to the window; nothing is ever deleted.")
        self.restore = button(
            "Restore", "Bring back the state that the window had after the chosen line.", self._restore
        )
        self.activity, self.message = text("What is going on"), text("Message about the review")

    def _make_comparison(self) -> None:
        self.comparing = combo(
            "Before and after", "Show the prediction against the labels of the window.",
            {"off": "labels only", "swipe": "swipe: prediction left, labels right", "flicker": "flicker"},
        )  # fmt: skip
        self.comparing.activated.connect(
            lambda index: setattr(self._panel, "comparing", self.comparing.itemData(index))
        )
        self.swipe = QSlider(Qt.Orientation.Horizontal)
        self.swipe.setAccessibleName("Swipe")
        self.swipe.setToolTip("Left of it the prediction is shown, right of it the labels.")
        self.swipe.setRange(0, 100)
        self.swipe.setValue(50)
        self.swipe.valueChanged.connect(lambda value: setattr(self._panel, "swipe", value / 100))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.addLayout(row(self.order, self.open))
        column.addWidget(self.states)
        column.addWidget(self.windows)
        column.addWidget(self.progress)
        column.addWidget(self.counts)
        grid = QGridLayout()
        buttons = (
            self.previous, self.next, self.accept, self.send_back, self.flag, self.comment, self.first,
            self.map,
        )  # fmt: skip
        for number, widget in enumerate(buttons):
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(widget, number // 2, number % 2)
        column.addLayout(grid)
        column.addWidget(self.words)
        column.addWidget(self.comparing)
        column.addWidget(self.swipe)
        for part in (self.activity, self.message):
            column.addWidget(part)
        past = QWidget()
        inner = QVBoxLayout(past)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.history)
        inner.addWidget(self.restore)
        column.addWidget(section("History", past))
        column.addStretch()

    # what takes a while

    def open_queue(self) -> None:
        """List the windows of the chosen scene, computed on a thread."""
        Background(self._panel.open, self, on_done=self._ask, on_failed=self._fail)

    def _choose_order(self, order: Order) -> None:
        if self._panel.site is None:
            self._panel.order = order
        else:
            Background(
                partial(self._panel.choose_order, order), self, on_done=self._ask, on_failed=self._fail
            )

    def _read_ahead(self, entry: QueueEntry) -> None:
        site = self._panel.site
        if site is not None:
            near = self._panel.neighbours()
            Background(partial(site.read_ahead, near), self, on_done=self._ask, on_failed=self._fail)
        if self._panel.wants_ranking:
            self.open_queue()

    def _ask(self, result: object) -> None:
        self._refresher.ask()

    def _fail(self, error: Exception) -> None:
        self._panel.message = describe_fault(error)

    # decisions with words

    def _send_back(self) -> None:
        self._panel.send_back(self.words.text())
        if not self.words.text().strip():
            self.words.setFocus()
        else:
            self.words.clear()

    def _flag(self) -> None:
        self._panel.flag(self.words.text())
        self.words.clear()

    def _comment(self) -> None:
        self._panel.comment(self.words.text())
        self.words.clear()

    def _restore(self) -> None:
        item = self.history.currentItem()
        if item is not None:
            self._panel.restore(int(item.data(Qt.ItemDataRole.UserRole)))

    def _toggle_flicker(self) -> None:
        self._panel.comparing = "off" if self._panel.comparing == "flicker" else "flicker"

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel = self._panel
        choose(self.order, panel.order.value)
        choose(self.comparing, panel.comparing)
        self.states.setCurrentIndex(list(_FILTERS).index(panel.wanted))
        self.windows.follow()
        self.map.setChecked(panel.shows_map)
        self.progress.setValue(round(1000 * panel.done_share))
        say(self.counts, _counts_words(panel))
        is_on = bool(panel.current)
        for widget in (self.accept, self.send_back, self.flag, self.comment, self.first, self.restore):
            widget.setEnabled(is_on)
        for widget in (self.previous, self.next):
            widget.setEnabled(bool(panel.ids))
        self.open.setEnabled(not panel.activity)
        self.order.setEnabled(not panel.activity)
        self.swipe.setVisible(panel.comparing == "swipe")
        if (panel.comparing == "flicker") != self._flicker.isActive():
            (self._flicker.start if panel.comparing == "flicker" else self._flicker.stop)()
        self._show_history()
        say(self.activity, panel.activity)
        say(self.message, panel.message)

    def _show_history(self) -> None:
        events = self._panel.history
        if events == self._told:
            return
        self._told = events
        self.history.clear()
        for event in events:
            parts = (event.at[:16].replace("T", " "), event.who, event.kind, event.state, event.why)
            item = QListWidgetItem(" · ".join(part for part in parts if part))
            item.setData(Qt.ItemDataRole.UserRole, event.id)
            self.history.addItem(item)


def _counts_words(panel: ReviewPanel) -> str:
    if not panel.counts:
        return ""
    parts = [
        f"<span style='color:{STATE_COLOURS[state]}'>■</span> {number:,} {escape(state.value)}"
        for state, number in panel.counts.items()
        if number
    ]
    return "  ".join(parts)
