"""The one family of errors that users read.

RssegError
├── SceneError        a raster, its bands, its georeferencing
├── SchemeError       classes, palettes, label ids
├── ModelError        cards, architectures, weights that are missing or do not fit
├── CheckpointError   files of weights that cannot be read or trusted
├── EngineError       workers, devices, schedulers, predictions
├── ProjectError      project folders, their catalogue, labels and journals
├── DatasetError      label sets: imports, versions, exports
├── OutputError       files that cannot be written, or must not be overwritten
├── SettingsError     options and settings out of range
└── TrainingError     recipes, data sets, runs
"""

from __future__ import annotations

__all__ = [
    "CheckpointError",
    "DatasetError",
    "EngineError",
    "ModelError",
    "OutputError",
    "ProjectError",
    "RssegError",
    "SceneError",
    "SchemeError",
    "SettingsError",
    "TrainingError",
]


class RssegError(Exception):
    """What was found, and what to do about it.

    Parameters
    ----------
    found : str
        One sentence: what happened, with the value that caused it.
    remedy : str
        One sentence: what to do.
    """

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found, remedy)  # both stay in args: a worker must be able to send it home

    @property
    def found(self) -> str:
        """What happened, with the value that caused it."""
        return str(self.args[0])

    @property
    def remedy(self) -> str:
        """What to do."""
        return str(self.args[1])

    def __str__(self) -> str:
        return f"{self.found} {self.remedy}"


class SceneError(RssegError):
    """A raster cannot be read as a scene, or lacks what is asked of it."""


class SchemeError(RssegError, ValueError):
    """A class scheme, palette or label id is not valid."""


class ModelError(RssegError):
    """A model is unknown, lacks weights, or does not fit the scene."""


class CheckpointError(RssegError):
    """A weight file cannot be read, or holds something else than weights."""


class EngineError(RssegError):
    """The engine, a worker, a device or a stored prediction failed."""


class ProjectError(RssegError):
    """A project folder, its catalogue, labels or journals cannot be used as asked."""


class DatasetError(RssegError):
    """A label set cannot be imported, made into a version or exported."""


class OutputError(RssegError, OSError):
    """A result cannot be written where it was asked for."""

    def __str__(self) -> str:
        return RssegError.__str__(self)  # OSError would print both parts as errno and text


class SettingsError(RssegError, ValueError):
    """A setting or option is out of range or unknown."""


class TrainingError(RssegError):
    """A recipe, its data or a run is not valid."""
