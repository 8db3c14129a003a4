from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.panels.faults import describe_fault

if TYPE_CHECKING:
    import pytest


def test_a_foreseen_error_is_its_own_sentence() -> None:
    assert describe_fault(SceneError("It is torn.", "Copy it.")) == "It is torn. Copy it."


def test_an_unforeseen_error_is_logged_with_its_trace() -> None:
    try:
        os.environ["RSSEG_NOT_SET"]
    except KeyError as error:
        told = describe_fault(error)
    path = Path(told.rpartition(" are in ")[2].rstrip("."))
    assert "test_faults.py" in path.read_text()


def test_a_log_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "file"))
    assert "could not be written" in describe_fault(ValueError("odd"))
