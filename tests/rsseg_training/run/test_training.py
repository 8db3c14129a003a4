from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from safetensors.torch import load_file

from napari_rsseg.errors import TrainingError
from napari_rsseg.models import build
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.registry.digest import sha256_of
from napari_rsseg.settings import data_folder
from rsseg_training.recipes import recipe_text
from rsseg_training.run.folder import RunFolder
from rsseg_training.run.training import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rsseg_training.recipes import Recipe

pytestmark = pytest.mark.skipif(
    not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here"
)


def test_a_run_leaves_all_its_files_and_a_model_that_loads(
    tmp_path: Path, toy: Callable[..., Recipe]
) -> None:
    folder = RunFolder(tmp_path / "run")
    assert train(toy(), folder) == "done"
    found = {path.name for path in folder.path.iterdir()}
    assert found == {
        "recipe.toml", "environment.json", "data.json", "events.jsonl", "last.pt", "best.safetensors",
        "best.json", "curves.png", "state.json",
    }  # fmt: skip
    card = read_card(folder.path / "best.json")
    assert card.sha256 == sha256_of(folder.path / "best.safetensors")
    assert card.logit_bias[1] > 0
    build(card.family, card.architecture).load_state_dict(load_file(folder.path / "best.safetensors"))
    kinds = [event["kind"] for event in folder.events()]
    assert kinds[0] == "state"
    assert {"step", "model"} <= set(kinds)
    assert len(json.loads((folder.path / "data.json").read_text())) == 10


def test_a_run_that_is_done_is_not_trained_again(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    folder = RunFolder(tmp_path)
    train(toy(), folder)
    written = (tmp_path / "best.safetensors").stat().st_mtime_ns
    assert train(toy(), folder) == "done"
    assert (tmp_path / "best.safetensors").stat().st_mtime_ns == written


def test_the_folder_of_another_recipe_is_refused(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    train(toy(), RunFolder(tmp_path))
    with pytest.raises(TrainingError, match="another recipe"):
        train(toy(seed=1), RunFolder(tmp_path))


def test_a_failure_is_written_into_the_folder(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    folder = RunFolder(tmp_path)
    with pytest.raises(TrainingError):
        train(toy(data=[{"set": "landslide4sense", "splits": ["no such split"]}]), folder)
    assert folder.state() == "failed"


def _start(recipe: Recipe, folder: Path) -> subprocess.Popen[bytes]:
    path = folder.parent / "long.toml"
    path.write_text(recipe_text(recipe))
    command = [sys.executable, "-m", "rsseg_training.run", "run", str(path), "--folder", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_for_step(folder: RunFolder, step: int, process: subprocess.Popen[bytes]) -> None:
    while max([event["step"] for event in folder.events() if event["kind"] == "step"], default=0) < step:
        assert process.poll() is None, "the run ended before it was interrupted"
        time.sleep(0.05)  # until the child has come so far; the suite's time limit ends a hang


@pytest.mark.parametrize(
    ("number", "state"),
    [(signal.SIGKILL, "running"), (signal.SIGTERM, "cancelled")],
    ids=["killed", "asked to stop"],
)
def test_an_interrupted_run_goes_on_to_the_same_weights(
    tmp_path: Path, toy: Callable[..., Recipe], number: signal.Signals, state: str
) -> None:
    recipe = toy(loop={"steps": 400, "batch": 2, "crop_px": 32, "save_every": 3}, calibration=[])
    folder = RunFolder(tmp_path / "run")
    process = _start(recipe, folder.path)
    _wait_for_step(folder, 4, process)
    os.kill(process.pid, number)
    process.wait()
    assert folder.state() == state
    assert not (folder.path / "best.safetensors").exists()
    assert train(recipe, folder) == "done"
    whole = RunFolder(tmp_path / "whole")
    train(recipe, whole)
    assert sha256_of(folder.path / "best.safetensors") == sha256_of(whole.path / "best.safetensors")


def test_a_torn_last_event_is_dropped_and_the_next_one_stands_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.tell("note", text="whole")
    with folder.events_path.open("a") as file:
        file.write('{"kind": "no')
    folder.mend()
    folder.tell("note", text="after")
    assert [event["text"] for event in folder.events()] == ["whole", "after"]
