from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from napari_rsseg.settings import data_folder
from rsseg_training.recipes import recipe_text
from rsseg_training.run.command import app, main
from rsseg_training.run.installing import figures_path
from rsseg_training.run.report import report_text
from rsseg_training.run.starters import starter_recipes, write_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rsseg_training.recipes import Recipe

STARTERS = ["cloud-starter", "grass-starter", "landslide-starter"]
needs_data = pytest.mark.skipif(
    not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here"
)


def call(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


@needs_data
def test_a_recipe_is_trained_with_another_seed_and_installed(
    tmp_path: Path, toy: Callable[..., Recipe]
) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(recipe_text(toy(calibration=[])), encoding="utf-8")
    code, told = call("run", path, "--out", tmp_path / "runs", "--seed", 7)
    assert code == 0
    assert told.strip() == f"{tmp_path / 'runs' / 'toy-seed7'}: done"
    code, told = call("install", tmp_path / "runs" / "toy-seed7", "--to", tmp_path / "models")
    assert code == 0
    assert told.strip() == str(tmp_path / "models" / "toy.safetensors")
    assert {entry.name for entry in (tmp_path / "models").iterdir()} == {"toy.json", "toy.safetensors"}


def test_an_unknown_recipe_ends_with_one_sentence_a_remedy_and_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["rsseg-train", "run", "no-such-recipe"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    told = capsys.readouterr().err.strip()
    assert "no-such-recipe" in told
    assert "Traceback" not in told


def test_help_names_every_command() -> None:
    code, told = call("--help")
    assert code == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told)
    assert all(name in plain for name in ("run", "install", "starters", "evaluate-starters"))


def test_the_starters_are_the_recipes_called_so_unless_some_are_named() -> None:
    assert sorted(recipe.name for recipe in starter_recipes()) == STARTERS
    assert [recipe.name for recipe in starter_recipes(["grass-starter"])] == ["grass-starter"]


def test_a_report_replaces_what_stands_below_its_mark(tmp_path: Path) -> None:
    page = tmp_path / "starters.md"
    page.write_text("# Starters\n\nWritten by hand.\n\n<!-- tables -->\n\nold", encoding="utf-8")
    write_report(starter_recipes(), page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Starters\n\nWritten by hand.\n\n<!-- tables -->\n\n## ")
    assert "old" not in text.splitlines()
    assert all(f"## {name}\n" in text for name in STARTERS)


@pytest.mark.parametrize("name", STARTERS)
def test_a_report_shows_the_interval_of_every_class_and_the_confusion(name: str) -> None:
    figures: dict[str, Any] = json.loads(figures_path(name).read_text(encoding="utf-8"))
    text = report_text([figures])
    for entry in figures["evaluations"]:
        (row,) = (
            line
            for line in text.splitlines()
            if line.startswith(f"| {entry['dataset']} | {entry['images']} |")
        )
        for label, metric in entry["per_class"].items():
            if metric["iou_low"] is not None:
                shown = f"{label} {metric['iou']:.3f} ({metric['iou_low']:.3f}..{metric['iou_high']:.3f})"
                assert shown in row
        assert f"{entry['mean_iou']:.3f} | {entry['mean_iou_absent_as_zero']:.3f}" in row
