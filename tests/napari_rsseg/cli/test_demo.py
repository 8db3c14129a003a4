from __future__ import annotations

import sys
from importlib import util
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.cli import demo as demo_module

if TYPE_CHECKING:
    from pathlib import Path

Run = Any

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand in for the process that opens the window: a script that prints, and ends as told."""
    monkeypatch.setenv("DISPLAY", ":77")

    def make(script: str) -> None:
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return make


REPORT = (
    '{"screenshot": "shown.png", "landslide": {"file": "a_landslide.tif", "seconds": 2.51234}, "ok": true}'
)


def test_the_report_of_the_window_is_printed(run: Run, window: Any) -> None:
    window(f"echo 'napari opens'; echo '{REPORT}'")
    result = run("demo")
    assert result.code == 0
    assert (
        result.out
        == "screenshot: shown.png\nlandslide:\n  file: a_landslide.tif\n  seconds: 2.512\nok: True\n"
    )
    assert result.err == "napari opens\n"
    assert run("demo", "--json").json["landslide"]["seconds"] == 2.51234


def test_scene_and_folder_reach_the_window(run: Run, window: Any, tmp_path: Path) -> None:
    window('echo "{\\"words\\": \\"$*\\"}"')
    words = run("demo", "--scene", "synthetic:size=64,seed=2", "--out", tmp_path / "o", "--json").json[
        "words"
    ]
    assert words == f"-m napari_rsseg.viewer.demo --scene synthetic:size=64,seed=2 --out {tmp_path / 'o'}"


def test_a_window_that_ends_badly_is_reported(run: Run, window: Any) -> None:
    window("exit 134")
    result = run("demo")
    assert result.code == 2
    assert "code 134" in result.err
    assert "doctor" in result.err


def test_an_error_that_the_window_has_printed_is_not_repeated(run: Run, window: Any) -> None:
    window("exit 2")
    result = run("demo")
    assert (result.code, result.err) == (2, "")


def test_a_scene_that_is_not_there_opens_no_window(run: Run, tmp_path: Path) -> None:
    result = run("demo", "--scene", tmp_path / "none.tif")
    assert result.code == 2
    assert "none.tif does not exist" in result.err


def test_without_napari_the_command_that_installs_it_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = util.find_spec
    monkeypatch.setattr(demo_module, "find_spec", lambda name: None if name == "napari" else known(name))
    result = run("demo")
    assert result.code == 2
    assert 'pip install "napari-rsseg[gui]"' in result.err


def test_without_a_screen_and_xvfb_the_packages_are_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "platform", "linux")
    result = run("demo")
    assert result.code == 2
    assert "apt-get install --no-install-recommends xvfb" in result.err
