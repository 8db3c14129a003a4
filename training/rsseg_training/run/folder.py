"""The folder of a run, which outlives the process and is all that others see of it."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal, get_args

from napari_rsseg.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["RunFolder", "RunState"]

RunState = Literal["queued", "running", "paused", "done", "failed", "cancelled"]

_LIBRARIES = (
    "napari-rsseg",
    "torch",
    "torchvision",
    "timm",
    "lightning-fabric",
    "numpy",
    "opencv-python-headless",
)


@dataclass(frozen=True)
class RunFolder:
    """Names and writes the files of a run.

    Attributes
    ----------
    path : Path
        The folder; made by `create`.
    """

    path: Path

    @property
    def recipe_path(self) -> Path:
        """The whole recipe."""
        return self.path / "recipe.toml"

    @property
    def state_path(self) -> Path:
        """The trainer's own state."""
        return self.path / "last.pt"

    @property
    def events_path(self) -> Path:
        """One JSON object per line."""
        return self.path / "events.jsonl"

    def create(self, recipe: str) -> None:
        """Make the folder and write the recipe; a folder of another recipe is refused.

        Raises
        ------
        TrainingError
            The folder holds a run of another recipe, or cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            before = self.recipe_path.read_text("utf-8") if self.recipe_path.exists() else None
            if before is not None and _trained(before) != _trained(recipe):
                raise TrainingError(
                    f"{self.path} holds a run of another recipe.",
                    "Choose another folder, or delete that run.",
                )
            self._replace("recipe.toml", _remarks(before or "") + recipe)
        except OSError as error:
            raise TrainingError(
                f"The run folder {self.path} cannot be written ({error.strerror}).",
                "Free disk space, or choose a folder you may write to.",
            ) from error

    def remark(self, sentence: str) -> None:
        """Write a sentence as a comment at the head of the recipe, in place of what was remarked before."""
        text = self.recipe_path.read_text(encoding="utf-8")
        self._replace("recipe.toml", f"# {sentence}\n{text.removeprefix(_remarks(text))}")

    def state(self) -> RunState | None:
        """Return the state last written, None for no run."""
        try:
            found = json.loads((self.path / "state.json").read_text(encoding="utf-8"))["state"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if found in get_args(RunState) else None

    def set_state(self, state: RunState, **facts: Any) -> None:
        """Write the state, with what else is worth knowing, and tell it as an event."""
        self.write_json("state.json", {"state": state, "time": time.time(), "pid": os.getpid(), **facts})
        self.tell("state", state=state, **facts)

    def tell(self, kind: str, **facts: Any) -> None:
        """Append an event; a reader drops a torn last line."""
        line = json.dumps({"kind": kind, "time": round(time.time(), 3), **facts})
        with self.events_path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def events(self) -> Iterator[dict[str, Any]]:
        """Read the events told so far."""
        if not self.events_path.exists():
            return
        for line in self.events_path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:  # torn by a kill
                continue

    def mend(self) -> None:
        """End a line that a kill left torn, so that the next event starts on its own."""
        if self.events_path.exists():
            content = self.events_path.read_bytes()
            if content and not content.endswith(b"\n"):
                with self.events_path.open("ab") as file:
                    file.write(b"\n")

    def write_json(self, name: str, values: Any) -> None:
        """Write a JSON file whole or not at all."""
        self._replace(name, json.dumps(values, indent=2, sort_keys=True) + "\n")

    def write_environment(self, **facts: Any) -> None:
        """Record versions and machine."""
        self.write_json(
            "environment.json",
            {
                "python": sys.version.split()[0],
                "platform": platform.platform(),
                "cpu_cores": os.cpu_count(),
                "versions": {name: _version(name) for name in _LIBRARIES},
                **facts,
            },
        )

    def _replace(self, name: str, text: str) -> None:
        temporary = self.path / (name + ".part")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.path / name)


def _remarks(recipe: str) -> str:
    return "".join(takewhile(lambda line: line.startswith("#"), recipe.splitlines(keepends=True)))


def _trained(recipe: str) -> dict[str, Any]:
    """Return what of a recipe decides the weights: all but how they are described and measured."""
    try:
        values = tomllib.loads(recipe)
    except tomllib.TOMLDecodeError:
        return {}
    return {key: value for key, value in values.items() if key not in {"card", "study"}}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
