"""The Segment page: a thin view of its panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_rsseg.docks.parts import AreaTable, ModelList, OptionsForm, QuestionBox, Refresher
from napari_rsseg.docks.parts.controls import button, choose, combo, row, say, text
from napari_rsseg.docks.parts.section import section
from napari_rsseg.panels.region import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.docks.classes import ClassesForm
    from napari_rsseg.docks.prompts import PromptsForm
    from napari_rsseg.docks.scene_controls import SceneControls
    from napari_rsseg.panels.model_import import ModelImport
    from napari_rsseg.panels.options import SegmentOptions
    from napari_rsseg.panels.segment import SegmentPanel

__all__ = ["PageActions", "SegmentPage"]


@dataclass(frozen=True)
class PageActions:
    """What the page asks for that needs the viewer or a file dialog.

    Attributes
    ----------
    draw, save, import_model : callable
        Let the user drag a rectangle, write labels, and pick a model file.
    answer_import : callable
        Gets the answer to what the import asks.
    edit_here : callable
        Moves the window in which labels of a large scene are painted to the view.
    """

    draw: Callable[[], None]
    save: Callable[[], None]
    import_model: Callable[[], None]
    answer_import: Callable[[str], None]
    edit_here: Callable[[], None]


class SegmentPage(QWidget):
    """Shows a SegmentPanel.

    Parameters
    ----------
    panel : SegmentPanel
        State and commands.
    scenes : SceneControls
        Controls of the scene, shown on top.
    classes : ClassesForm
        Colours and words of the classes.
    prompts : PromptsForm
        Pointing at objects.
    imports : ModelImport
        Model files that are being taken in.
    actions : PageActions
        What needs the viewer or a file dialog.
    """

    def __init__(
        self,
        panel: SegmentPanel,
        scenes: SceneControls,
        classes: ClassesForm,
        prompts: PromptsForm,
        imports: ModelImport,
        actions: PageActions,
    ) -> None:
        super().__init__()
        self._panel, self.scenes, self.classes, self.imports = panel, scenes, classes, imports
        self.prompts = prompts
        self._make_choices(actions)
        self._make_run(actions)
        self._lay_out()
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        panel.events.connect(self._refresher.ask)
        imports.events.connect(self._refresher.ask)
        self.refresh()

    def _make_choices(self, actions: PageActions) -> None:
        panel = self._panel
        self.task = combo(
            "Task", "What to map: decides the classes and which models are listed.", panel.tasks
        )
        self.task.activated.connect(lambda index: panel.choose_task(self.task.itemData(index)))
        self.models = ModelList(panel.choose_model)
        self.reason = text("About the model")
        self.import_model = button(
            "Import model…",
            "Take a model file: .safetensors with its card, or the authors' .pth, .pth.tar or .pt.",
            actions.import_model,
        )
        self.import_question = QuestionBox(actions.answer_import)
        self.region = combo("Region", "Which part of the scene is segmented.", REGIONS)
        self.region.activated.connect(
            lambda index: setattr(panel, "region_kind", self.region.itemData(index))
        )
        self.draw = button("Draw", "Drag a rectangle over the scene.", actions.draw)
        self.device = text("Device")
        self.options: OptionsForm[SegmentOptions] = OptionsForm(panel.options, panel.choose_options)

    def _make_run(self, actions: PageActions) -> None:
        panel = self._panel
        self.segment = button("Segment", "Predict the classes of the region (Ctrl+Shift+G).", panel.segment)
        self.segment.setDefault(True)
        self.cancel = button(
            "Cancel", "Stop; what is done stays, and Resume does the rest (Ctrl+Shift+X).", panel.cancel
        )
        self.question = QuestionBox(panel.answer)
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress")
        self.speed = text("Speed and time left")
        self.message = text("Message")
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.reach = text("Where painting reaches")
        self.edit_here = button(
            "Edit here",
            "Move the window in which these labels are painted to the middle of the view (Ctrl+Shift+E).",
            actions.edit_here,
        )
        self.areas = AreaTable()
        self.save = button(
            "Save labels…",
            "Write the labels, or the probabilities kept, as GeoTIFF for QGIS and others.",
            actions.save,
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Task", self.task)
        form.addRow("Region", row(self.region, self.draw))
        column.addWidget(self.scenes)
        column.addLayout(form)
        column.addWidget(QLabel("Model"))
        column.addWidget(self.models)
        column.addWidget(self.reason)
        column.addWidget(self.import_model)
        column.addWidget(self.import_question)
        self.classes_section = section("Classes", self.classes)
        column.addWidget(self.classes_section)
        self.prompts_section = section("Prompts", self.prompts)
        column.addWidget(self.prompts_section)
        self.options_section = section("Options", self.options.widget)
        column.addWidget(self.options_section)
        column.addWidget(self.device)
        column.addLayout(row(self.segment, self.cancel))
        for widget in (
            self.question,
            self.progress,
            self.speed,
            self.message,
            self.reach,
            self.edit_here,
            self.areas,
            self.save,
        ):
            column.addWidget(widget)
        column.addStretch()

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel = self._panel
        running = panel.run_state != "idle"
        focused = self.window().focusWidget()
        on_run = focused is not None and (
            focused in (self.segment, self.cancel) or self.question.isAncestorOf(focused)
        )
        if list(panel.tasks) != [self.task.itemData(index) for index in range(self.task.count())]:
            self.task.clear()
            for task, title in panel.tasks.items():
                self.task.addItem(title, task)
        choose(self.task, panel.task)
        choose(self.region, panel.region_kind)
        self.models.show_models(panel.models, panel.model_name)
        say(self.reason, panel.model.reason if panel.model else "")
        say(self.device, panel.device_line)
        self.segment.setText("Resume" if panel.resumable else "Segment")
        self.segment.setEnabled(panel.can_segment)
        self.segment.setToolTip(panel.obstacle or "Predict the classes of the region (Ctrl+Shift+G).")
        self.cancel.setEnabled(running)
        for widget in (
            self.task,
            self.models,
            self.region,
            self.draw,
            self.import_model,
            self.options.widget,
        ):
            widget.setEnabled(not running)
        self.import_model.setEnabled(not running and not self.imports.is_busy)
        self.import_question.show_question(self.imports.question)
        self.question.show_question(panel.question)
        self.progress.setVisible(running or panel.resumable)
        self.progress.setRange(0, panel.total)  # 0 to 0 moves to and fro: something is going on
        self.progress.setValue(panel.done)
        say(self.speed, panel.speed_line if running else "")
        say(self.message, panel.message)
        say(self.reach, panel.paint_reach)
        self.edit_here.setVisible(bool(panel.paint_reach))
        self.areas.show_areas(panel.areas)
        self.save.setVisible(bool(panel.areas))
        if focused is not None and on_run and not (focused.isEnabled() and focused.isVisibleTo(self)):
            (
                self.cancel if running else self.segment
            ).setFocus()  # else Qt leaves the page: keys would be lost
