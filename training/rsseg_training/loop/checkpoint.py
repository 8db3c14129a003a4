"""The run's own state on disk: tensors and numbers only, whole or absent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_state", "save_state"]


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state beside its final name, then rename: a kill leaves the old file."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load_state(path: Path) -> dict[str, Any]:
    """Read a state; nothing in the file can run.

    Raises
    ------
    TrainingError
        The file is damaged or holds something else.
    """
    import pickle

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, KeyError, ValueError, pickle.UnpicklingError) as error:
        raise TrainingError(
            f"{path} is not a state of a run ({type(error).__name__}).",
            "Delete it to train from the beginning.",
        ) from error
    if not isinstance(state, dict) or "step" not in state:
        raise TrainingError(f"{path} holds no state of a run.", "Delete it to train from the beginning.")
    return state
