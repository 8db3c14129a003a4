from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.panels.segment import TASKS
from napari_rsseg.viewer.demo import DEMO_TASKS, main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_demo_shows_every_task() -> None:
    assert set(DEMO_TASKS) == set(TASKS)


def test_a_scene_that_does_not_exist_ends_with_its_sentence(
    make_napari_viewer: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--scene", str(tmp_path / "nothing.tif"), "--out", str(tmp_path / "out"), "--headless"]) == 2
    assert "nothing.tif" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
