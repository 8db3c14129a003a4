"""The Bands form: a list of roles per band."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QVBoxLayout, QWidget

from napari_rsseg.docks.parts.controls import button, choose, combo, row
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.panels.bands import ROLE_TITLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.bands import BandsPanel

__all__ = ["BandsForm"]


class BandsForm(QWidget):
    """Shows a BandsPanel.

    Parameters
    ----------
    panel : BandsPanel
        State and commands.
    on_apply, on_reset : callable
        Take the roles of the form, or those of the file.
    """

    def __init__(
        self, panel: BandsPanel, *, on_apply: Callable[[], None], on_reset: Callable[[], None]
    ) -> None:
        super().__init__()
        self._panel = panel
        self.roles: list[QComboBox] = []
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.remember = QCheckBox("Remember for files like this")
        self.remember.setAccessibleName("Remember for files like this")
        self.remember.setToolTip(
            "Files of the same sensor, band names and number type open with these roles from now on, "
            "in the window and on the command line."
        )
        self.remember.toggled.connect(lambda checked: setattr(panel, "remember", checked))
        self.apply = button("Apply roles", "Show and segment the scene with these roles.", on_apply)
        self.reset = button("As the file says", "Forget all corrections for files like this one.", on_reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._form)
        column.addWidget(self.remember)
        column.addLayout(row(self.apply, self.reset))
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        panel.events.connect(self._refresher.ask)
        self.refresh()

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel = self._panel
        if tuple(box.accessibleDescription() for box in self.roles) != panel.names:
            self._make_rows()
        for box, role in zip(self.roles, panel.roles, strict=True):
            choose(box, role or "")
        self.remember.setChecked(panel.remember)
        self.apply.setEnabled(panel.can_correct and panel.is_changed)
        self.reset.setEnabled(panel.can_correct and panel.is_corrected)
        self.setEnabled(panel.can_correct)

    def _make_rows(self) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.roles = []
        for index, name in enumerate(self._panel.names):
            box = combo(f"Role of band {index + 1}", f"What band {index + 1} ({name}) measures.", ROLE_TITLES)
            box.setAccessibleDescription(name)
            box.activated.connect(
                lambda chosen, index=index, box=box: self._panel.choose(index, box.itemData(chosen) or None)
            )
            self.roles.append(box)
            self._form.addRow(name if name.lower().startswith("band") else f"{index + 1} · {name}", box)
