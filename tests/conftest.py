"""What every test runs with: places of its own for what is written, and the shared data where they lie."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
collect_ignore = ["example_family"]  # its tests run where it is installed
_SHARED = {"RSSEG_DATA": "data", "RSSEG_WEIGHTS": "weights", "RSSEG_GOLDEN": "golden"}
_OWN = pytest.StashKey[Path]()

# how long an example takes says something about the machine, not about what is tested
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Point settings, cache and models of this run and its children at a folder that goes when it ends."""
    own = Path(tempfile.mkdtemp(prefix="rsseg-test-"))
    config.stash[_OWN] = own
    # a shell that starts the tests in the background has Ctrl-C ignored in all their children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["NAPARI_CONFIG"] = str(own / "napari.yaml")
    os.environ["RSSEG_CACHE"] = str(own / "cache")
    os.environ["RSSEG_CONFIG"] = str(own / "config")
    os.environ["RSSEG_MODELS"] = str(own / "models")
    os.environ["MPLBACKEND"] = "agg"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"  # where servers of tests are
    # Triton, which torch brings, and Mesa's software renderer each carry an LLVM: loaded after the other's
    # first window, triton ends the process. Only tests hold both in one process.
    if importlib.util.find_spec("triton"):
        importlib.import_module("triton")
    for variable, folder in _SHARED.items():
        os.environ.setdefault(variable, str(ROOT.parent / "shared" / folder))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that folder."""
    shutil.rmtree(config.stash[_OWN], ignore_errors=True)


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


@pytest.fixture(scope="session")
def outcome() -> type[Outcome]:
    """What a command left behind, in this process or one of its own: exit code, output, errors."""
    return Outcome


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Return a maker of an own file system of a size; called again, it takes the new size."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system; a limit of file sizes is tested by all users")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted: list[bool] = []

    def make(size: str) -> Path:
        options = f"remount,size={size}" if mounted else f"size={size}"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"this container may not mount a file system: {done.stderr.strip()}")
        mounted.append(True)
        return folder

    yield make
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def show_page() -> Callable[[Any, str], None]:
    """Open the page of a dock that has this title."""

    def show(dock: Any, title: str) -> None:
        titles = [dock.pages.tabText(index) for index in range(dock.pages.count())]
        dock.pages.setCurrentIndex(titles.index(title))

    return show
