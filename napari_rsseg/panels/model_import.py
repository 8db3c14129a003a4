"""Model files from anywhere: our own at once, the authors' by a process that turns them into ours."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from napari_rsseg.errors import ModelError
from napari_rsseg.jobs.importing_child import AUTHORS_SUFFIXES, import_in_child, importable, is_authors_file
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.question import Question

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.panels.segment import SegmentPanel

__all__ = ["MODEL_SUFFIXES", "ModelImport"]

MODEL_SUFFIXES = (".safetensors", ".json", *AUTHORS_SUFFIXES)
"""Endings of files that can be imported."""


@dataclass
class ModelImport:
    """One import at a time.

    Attributes
    ----------
    segment : SegmentPanel
        Gets the model and the messages.
    question : Question or None
        Which published model a file is of, where that is not clear.
    is_busy : bool
        Whether a file is being read.
    """

    segment: SegmentPanel = field(repr=False)
    question: Question | None = None
    is_busy: bool = False
    _path: Path | None = field(default=None, repr=False)

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    def take(self, path: Path) -> None:
        """Import a file, or ask first which model it is of; what is wrong becomes the message."""
        if self.is_busy:
            self.segment.message = "A model is being imported. Wait for its end."
        elif is_authors_file(path):
            self._take_authors(path)
        else:
            self.segment.import_model(path)

    def answer(self, name: str) -> None:
        """Say which published model the file is of; ``stop``: none."""
        path, self._path, self.question = self._path, None, None
        if path is not None and name != "stop":
            self._begin(path, name)

    def _take_authors(self, path: Path) -> None:
        panel = self.segment
        offered = importable(panel.task)
        names = [model.name for model in offered]
        if not names:
            error = ModelError(
                f"{path.name} is a file of weights, and every published model of this task is installed.",
                "Choose the task it is for, or import a .safetensors file with its card.",
            )
            panel.message = str(error)
        elif len(names) == 1:
            self._begin(path, names[0])
        elif panel.model_name in names:
            self._begin(path, panel.model_name)
        else:
            self._path = path
            answers = {model.name: model.title for model in offered} | {"stop": "Cancel"}
            self.question = Question(f"Of which model is {path.name}?", answers)

    def _begin(self, path: Path, name: str) -> None:
        self.is_busy, self.segment.message = True, f"Reading {path.name} as {name} …"
        threading.Thread(target=self._work, args=(path, name), name="rsseg-import", daemon=True).start()

    def _work(self, path: Path, name: str) -> None:
        panel = self.segment
        try:
            import_in_child(path, name)
            panel.refresh_models()
            panel.choose_model(name)
            panel.message = f"{name} is installed."
        except Exception as error:  # noqa: BLE001 - the last door before the thread ends; logged by describe_fault
            panel.message = describe_fault(error)
        self.is_busy = False
