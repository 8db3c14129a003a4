"""Runs whose processes or scenes are disturbed from outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import tifffile

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

Command = Any

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no signals")


@pytest.fixture(scope="session")
def undisturbed(
    scheduler: str, large_scene: Path, tmp_path_factory: pytest.TempPathFactory
) -> npt.NDArray[np.uint8]:
    """Labels of the large scene."""
    folder = tmp_path_factory.mktemp("undisturbed")
    subprocess.run(
        [
            sys.executable, "-m", "napari_rsseg", "segment", str(large_scene), "--task", "landslide",
            "--scheduler", scheduler, "--out", str(folder),
        ],
        check=True, capture_output=True, env={**os.environ, "RSSEG_CACHE": str(folder / "cache")},
    )  # fmt: skip
    labels: npt.NDArray[np.uint8] = tifffile.imread(folder / "large_landslide.tif")
    return labels


def engine_of(process: subprocess.Popen[str]) -> psutil.Process:
    (engine,) = psutil.Process(process.pid).children()
    return engine


def worker_of(process: subprocess.Popen[str]) -> psutil.Process:
    children = engine_of(process).children(recursive=True)
    return next(child for child in children if "spawn_main" in " ".join(child.cmdline()))


@pytest.mark.parametrize("killed", ["worker", pytest.param("engine", marks=pytest.mark.slow)])
def test_a_killed_worker_or_engine_comes_back_and_the_command_finishes(
    command: Command, large_scene: Path, tmp_path: Path, undisturbed: npt.NDArray[np.uint8], killed: str
) -> None:
    process = command.start(large_scene, "--out", tmp_path / "out", own_engine=True)
    command.pause_at_a_block(process)
    victim = worker_of(process) if killed == "worker" else engine_of(process)
    victim.kill()
    done = command.go_on(process)
    assert done.code == 0, done.err
    assert not victim.is_running() or victim.status() == psutil.STATUS_ZOMBIE
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / "large_landslide.tif"), undisturbed)
    if killed == "engine":
        assert "started again" in done.err


@pytest.mark.slow
def test_a_killed_command_leaves_no_result_and_the_same_command_goes_on(
    command: Command, large_scene: Path, tmp_path: Path, undisturbed: npt.NDArray[np.uint8]
) -> None:
    out = tmp_path / "out"
    process = command.start(large_scene, "--out", out)
    command.pause_at_a_block(process)
    process.kill()
    command.end(process)
    assert list(out.iterdir()) == []
    done = command.run(large_scene, "--out", out)
    assert done.code == 0, done.err
    np.testing.assert_array_equal(tifffile.imread(out / "large_landslide.tif"), undisturbed)


def test_a_second_run_of_the_same_scene_at_once_is_refused(
    command: Command, large_scene: Path, tmp_path: Path
) -> None:
    first = command.start(large_scene, "--out", tmp_path / "first")
    command.pause_at_a_block(first)
    second = command.run(large_scene, "--out", tmp_path / "second")
    second.assert_refused(
        "already being segmented", f"process {first.pid}", "Wait until it is done, or cancel it there."
    )
    assert list((tmp_path / "second").iterdir()) == []
    assert command.go_on(first).code == 0


def test_ctrl_c_ends_a_run_and_the_same_command_goes_on(
    command: Command, large_scene: Path, tmp_path: Path
) -> None:
    process = command.start(large_scene, "--out", tmp_path / "out")
    command.pause_at_a_block(process)
    process.send_signal(signal.SIGINT)
    stopped = command.go_on(process)
    assert stopped.code == 1
    assert "The same command goes on from there." in stopped.err
    assert list((tmp_path / "out").iterdir()) == []
    assert command.run(large_scene, "--out", tmp_path / "out").code == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("replaced", "has changed since it was opened"),
        pytest.param("cut off", "is cut off", marks=pytest.mark.slow),
    ],
)
def test_a_scene_that_changes_during_the_run_is_named_and_nothing_is_written(
    command: Command, large_scene: Path, scene: Path, tmp_path: Path, change: str, said: str
) -> None:
    own, out = tmp_path / "own.tif", tmp_path / "out"
    shutil.copy(large_scene, own)
    process = command.start(own, "--out", out)
    command.pause_at_a_block(process)
    if change == "replaced":
        shutil.copy(scene, tmp_path / "other.tif")
        (tmp_path / "other.tif").replace(own)
    else:
        os.truncate(own, own.stat().st_size // 2)
    command.go_on(process).assert_refused(str(own), said)
    assert list(out.iterdir()) == []
