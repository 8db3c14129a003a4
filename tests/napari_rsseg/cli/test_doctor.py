from __future__ import annotations

from typing import Any

import pytest

from napari_rsseg.cli import health
from napari_rsseg.cli.health import Check

Run = Any

NAMES = ["versions", "window", "torch", "GPU", "engine", "OpenGL", "models", "weights", "disk"]


@pytest.fixture
def broken_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer for what takes long to start, with a problem and a warning among the answers."""
    well = {"cuda": False, "mps": False, "cuda_build": None}
    monkeypatch.setattr(health, "check_torch", lambda: (Check("torch", "ok", "torch 2"), well))
    monkeypatch.setattr(
        health, "check_engine", lambda: Check("engine", "problem", "No worker starts.", "Free a port.")
    )
    monkeypatch.setattr(
        health, "check_opengl", lambda: Check("OpenGL", "warning", "not tried", "Install a Qt binding.")
    )


@pytest.mark.usefixtures("broken_engine")
def test_a_problem_is_shown_with_its_remedy_and_ends_with_1(run: Run) -> None:
    result = run("doctor")
    assert result.code == 1
    (line,) = (line for line in result.out.splitlines() if line.startswith("NO"))
    assert "No worker starts." in line
    assert "Free a port." in line


@pytest.mark.usefixtures("broken_engine")
def test_the_json_holds_every_check(run: Run) -> None:
    report = run("doctor", "--json").json
    assert [check["name"] for check in report["checks"]] == NAMES
    assert not report["works"]


@pytest.mark.slow
def test_on_this_machine_everything_works(run: Run) -> None:
    result = run("doctor", "--json")
    problems = [check for check in result.json["checks"] if check["state"] == "problem"]
    assert not problems
    assert result.code == 0
