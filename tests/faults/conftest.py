"""The real program as a process of its own, on a scene on disk, with a worker that serves all tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.engine.local import LocalEngine, LocalSettings
from napari_rsseg.scenes.synthetic import write_synthetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Command:
    """``napari-rsseg segment``, as typed by a user.

    Attributes
    ----------
    cache : Path
        Where this user's predictions lie.
    scheduler : str
        Address of the worker that serves all tests.
    outcome : callable
        Takes exit code, output and errors together.
    """

    cache: Path
    scheduler: str
    outcome: Callable[..., Any]

    def start(
        self,
        *words: str | Path,
        own_engine: bool = False,
        prefix: Sequence[str] = (),
        preexec: Callable[[], None] | None = None,
    ) -> subprocess.Popen[str]:
        """Start it; ``own_engine``: with its own worker, as without ``--scheduler``."""
        served = () if own_engine else ("--scheduler", self.scheduler)
        return subprocess.Popen(
            [
                *prefix, sys.executable, "-m", "napari_rsseg", "segment", "--task", "landslide", "--json",
                *served, *map(str, words),
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=preexec,
            env={**os.environ, "RSSEG_CACHE": str(self.cache)},
        )  # fmt: skip

    def run(self, *words: str | Path, **how: Any) -> Any:
        """Run it to its end."""
        return self.end(self.start(*words, **how))

    def end(self, process: subprocess.Popen[str]) -> Any:
        """Wait for its end."""
        out, err = process.communicate()
        return self.outcome(process.returncode, out, err)

    def pause_at_a_block(self, process: subprocess.Popen[str]) -> None:
        """Halt it once the first pixels are stored; most of the scene is still to come."""
        while not list(self.cache.glob("predictions/*.zarr/done/c/*/*")):
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        process.send_signal(signal.SIGSTOP)

    def go_on(self, process: subprocess.Popen[str]) -> Any:
        """Let a halted one run to its end."""
        process.send_signal(signal.SIGCONT)
        return self.end(process)


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    engine = LocalEngine(LocalSettings(workers=1, forward_threads=1))
    yield engine.address
    engine.close()


@pytest.fixture
def command(scheduler: str, tmp_path: Path, outcome: Callable[..., Any]) -> Command:
    return Command(tmp_path / "cache", scheduler, outcome)


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four blocks."""
    path = tmp_path_factory.mktemp("scenes") / "scene.tif"
    write_synthetic(path, size=600)
    return path


@pytest.fixture(scope="session")
def large_scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine blocks: long enough to be disturbed."""
    path = tmp_path_factory.mktemp("scenes") / "large.tif"
    write_synthetic(path, size=1100)
    return path
