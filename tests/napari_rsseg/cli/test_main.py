from __future__ import annotations

import logging
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg import __version__
from napari_rsseg.cli import main as main_module
from napari_rsseg.errors import SceneError
from napari_rsseg.settings import log_folder

if TYPE_CHECKING:
    from pathlib import Path

Run = Any

COMMANDS = [
    ("segment",), ("models",), ("models", "list"), ("models", "show"), ("models", "check"),
    ("models", "import"), ("models", "schema"), ("evaluate",), ("scene",), ("scene", "info"),
    ("scene", "synth"), ("demo",), ("doctor",),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.code == 0
    assert (len(command) == 1 and command[0] in ("models", "scene")) or re.search(
        r"Examples?: napari-rsseg", result.out
    )


def test_without_a_command_the_commands_are_listed(run: Run) -> None:
    result = run()
    assert "evaluate" in result.out
    assert "doctor" in result.out


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out == f"napari-rsseg {__version__}\n"


def test_an_unknown_option_ends_with_2(run: Run) -> None:
    assert run("models", "list", "--colour").code == 2
    assert run("segmnt").code == 2


def test_an_error_is_one_line_on_stderr_and_ends_with_2(run: Run, tmp_path: Path) -> None:
    result = run("scene", "info", tmp_path / "nothing\nhere.tif")
    assert result.code == 2
    assert result.err.startswith("error: There is no file")
    assert result.err.count("\n") == 1
    assert not result.out


def test_an_unexpected_error_is_logged_to_the_file_that_the_message_names(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("made by a test")

    monkeypatch.setattr(main_module, "app", fail)
    result = run("doctor")
    log = log_folder() / "napari-rsseg.log"
    assert result.code == 1
    assert f"ZeroDivisionError: made by a test. This is a defect; its details are in {log}." in result.err
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_ctrl_c_ends_with_1_and_without_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "app", stop)
    result = run("doctor")
    assert result.code == 1
    assert result.err == "error: Stopped.\n"


def test_logging_is_as_before_after_a_command(run: Run) -> None:
    package = logging.getLogger("napari_rsseg")
    handlers = list(package.handlers)
    run("models", "list")
    assert package.handlers == handlers
    assert package.propagate


def test_an_error_found_by_a_worker_arrives_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise SceneError("Band 7 is missing.", "Choose another scene.")

    monkeypatch.setattr(main_module, "app", fail)
    assert run("doctor").err == "error: Band 7 is missing. Choose another scene.\n"


def test_help_starts_without_heavy_libraries() -> None:
    code = (
        "import sys; from napari_rsseg.cli.main import main; main(['--help']); "
        "heavy = {'torch', 'dask', 'distributed', 'rasterio', 'skimage', 'matplotlib', 'napari', 'qtpy'}; "
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "napari_rsseg", "models", "show", "no-such-model"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no model 'no-such-model'.")
