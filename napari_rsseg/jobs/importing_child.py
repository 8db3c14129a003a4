"""Authors' weight files taken in by a process of its own, as windows never load torch."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import PUBLISHED_MODELS, scan_models

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.registry import PublishedModel

__all__ = ["AUTHORS_SUFFIXES", "import_in_child", "importable", "is_authors_file"]

AUTHORS_SUFFIXES = (".pth", ".pth.tar", ".pt")
"""Endings of weight files as authors publish them."""


def is_authors_file(path: Path) -> bool:
    """Whether a file is called as authors call their weights."""
    return path.name.lower().endswith(AUTHORS_SUFFIXES)


def importable(task: str) -> tuple[PublishedModel, ...]:
    """Return the published models of a task whose weights are not installed."""
    installed = {model.card.name for model in scan_models().models}
    return tuple(model for model in PUBLISHED_MODELS if model.task == task and model.name not in installed)


def import_in_child(path: Path, name: str) -> None:
    """Take the weights of a published model into the models folder; blocks, for any thread.

    Parameters
    ----------
    path : Path
        File as its authors publish it.
    name : str
        Which published model it is of.

    Raises
    ------
    ModelError
        With what the import said, when it failed.
    """
    words = [sys.executable, "-m", "napari_rsseg", "models", "import", str(path), "--as", name]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2].removeprefix("error: ")
        raise ModelError(
            said or f"Importing {path} ended with code {done.returncode}.",
            f"Check that the file is one of {name}, whose origin the model list tells.",
        )
