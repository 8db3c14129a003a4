"""State and commands of the Models page; knows neither Qt nor napari."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from napari_rsseg.errors import ModelError
from napari_rsseg.panels.card_page import card_page
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.model_rows import ModelRow, model_rows
from napari_rsseg.panels.question import Question
from napari_rsseg.registry.choices import PROMPTS
from napari_rsseg.registry.defaults import set_default
from napari_rsseg.registry.downloads import DOWNLOADS
from napari_rsseg.registry.published import PUBLISHED_MODELS
from napari_rsseg.registry.removing import check_removable, remove_model
from napari_rsseg.registry.sources import check_model, default_model, scan_models

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.model_import import ModelImport
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.registry.sources import ModelFile

__all__ = ["ModelsPanel"]


@dataclass
class ModelsPanel:
    """State and commands of the Models page.

    Attributes
    ----------
    segment : SegmentPanel
        Whose list of models follows what is done here.
    imports : ModelImport
        Model files that are being taken in; what comes of them is listed and chosen here.
    rows : tuple of ModelRow
        All models; empty until they are listed for the first time.
    chosen : str
        Key of the row that commands are about.
    activity : str
        What is going on in the background; empty when nothing is.
    done, total : int
        Progress of it, in bytes; a total of 0: unknown.
    message : str
        Last line for the user: a result, or an error with its remedy.
    question : Question or None
        What must be answered before a model is removed.
    """

    segment: SegmentPanel = field(repr=False)
    imports: ModelImport = field(repr=False)
    rows: tuple[ModelRow, ...] = ()
    chosen: str = ""
    activity: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    question: Question | None = None
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    def __post_init__(self) -> None:
        self.imports.events.message.connect(self._hear)
        self.imports.events.imported.connect(self._take_imported)

    def _hear(self, words: str) -> None:
        self.message = words

    def _take_imported(self, names: tuple[str, ...]) -> None:
        if names:
            self.refresh(names[0])

    # the list

    @property
    def row(self) -> ModelRow | None:
        """The chosen row."""
        return next((row for row in self.rows if row.key == self.chosen), None)

    @property
    def page(self) -> str:
        """Card of the chosen model as Markdown; empty where it has none."""
        row = self.row
        return "" if row is None or row.model is None else card_page(row.model.card)

    def choose(self, key: str) -> None:
        """Take another row."""
        self.chosen = key

    def read(self, wanted: str = "") -> None:
        """List all models anew, here and on the Segment page; reads the disk, so not for the main thread.

        Parameters
        ----------
        wanted : str
            Name of the model to choose; empty: the choice stays where it can.
        """
        found = scan_models(self.segment.extra_models)
        here = scan_models().models
        tasks = {model.task for model in here if model.task is not None}
        tasks |= {PROMPTS for model in here if model.card.family == "sam"}
        defaults = {default_model(task).card.name for task in tasks}
        self.segment.refresh_models(found)
        self.rows = model_rows(found, PUBLISHED_MODELS, DOWNLOADS, defaults)
        if wanted:
            self.chosen = next((row.key for row in self.rows if row.name == wanted), self.chosen)
        if self.row is None:
            self.chosen = self.rows[0].key if self.rows else ""

    def refresh(self, wanted: str = "") -> None:
        """List all models anew in the background, and choose the wanted one."""
        work = partial(self._guarded, partial(self.read, wanted))
        threading.Thread(target=work, name="rsseg-models", daemon=True).start()

    # commands

    @property
    def can_set_default(self) -> bool:
        """Whether the chosen model could be the one that its task begins with, and is not."""
        row = self.row
        return row is not None and bool(_begun_with(row)) and not row.is_default

    def set_default(self) -> None:
        """Let the task of the chosen model begin with it from now on."""
        row = self.row
        if row is not None and self.can_set_default:
            self._begin("Remembering …", lambda: self._set_default(row))

    def _set_default(self, row: ModelRow) -> None:
        task = _begun_with(row)
        set_default(task, row.name)
        self.read()
        self.message = f"{row.title} is the first choice for {self.segment.tasks.get(task, task)}."

    @property
    def can_download(self) -> bool:
        """Whether the chosen model is not here and can be fetched."""
        row = self.row
        return row is not None and row.download is not None

    def download(self) -> None:
        """Fetch the chosen model and import it, in the background."""
        row = self.row
        if row is not None and row.download is not None:
            name = row.download.name
            self._begin(f"Downloading {row.title} …", lambda: self._download(name))

    def _download(self, name: str) -> None:
        from napari_rsseg.jobs.downloading import DownloadProgress, download_model  # loads what speaks HTTP

        def tell(progress: DownloadProgress) -> None:
            self.done, self.total = progress.done, progress.total
            if progress.importing:
                self.activity, self.total = f"Importing {name} …", 0

        model = download_model(name, on_progress=tell, cancelled=self._cancelled)
        if model is None:
            self.message = "Cancelled. What has arrived is kept: Download goes on from there."
            return
        self.read(name)
        self.message = f"{model.card.title} is installed."

    def check(self) -> None:
        """Compare the weights of the chosen model with its card, in the background."""
        row = self.row
        if row is not None and row.model is not None:
            model = row.model
            self._begin(f"Checking {row.name} …", lambda: self._check((model,)))

    def check_all(self) -> None:
        """Compare the weights of all installed models with their cards, in the background."""
        models = tuple(row.model for row in self.rows if row.model is not None)
        self._begin("Checking all models …", lambda: self._check(models))

    def _check(self, models: tuple[ModelFile, ...]) -> None:
        sizes = [model.weights_path.stat().st_size for model in models]
        self.total = sum(sizes) if len(models) > 1 else 0
        wrong: list[str] = []
        for number, (model, size) in enumerate(zip(models, sizes, strict=True)):
            if self._cancelled.is_set():
                self.message = f"Cancelled: {number} of {len(models)} models were checked."
                return
            try:
                check_model(model)
            except ModelError as error:
                wrong.append(str(error))
            self.done += size
        names = models[0].card.name if len(models) == 1 else f"All {len(models)} models"
        verb = "is" if len(models) == 1 else "are"
        self.message = "\n".join(wrong) or f"{names} {verb} whole: the weights are those of the card."

    def cancel(self) -> None:
        """Stop what is going on in the background, as soon as it can be stopped."""
        if self.activity:
            self._cancelled.set()
            self.message = "Cancelled."

    @property
    def can_remove(self) -> bool:
        """Whether the chosen model may go: those that come with the package stay."""
        row = self.row
        return row is not None and row.model is not None and not row.is_ours

    def remove(self) -> None:
        """Ask whether the chosen model is to be removed, or say why it has to stay."""
        row = self.row
        if row is None or row.model is None or not self.can_remove:
            return
        try:
            check_removable(row.name, self.segment.extra_models)
        except ModelError as error:
            self.message = str(error)
            return
        self.question = Question(
            f"Remove {row.title}? {row.model.weights_path} ({row.size}) and its card are deleted.",
            {"keep": "Keep it", "remove": "Remove it"},
        )

    def answer(self, answer: str) -> None:
        """Answer whether the chosen model is to be removed."""
        row, self.question = self.row, None
        if row is not None and answer == "remove":
            self._begin(f"Removing {row.name} …", lambda: self._remove(row))

    def _remove(self, row: ModelRow) -> None:
        remove_model(row.name, self.segment.extra_models)
        self.read()
        self.message = f"{row.title} was removed."

    # work in the background

    def _begin(self, words: str, work: Callable[[], object]) -> None:
        """Do one thing at a time on a thread of its own."""
        if self.activity:
            self.message = f"{self.activity} Wait for its end or cancel it."
            return
        self._cancelled.clear()
        self.done, self.total, self.message, self.activity = 0, 0, "", words
        threading.Thread(target=self._work, args=(work,), name="rsseg-models", daemon=True).start()

    def _work(self, work: Callable[[], object]) -> None:
        self._guarded(work)
        self.activity = ""

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the last door before the thread ends; logged by describe_fault
            self.message = describe_fault(error)


def _begun_with(row: ModelRow) -> str:
    """Return the task that could begin with a row's model, ``prompts`` for SAM; empty for none."""
    if row.state != "installed" or row.model is None:
        return ""
    return PROMPTS if row.model.card.family == "sam" else row.task
