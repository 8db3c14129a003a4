from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from napari_rsseg.cli.screen import has_own_screen, open_screen
from napari_rsseg.errors import SettingsError

needs_xvfb = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("Xvfb") is None, reason="Xvfb is not installed"
)


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.usefixtures("no_screen")
@needs_xvfb
def test_two_virtual_screens_do_not_meet_and_end_with_their_context() -> None:
    with open_screen() as first, open_screen() as second:
        assert first.virtual
        assert first.environment["DISPLAY"] != second.environment["DISPLAY"]
        socket = Path("/tmp/.X11-unix") / f"X{first.environment['DISPLAY'][1:]}"
        assert socket.exists()
    assert not socket.exists()


@pytest.mark.usefixtures("no_screen")
def test_without_screen_and_xvfb_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SettingsError, match=r"apt-get install .* xvfb"), open_screen():
        pass


@pytest.mark.usefixtures("no_screen")
def test_an_xvfb_that_does_not_start_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "Xvfb"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match="did not start"), open_screen():
        pass


def test_a_screen_of_ones_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    assert has_own_screen()
    with open_screen() as screen:
        assert not screen.virtual
        assert screen.environment["DISPLAY"] == ":77"


def test_the_environment_of_this_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":78")
    with open_screen() as screen:
        child = subprocess.run(
            [sys.executable, "-c", "import os; print(os.environ['DISPLAY'])"],
            env=dict(screen.environment), capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert child.stdout == ":78\n"
