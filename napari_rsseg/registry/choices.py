"""Which model the user chose for each task, remembered in the settings folder."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError, SettingsError
from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.settings import config_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PROMPTS", "choices_file", "chosen_models", "keep_choices"]

PROMPTS = "prompts"
"""What stands for a task where the choice is of the SAM model that answers prompts."""

_LOGGER = logging.getLogger(__name__)


def choices_file() -> Path:
    """Where the choices are kept: JSON, names of models by task."""
    return config_folder() / "default_models.json"


def chosen_models() -> dict[str, str]:
    """Return the names of the chosen models by task; a file that cannot be read is logged and left aside."""
    path = choices_file()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        _LOGGER.warning("chosen models are left aside: %s cannot be read (%s)", path, error)
        return {}
    pairs = stored.items() if isinstance(stored, dict) else ()
    return {task: name for task, name in pairs if isinstance(name, str)}


def keep_choices(choices: Mapping[str, str]) -> None:
    """Write the choices, whole or not at all.

    Raises
    ------
    SettingsError
        When the settings folder cannot be written.
    """
    try:
        with replacing(choices_file(), overwrite=True) as draft:
            draft.write_text(json.dumps(dict(choices), indent=2) + "\n", encoding="utf-8")
    except OutputError as error:
        raise SettingsError(
            f"The choice of a model cannot be remembered: {error.found}",
            "Set RSSEG_CONFIG to a folder that you may write.",
        ) from error
