from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.panels.model_import import ModelImport
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.registry.sources import scan_models

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 120


@pytest.fixture
def imports(stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelImport:
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))
    return ModelImport(SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions"))


def _wait(imports: ModelImport) -> None:
    end = time.monotonic() + WAIT_S
    while imports.is_busy:
        assert time.monotonic() < end, imports.segment.message
        time.sleep(0.05)


def test_a_file_of_our_own_is_taken_at_once(imports: ModelImport) -> None:
    starter = next(model for model in scan_models().models if model.card.name == "grass-starter")
    imports.take(starter.weights_path)
    assert imports.segment.task == "grass"
    assert imports.segment.model_name == "grass-starter"


def test_where_two_models_are_possible_the_user_is_asked(imports: ModelImport, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth.tar"
    path.write_bytes(b"no weights")
    imports.take(path)
    assert imports.question is not None
    assert list(imports.question.answers) == ["translandseg-bijie", "translandseg-landslide4sense", "stop"]
    imports.answer("stop")
    assert imports.question is None
    assert not imports.is_busy


def test_a_file_that_holds_no_weights_is_told_by_the_process_that_reads_it(
    imports: ModelImport, tmp_path: Path
) -> None:
    imports.segment.choose_task("grass")
    path = tmp_path / "weights.pth"
    path.write_bytes(b"no weights")
    imports.take(path)
    assert "Reading weights.pth as ktda-grass" in imports.segment.message
    _wait(imports)
    assert "weights.pth" in imports.segment.message
    assert "Reading" not in imports.segment.message


def test_a_second_import_waits(imports: ModelImport, tmp_path: Path) -> None:
    imports.is_busy = True
    imports.take(tmp_path / "weights.pth")
    assert "Wait for its end" in imports.segment.message
