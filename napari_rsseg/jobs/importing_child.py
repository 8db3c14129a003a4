"""Authors' weight files taken in by a process of its own, as windows never load torch."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AUTHORS_SUFFIXES", "import_any_in_child", "import_in_child", "is_authors_file"]

AUTHORS_SUFFIXES = (".pth", ".pth.tar", ".pt", ".bin")
"""Endings of weight files as authors publish them."""


def is_authors_file(path: Path) -> bool:
    """Whether a file is called as authors call their weights, or is a safetensors file without a card."""
    bare = path.suffix == ".safetensors" and path.is_file() and not path.with_suffix(".json").is_file()
    return bare or path.name.lower().endswith(AUTHORS_SUFFIXES)


def import_in_child(path: Path, name: str, *, overwrite: bool = False) -> None:
    """Take the weights of a published model into the models folder; blocks, for any thread.

    Parameters
    ----------
    path : Path
        File as its authors publish it.
    name : str
        Which published model it is of.
    overwrite : bool
        Whether an installed model of this name may be replaced.

    Raises
    ------
    ModelError
        With what the import said, when it failed.
    """
    _import(path, "--as", name, *(["--overwrite"] if overwrite else []))


def import_any_in_child(
    path: Path, *, name: str | None = None, scheme: str | None = None, overwrite: bool = False
) -> tuple[str, ...]:
    """Take a weight file, or each one of a folder, into the models folder; blocks, for any thread.

    Parameters
    ----------
    path : Path
        File whose network is told by its keys, or folder of such files.
    name : str, optional
        Of the model; default: the file's.
    scheme : str, optional
        Name or file of its classes; default: told by the file.
    overwrite : bool
        Whether an installed model of this name may be replaced.

    Returns
    -------
    tuple of str
        Names of the models that are installed now.

    Raises
    ------
    ModelError
        With what the import said, when it failed.
    """
    words = [*(["--name", name] if name else []), *(["--schema", scheme] if scheme else [])]
    return _import(path, *words, *(["--overwrite"] if overwrite else []))


def _import(path: Path, *words: str) -> tuple[str, ...]:
    command = [sys.executable, "-m", "napari_rsseg", "models", "import", str(path), *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2].removeprefix("error: ")
        raise ModelError(
            said or f"Importing {path} ended with code {done.returncode}.",
            "Check that it is the file its authors publish.",
        )
    told = json.loads(done.stdout)
    return tuple(entry["name"] for entry in told.get("models", [told]))
