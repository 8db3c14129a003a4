"""Keys of the correction tools: as shipped, or as the user chose them, remembered."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_rsseg.errors import SettingsError
from napari_rsseg.panels.correct_tools import CORRECT_TOOLS
from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.settings import config_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COMMANDS", "bind_key", "keys_file", "remembered_keys", "reset_keys"]

_LOGGER = logging.getLogger(__name__)
_FORM = re.compile(r"^(Ctrl\+)?(Alt\+)?(Shift\+)?([A-Z]|F\d{1,2}|Space|Ins|Del|[.,;\-=/\\'`])$")

COMMANDS: dict[str, tuple[str, str]] = {
    "hide": ("V", "hide the labels while it is held"),
    "provenance": ("Y", "show or hide who says each pixel"),
    "next_date": (".", "show the next date of this place"),
    "previous_date": (",", "show the previous date of this place"),
    "flicker": ("T", "change between the last two dates seen"),
    "undo": ("Ctrl+Z", "take the last change back"),
    "redo": ("Ctrl+Shift+Z", "do it again"),
}
"""What keys do beside choosing a tool: the key as shipped, and words."""


class _Chosen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: dict[str, str] = {}


def keys_file() -> Path:
    """Where chosen keys are kept."""
    return config_folder() / "tool_keys.json"


def _shipped() -> dict[str, str]:
    tools = {tool.key: tool.shortcut for tool in CORRECT_TOOLS}
    return tools | {name: key for name, (key, _) in COMMANDS.items()}


def remembered_keys() -> dict[str, str]:
    """Return the key of each tool and command; entries of the file that cannot be used are left aside."""
    keys = _shipped()
    path = keys_file()
    try:
        chosen = _Chosen.model_validate_json(path.read_text(encoding="utf-8")).keys
    except FileNotFoundError:
        return keys
    except (OSError, ValueError, ValidationError) as error:
        _LOGGER.warning("chosen keys are left aside: %s cannot be read (%s)", path, error)
        return keys
    for name, key in chosen.items():
        if name in keys and _FORM.match(key):
            keys[name] = key
        else:
            _LOGGER.warning("the key %s for %s in %s is left aside", key, name, path)
    if len(set(keys.values())) < len(keys):
        _LOGGER.warning("chosen keys are left aside: %s gives one key twice", path)
        return _shipped()
    return keys


def bind_key(name: str, key: str) -> dict[str, str]:
    """Give a tool or command another key from now on, and remember it; return all keys.

    Parameters
    ----------
    name : str
        Of the tool or command.
    key : str
        As Qt writes it: ``Shift+R``.

    Raises
    ------
    SettingsError
        When it is no key of its own, taken already, or cannot be remembered.
    """
    keys = remembered_keys()
    if not _FORM.match(key):
        raise SettingsError(
            f"{key!r} cannot be the key of a tool.",
            "Choose a letter or function key, with Ctrl, Alt or Shift; digits choose classes.",
        )
    holder = next((other for other, taken in keys.items() if taken == key and other != name), None)
    if holder is not None:
        words = {tool.key: tool.words for tool in CORRECT_TOOLS}.get(holder, holder)
        raise SettingsError(f"{key} is the key of {words}.", "Choose another one, or change that first.")
    keys[name] = key
    shipped = _shipped()
    _write({other: chosen for other, chosen in keys.items() if chosen != shipped[other]})
    return keys


def reset_keys() -> dict[str, str]:
    """Return to the keys as shipped; return them.

    Raises
    ------
    SettingsError
        When that cannot be remembered.
    """
    _write({})
    return _shipped()


def _write(keys: dict[str, str]) -> None:
    try:
        with replacing(keys_file(), overwrite=True) as draft:
            draft.write_text(_Chosen(keys=keys).model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"The keys cannot be remembered: {error}", "Set RSSEG_CONFIG to a folder that you may write."
        ) from error
