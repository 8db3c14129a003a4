"""Where things are found on this machine; the environment overrides each place.

``RSSEG_DATA``
    Labelled sets and real scenes for samples, training and tests.
``RSSEG_WEIGHTS``
    Pretrained weights of other authors, never shipped with this package.
``RSSEG_CACHE``
    Predictions and downloads without a project; default: the user's cache folder.
``RSSEG_CONFIG``
    What the user chose to be remembered; default: the user's settings folder.
``RSSEG_PATH_MAPPING``
    Folders here and as workers of a remote scheduler see them: ``/data=/mnt/data``, several separated by
    semicolons.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path

from napari_rsseg.errors import SettingsError

__all__ = [
    "cache_folder",
    "config_folder",
    "data_folder",
    "log_folder",
    "path_mapping",
    "user_models_folder",
    "weights_folder",
]


def _place(variable: str, default: Path) -> Path:
    return Path(os.environ.get(variable) or default).expanduser()


def cache_folder() -> Path:
    """Folder of predictions, features and downloads; may be deleted at any time."""
    return _place("RSSEG_CACHE", user_cache_path("napari-rsseg", appauthor=False))


def config_folder() -> Path:
    """Folder of what the user chose to be remembered."""
    return _place("RSSEG_CONFIG", user_config_path("napari-rsseg", appauthor=False))


def data_folder() -> Path:
    """Folder of the labelled sets and sample scenes; need not exist."""
    return _place("RSSEG_DATA", Path("../shared/data"))


def weights_folder() -> Path:
    """Folder of pretrained weights of other authors; need not exist."""
    return _place("RSSEG_WEIGHTS", Path("../shared/weights"))


def user_models_folder() -> Path:
    """Folder of the user's own model files, each with its card."""
    return _place("RSSEG_MODELS", user_data_path("napari-rsseg", appauthor=False) / "models")


def path_mapping() -> tuple[tuple[str, str], ...]:
    """Folders here and as workers of a remote scheduler see them.

    Raises
    ------
    SettingsError
        When the variable is of another form.
    """
    entries = [entry for entry in os.environ.get("RSSEG_PATH_MAPPING", "").split(";") if entry]
    pairs = [tuple(entry.split("=")) for entry in entries]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise SettingsError(
            f"RSSEG_PATH_MAPPING is {';'.join(entries)!r}.",
            "Write HERE=THERE, several separated by semicolons, for example /data=/mnt/data.",
        )
    return tuple((here, there) for here, there in pairs)


def log_folder() -> Path:
    """Folder of log files."""
    return cache_folder() / "logs"
