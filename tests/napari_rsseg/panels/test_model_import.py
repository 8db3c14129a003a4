from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from napari_rsseg.errors import ModelError
from napari_rsseg.panels import model_import
from napari_rsseg.panels.model_import import CLASSES_FILE, ModelImport
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.registry.sources import scan_models

WAIT_S = 120


@pytest.fixture
def imports(stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelImport:
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))
    return ModelImport(SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions"))


def golden(name: str) -> Path:
    path = Path(os.environ["RSSEG_GOLDEN"]) / name
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: RSSEG_GOLDEN names no folder with the reference cases")
    return path


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


def test_a_file_of_the_model_that_the_user_named_is_read_as_that(
    imports: ModelImport, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"no weights")
    imports.take(path, "ktda-grass")
    assert "Reading weights.pth" in imports.segment.message
    _wait(imports)
    assert "weights.pth" in imports.message
    assert "Reading" not in imports.message
    assert imports.question is None


def test_a_file_that_holds_no_weights_is_told_by_the_process_that_reads_it(
    imports: ModelImport, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pth.tar"
    path.write_bytes(b"no weights")
    imports.take(path)
    _wait(imports)
    assert "weights.pth.tar" in imports.segment.message
    assert imports.segment.message == imports.message
    assert imports.imported == ()


def test_a_checkpoint_of_the_authors_needs_nothing_but_its_path(imports: ModelImport) -> None:
    imports.take(golden("tls_checkpoint_tiny.pth.tar"))
    _wait(imports)
    assert imports.message == "tls-checkpoint-tiny is installed."
    assert (imports.segment.task, imports.segment.model_name) == ("landslide", "tls-checkpoint-tiny")
    assert imports.imported == ("tls-checkpoint-tiny",)


@pytest.mark.parametrize(
    ("refusal", "answer", "told"),
    [
        ("Name a scheme: --schema FILE.toml, with as many classes.", "cloud", {"scheme": "cloud"}),
        (
            "Name a scheme: --schema FILE.toml, with as many classes.",
            "/x/own.toml",
            {"scheme": "/x/own.toml"},
        ),
        ("Choose another name, or allow overwriting.", "replace", {"overwrite": True}),
    ],
    ids=["built-in classes", "classes of a file", "replaced"],
)
def test_what_the_command_line_has_an_option_for_is_asked(
    imports: ModelImport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusal: str,
    answer: str,
    told: dict[str, object],
) -> None:
    calls: list[dict[str, object]] = []

    def refuse_once(path: Path, **options: object) -> tuple[str, ...]:
        calls.append({name: value for name, value in options.items() if value})
        if len(calls) == 1:
            raise ModelError("It cannot be taken in like this.", refusal)
        return ("grass-starter",)

    monkeypatch.setattr(model_import, "import_any_in_child", refuse_once)
    path = tmp_path / "weights.pth"
    path.touch()
    imports.take(path)
    _wait(imports)
    assert imports.question is not None
    assert answer in imports.question.answers or CLASSES_FILE in imports.question.answers
    imports.answer(answer)
    _wait(imports)
    assert calls == [{}, told]
    assert imports.question is None
    assert imports.imported == ("grass-starter",)


def test_a_question_may_be_left_without_an_import(
    imports: ModelImport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **options: object) -> tuple[str, ...]:
        raise ModelError("No.", "Choose another name, or allow overwriting.")

    monkeypatch.setattr(model_import, "import_any_in_child", refuse)
    imports.take(tmp_path)
    _wait(imports)
    imports.answer("stop")
    assert imports.question is None
    assert not imports.is_busy


def test_a_second_import_waits(imports: ModelImport, tmp_path: Path) -> None:
    imports.is_busy = True
    imports.take(tmp_path / "weights.pth")
    assert "Wait for its end" in imports.segment.message
