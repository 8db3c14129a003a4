"""The Project page: a thin view of its panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from napari_rsseg.docks.parts.controls import button, choose, combo, row, say, text
from napari_rsseg.docks.parts.refresher import Refresher

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QShowEvent

    from napari_rsseg.panels.project import ProjectPanel

__all__ = ["ProjectPage"]

_MARGIN_PX = 8
_KEY = Qt.ItemDataRole.UserRole


class ProjectPage(QWidget):
    """Shows a ProjectPanel.

    Parameters
    ----------
    panel : ProjectPanel
        State and commands.
    """

    def __init__(self, panel: ProjectPanel) -> None:
        super().__init__()
        self._panel = panel
        self._make_lists()
        self._make_form()
        self._lay_out()
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        panel.events.connect(self._refresher.ask)
        panel.segment.events.tasks.connect(self._refresher.ask)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at what is there each time the page is opened."""
        super().showEvent(event)
        self._panel.refresh()

    def _make_lists(self) -> None:
        panel = self._panel
        self.recent = _list("Recent projects", lambda key: panel.open(Path(key)))
        self.open = button("Open…", "Pick the folder of a project.", self.ask_for_project)
        self.close_project = button(
            "Close", "Save, and let others write; scenes opened then have labels of their own.", panel.close
        )
        self.scenes_title = QLabel()
        self.scenes = _list("Scenes of the project", panel.show_scene)

    def _make_form(self) -> None:
        panel = self._panel
        self.folder = _line("Scenes", "A folder of rasters; each becomes a scene.", self._set("folder"))
        self.browse = button("Scenes…", "Pick the folder of scenes.", self.ask_for_folder)
        self.root = _line(
            "Project", "The folder that is made; scenes stay where they are.", self._set("root")
        )
        self.scheme = combo("Classes", "The classes of all labels in the project.", {})
        self.scheme.activated.connect(lambda _: self._set("scheme")(self.scheme.currentData()))
        self.create_project = button(
            "Create project", "Labels painted on these scenes before come into it.", panel.create
        )
        self.activity, self.message = text("What is going on"), text("Message about the project")
        self.report = text("Files that could not be taken")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress of the project")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.addWidget(self.scenes_title)
        column.addWidget(self.scenes)
        column.addWidget(QLabel("Recent projects"))
        column.addWidget(self.recent)
        column.addLayout(row(self.open, self.close_project))
        form = QFormLayout()
        form.addRow("New from", row(self.folder, self.browse))
        form.addRow("Project folder", self.root)
        form.addRow("Classes", self.scheme)
        column.addLayout(form)
        for widget in (self.create_project, self.activity, self.progress, self.message, self.report):
            column.addWidget(widget)
        column.addStretch()

    def _set(self, name: str) -> Callable[[str], None]:
        return lambda words: setattr(self._panel, name, words)

    def ask_for_project(self) -> None:
        """Let the user pick the folder of a project."""
        path = QFileDialog.getExistingDirectory(self, "Open a project")
        if path:
            self._panel.open(Path(path))

    def ask_for_folder(self) -> None:
        """Let the user pick a folder of scenes; the project is offered beside it."""
        path = QFileDialog.getExistingDirectory(self, "A folder of scenes")
        if path:
            self._panel.folder = path
            self._panel.root = self._panel.root or f"{path}-{self._panel.scheme}"

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel = self._panel
        title = "" if panel.project is None else f"Scenes of {panel.project.settings.name}"
        say(self.scenes_title, title)
        self.scenes.setVisible(panel.project is not None)
        _fill(
            self.scenes,
            {entry.id: f"{entry.title} · {entry.height} x {entry.width}" for entry in panel.scenes},
        )
        _fill(
            self.recent,
            {
                str(entry.root): f"{entry.name} · {entry.scheme} · {entry.root}"
                for entry in panel.recent
                if entry.is_there
            },
        )
        self.close_project.setEnabled(panel.project is not None)
        for line, words in ((self.folder, panel.folder), (self.root, panel.root)):
            if line.text() != words:
                line.setText(words)
        if [self.scheme.itemData(number) for number in range(self.scheme.count())] != list(
            panel.segment.tasks
        ):
            self.scheme.clear()
            for key, words in panel.segment.tasks.items():
                self.scheme.addItem(words, key)
        choose(self.scheme, panel.scheme)
        self.create_project.setEnabled(panel.can_create)
        say(self.activity, panel.activity)
        self.progress.setVisible(bool(panel.activity))
        self.progress.setRange(0, panel.total)
        self.progress.setValue(panel.done)
        say(self.message, panel.message)
        say(self.report, "\n".join(panel.report))


def _list(name: str, on_choice: Callable[[str], None]) -> QListWidget:
    made = QListWidget()
    made.setAccessibleName(name)
    made.setToolTip("Double-click or press Enter to open.")
    made.setMaximumHeight(140)
    made.itemActivated.connect(lambda item: on_choice(str(item.data(_KEY))))
    return made


def _fill(shown: QListWidget, rows: dict[str, str]) -> None:
    """Show rows; a list that is the same already keeps its choice."""
    items = [shown.item(number) for number in range(shown.count())]
    if [(item.data(_KEY), item.text()) for item in items if item is not None] == list(rows.items()):
        return
    shown.clear()
    for key, words in rows.items():
        item = QListWidgetItem(words)
        item.setData(_KEY, key)
        shown.addItem(item)


def _line(name: str, tooltip: str, on_text: Callable[[str], None]) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(name)
    made.setToolTip(tooltip)
    made.textChanged.connect(on_text)
    return made
