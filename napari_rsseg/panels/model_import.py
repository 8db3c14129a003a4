"""Model files from anywhere, read by a process of their own; what they do not tell is asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES
from napari_rsseg.errors import ModelError
from napari_rsseg.jobs.importing_child import (
    AUTHORS_SUFFIXES,
    import_any_in_child,
    import_in_child,
    is_authors_file,
)
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.question import Question
from napari_rsseg.registry.sources import scan_models, starters_folder
from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.panels.segment import SegmentPanel

__all__ = ["CLASSES_FILE", "MODEL_SUFFIXES", "ModelImport"]

MODEL_SUFFIXES = (".safetensors", ".json", *AUTHORS_SUFFIXES)
"""Endings of files that can be imported."""
CLASSES_FILE = "file"
"""Answer for which the user picks a file of classes; its path is then the answer."""


@dataclass(frozen=True)
class _Asked:
    """What is to be imported, and what is known of it beside the file."""

    path: Path
    published_as: str = ""
    scheme: str | None = None
    overwrite: bool = False


@dataclass
class ModelImport:
    """One import at a time.

    Attributes
    ----------
    segment : SegmentPanel
        Gets the model and the messages.
    question : Question or None
        What a file does not tell: its classes, or whether it replaces a model that is here.
    is_busy : bool
        Whether a file is being read.
    message : str
        Last line for the user; the Segment page says it too.
    imported : tuple of str
        Names of the models that the last import brought.
    """

    segment: SegmentPanel = field(repr=False)
    question: Question | None = None
    is_busy: bool = False
    message: str = ""
    imported: tuple[str, ...] = ()
    _asked: _Asked | None = field(default=None, repr=False)

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    def take(self, path: Path, published_as: str = "", *, is_kept: bool = False) -> None:
        """Import a file or the files of a folder; what is wrong becomes the message.

        Parameters
        ----------
        path : Path
            Whose keys tell what it holds; with a card of ours beside it, it is what the card says.
        published_as : str
            Name of the published model that it is of, where the user said so.
        is_kept : bool
            Whether a file with a card is copied into the models folder; else it is used where it lies, until
            the window closes.
        """
        weights = path.with_suffix(".safetensors") if path.suffix == ".json" else path
        if self.is_busy:
            self._say("A model is being imported. Wait for its end.")
        elif path.is_dir() or is_authors_file(path):
            self._begin(_Asked(path, published_as))
        elif is_kept and weights.is_file() and path.parent not in (starters_folder(), user_models_folder()):
            self._begin(_Asked(weights))
        else:
            self.imported = ()
            self.segment.import_model(path)
            model = self.segment.model
            self.message = self.segment.message
            if model is not None and model.model is not None and model.model.card_path.stem == path.stem:
                self.imported = (model.name,)

    def answer(self, answer: str) -> None:
        """Say what was asked: a scheme's name or file, ``replace``, or ``stop`` to leave it."""
        asked, self._asked, self.question = self._asked, None, None
        if asked is None or answer == "stop":
            return
        is_replaced = answer == "replace"
        self._begin(replace(asked, overwrite=True) if is_replaced else replace(asked, scheme=answer))

    def _say(self, words: str) -> None:
        self.message = self.segment.message = words

    def _begin(self, asked: _Asked) -> None:
        self.question, self.imported, self.is_busy = None, (), True
        self._say(f"Reading {asked.path.name} …")
        threading.Thread(target=self._work, args=(asked,), name="rsseg-import", daemon=True).start()

    def _work(self, asked: _Asked) -> None:
        try:
            self._install(asked)
        except ModelError as error:
            self._ask(asked, error)
        except Exception as error:  # noqa: BLE001 - the last door before the thread ends; logged by describe_fault
            self._say(describe_fault(error))
        self.is_busy = False

    def _install(self, asked: _Asked) -> None:
        if asked.published_as:
            import_in_child(asked.path, asked.published_as)
            names: tuple[str, ...] = (asked.published_as,)
        else:
            names = import_any_in_child(asked.path, scheme=asked.scheme, overwrite=asked.overwrite)
        self._show(names)
        what = f"{names[0]} is" if len(names) == 1 else f"{len(names)} models are"
        self._say(f"{what} installed." if names else f"{asked.path} holds no model.")

    def _show(self, names: tuple[str, ...]) -> None:
        """Let the Segment page choose the first of the models, where it segments anything."""
        panel, found = self.segment, scan_models(self.segment.extra_models)
        panel.refresh_models(found)
        model = next((model for model in found.models if model.card.name in names), None)
        if model is not None and model.task is not None and panel.run_state == "idle":
            panel.choose_task(model.task)
            panel.choose_model(model.card.name)
        if names:
            self.imported = names

    def _ask(self, asked: _Asked, error: ModelError) -> None:
        """Ask for what the command line would have as an option, or tell the error."""
        self._say(str(error))
        if asked.published_as:
            return
        if "--schema" in str(error):
            titles = {name: self.segment.tasks.get(name, name) for name in BUILTIN_SCHEMES}
            answers = {**titles, CLASSES_FILE: "A file of classes…", "stop": "Do not import it"}
            self._asked = asked
            self.question = Question(f"Which classes does {asked.path.name} tell apart? {error}", answers)
        elif "overwriting" in str(error) and not asked.overwrite:
            answers = {"replace": "Replace it", "stop": "Keep what is here"}
            self._asked = asked
            self.question = Question(f"A model of this name is here already. {error}", answers)
