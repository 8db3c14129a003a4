"""The real program as a process of its own, on a scene on disk, with a worker that serves all tests."""

from __future__ import annotations

import json
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
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def assert_refused(self, *words: str) -> None:
        """One line that says what is wrong and what to do, and exit code 2."""
        assert self.code == 2, self.err
        lines = [line for line in self.err.splitlines() if not line.startswith("note: ")]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        for word in words:
            assert word in lines[0]


@dataclass(frozen=True)
class Command:
    """``napari-rsseg segment``, as typed by a user.

    Attributes
    ----------
    cache : Path
        Where this user's predictions lie.
    scheduler : str
        Address of the worker that serves all tests.
    """

    cache: Path
    scheduler: str

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

    def run(self, *words: str | Path, **how: Any) -> Outcome:
        """Run it to its end."""
        return self.end(self.start(*words, **how))

    def end(self, process: subprocess.Popen[str]) -> Outcome:
        """Wait for its end."""
        out, err = process.communicate()
        return Outcome(process.returncode, out, err)

    def pause_at_a_block(self, process: subprocess.Popen[str]) -> None:
        """Halt it once the first pixels are stored; most of the scene is still to come."""
        while not list(self.cache.glob("predictions/*.zarr/done/c/*/*")):
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        process.send_signal(signal.SIGSTOP)

    def go_on(self, process: subprocess.Popen[str]) -> Outcome:
        """Let a halted one run to its end."""
        process.send_signal(signal.SIGCONT)
        return self.end(process)


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    engine = LocalEngine(LocalSettings(workers=1, forward_threads=1))
    yield engine.address
    engine.close()


@pytest.fixture
def command(scheduler: str, tmp_path: Path) -> Command:
    return Command(tmp_path / "cache", scheduler)


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
