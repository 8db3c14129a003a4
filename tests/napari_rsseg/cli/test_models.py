from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.registry import Download, ModelFile, save_model
from tests.loopback_server import serving

GOLDEN = Path(os.environ["RSSEG_GOLDEN"])

Run = Any


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    values: dict[str, Any] = {
        "name": "hills-unet",
        "title": "Landslides on hills",
        "family": "unet",
        "architecture": {},
        "scheme": LANDSLIDE.model_dump(mode="json"),
        "bands": ["red", "green", "nir"],
        "input_values": {"expects": "display", "mean": [0.5] * 3, "std": [0.5] * 3},
        "tile_px": 256,
        "gsd_min_m": 0.5,
        "gsd_max_m": 10.0,
        "licence": "Apache-2.0",
        "training_data": ["made by a test"],
        "evaluations": [
            {
                "dataset": "hills/test", "trained_on": False, "images": 4, "seeds": 3, "mean_iou": 0.61,
                "mean_iou_absent_as_zero": 0.6, "ece_before": 0.1, "ece_after": 0.02,
                "per_class": {"landslide": {"iou": 0.4, "iou_low": 0.3, "iou_high": 0.5}},
            }
        ],
    }  # fmt: skip
    return save_model(tmp_path / "models", values, {"w": np.zeros(3, np.float32)})


def test_the_list_holds_own_and_published_models(run: Run, model: ModelFile) -> None:
    result = run("models", "list", "--json")
    assert result.code == 0
    by_name = {entry["name"]: entry for entry in result.json["models"]}
    assert by_name["hills-unet"]["installed"]
    assert by_name["hills-unet"]["mean_iou"] == {"hills/test": 0.61}
    assert not by_name["ktda-cloud"]["installed"]
    assert "huggingface.co" in by_name["ktda-cloud"]["remedy"]
    text = run("models", "list", "--task", "landslide").out
    assert "hills-unet" in text
    assert "ktda-cloud" not in text


def test_the_list_says_which_models_fit_a_scene(run: Run, model: ModelFile) -> None:
    words = ("models", "list", "--task", "landslide", "--scene", "synthetic:size=256,seed=0")
    entry = next(entry for entry in run(*words, "--json").json["models"] if entry["name"] == "hills-unet")
    assert entry["fits"]
    assert not entry["problems"]
    assert "fits" in run(*words).out


def test_a_broken_card_is_reported_beside_the_others(run: Run, model: ModelFile) -> None:
    (model.card_path.parent / "torn.json").write_text('{"name": ', encoding="utf-8")
    result = run("models", "list")
    assert result.code == 0
    assert "hills-unet" in result.out
    assert "torn.json is not a model card" in result.err
    assert run("models", "list", "--json").json["broken"][0]["path"].endswith("torn.json")


def test_models_of_a_scheme_of_ones_own_are_listed_by_its_name(run: Run, tmp_path: Path) -> None:
    classes = [{"name": "land", "colour": "#000000"}, {"name": "pond", "colour": "#0000ff"}]
    scheme = {"name": "ponds", "classes": classes}
    values: dict[str, Any] = {
        "name": "pond-finder", "title": "Ponds", "family": "unet", "architecture": {}, "scheme": scheme,
        "bands": ["red", "green", "blue"],
        "input_values": {"expects": "display", "mean": [0.5] * 3, "std": [0.5] * 3},
        "tile_px": 256, "licence": "Apache-2.0", "training_data": ["made by a test"],
    }  # fmt: skip
    folder = tmp_path / "others"
    save_model(folder, values, {"w": np.zeros(3, np.float32)})
    listed = run("models", "list", "--task", "ponds", "--folder", str(folder), "--json").json
    assert [entry["name"] for entry in listed["models"]] == ["pond-finder"]
    refused = run("models", "list", "--task", "rivers", "--folder", str(folder))
    assert refused.code == 2
    assert "no task 'rivers'" in refused.err
    assert "cloud, grass, landslide, ponds" in refused.err


def test_a_card_is_shown_by_name_and_by_path(run: Run, model: ModelFile) -> None:
    for key in ("hills-unet", model.card_path, model.weights_path):
        text = run("models", "show", key).out
        assert "Landslides on hills" in text
        assert "0.300 to 0.500" in text
        assert model.card.sha256 in text.replace("\n", "")
    assert run("models", "show", "hills-unet", "--json").json["licence"] == "Apache-2.0"


def test_an_unknown_model_is_answered_with_the_nearest(run: Run, model: ModelFile) -> None:
    result = run("models", "show", "hils-unet")
    assert result.code == 2
    assert "Did you mean hills-unet" in result.err


def test_changed_and_missing_weights_end_with_2_and_are_named(run: Run, model: ModelFile) -> None:
    assert run("models", "check").code == 0
    assert "hills-unet: whole" in run("models", "check", "hills-unet").out
    model.weights_path.write_bytes(model.weights_path.read_bytes()[:-1])
    changed = run("models", "check", "--json")
    assert changed.code == 2
    assert changed.json["broken"] == 1
    assert "hills-unet have changed" in run("models", "check", "hills-unet").err
    model.weights_path.unlink()
    missing = run("models", "check", "hills-unet", "ktda-grass")
    assert missing.code == 2
    assert "weights of hills-unet are missing" in missing.err
    assert "KTDA, full size, grass cover has no weights" in missing.err


def test_the_schema_of_cards_is_json(run: Run) -> None:
    assert "sha256" in run("models", "schema").json["properties"]


def test_models_of_a_further_folder_are_found(run: Run, tmp_path: Path, model: ModelFile) -> None:
    moved = model.card_path.parent.rename(tmp_path / "elsewhere")
    assert run("models", "show", "hills-unet").code == 2
    assert run("models", "show", "hills-unet", "--folder", moved).code == 0


def test_what_cannot_be_imported_is_named(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html>not found</html>", encoding="utf-8")
    unknown = run("models", "import", page, "--as", "ktda-snow")
    assert unknown.code == 2
    assert "ktda-grass" in unknown.err
    damaged = run("models", "import", page, "--as", "ktda-grass")
    assert damaged.code == 2
    assert "page.html" in damaged.err
    assert not list(tmp_path.glob("models/*"))


def test_the_authors_file_alone_is_imported_and_shown(run: Run) -> None:
    source = GOLDEN / "tls_checkpoint_tiny.pth.tar"
    if not source.exists():
        pytest.skip(f"{source} is missing; set RSSEG_GOLDEN")
    imported = run("models", "import", source, "--name", "bijie", "--schema", "landslide", "--json")
    assert imported.code == 0, imported.err
    assert imported.json["name"] == "bijie"
    assert "freq_nums 0.25" in run("models", "show", "bijie").out
    again = run("models", "import", source, "--name", "bijie")
    assert again.code == 2
    assert "exists" in again.err
    both = run("models", "import", source, "--as", "translandseg-bijie", "--name", "bijie")
    assert both.code == 2
    assert "Leave out --as" in both.err


def test_a_folder_is_imported_file_by_file_with_a_reason_for_each_that_is_not(
    run: Run, tmp_path: Path
) -> None:
    if not GOLDEN.is_dir():
        pytest.skip("RSSEG_GOLDEN holds no reference cases")
    folder = tmp_path / "theirs" / "deep"
    folder.mkdir(parents=True)
    for name in ("ktda_checkpoint_best.pth", "tls_checkpoint_tiny.pth.tar"):
        (folder / name).symlink_to(GOLDEN / name)
    (folder / "page.pth").write_text("<html>", encoding="utf-8")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    place = tmp_path / "project" / "models"
    done = run("models", "import", folder.parent, "--into", place, "--json")
    assert done.code == 0, done.err
    assert [entry["name"] for entry in done.json["models"]] == ["ktda-checkpoint-best", "tls-checkpoint-tiny"]
    assert [Path(entry["path"]).name for entry in done.json["left_out"]] == ["page.pth"]
    assert "page.pth is damaged or no weight file" in done.json["left_out"][0]["problem"]
    assert sorted(path.stem for path in place.glob("*.json")) == [
        "ktda-checkpoint-best",
        "tls-checkpoint-tiny",
    ]
    again = run("models", "import", folder.parent, "--into", place)
    assert again.code == 2
    assert "No file of" in again.err
    named = run("models", "import", folder, "--name", "one")
    assert named.code == 2
    assert "is a folder" in named.err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no weight files" in run("models", "import", empty).err


def test_a_model_of_ours_is_imported_with_its_card_and_without_it(
    run: Run, tmp_path: Path, model: ModelFile
) -> None:
    again = run("models", "import", model.weights_path, "--name", "copy", "--json")
    assert again.code == 0, again.err
    assert again.json["mean_iou"] == {"hills/test": 0.61}
    assert run("models", "import", model.card_path, "--name", "by-card").code == 0
    bare = model.weights_path.rename(tmp_path / "bare.safetensors")
    refused = run("models", "import", bare, "--name", "restored")
    assert refused.code == 2
    assert "architecture of a unet model is not valid" in refused.err  # its card names no network


def test_a_default_is_chosen_told_and_taken_back(
    run: Run, model: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    assert run("models", "default", "landslide").out == "landslide: landslide-starter\n"
    assert run("models", "default", "landslide", "hills-unet").code == 0
    assert run("models", "default", "landslide", "--json").json == {
        "task": "landslide",
        "model": "hills-unet",
    }
    assert "segments landslide, not cloud" in run("models", "default", "cloud", "hills-unet").err
    assert run("models", "default", "landslide", "hills-unet", "--starter").code == 2
    assert run("models", "default", "landslide", "--starter").out == "landslide: landslide-starter\n"


def test_a_model_is_removed_and_a_starter_is_not(
    run: Run, model: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    assert run("models", "remove", "hills-unet", "--json").json["removed"] == [
        str(model.card_path),
        str(model.weights_path),
    ]
    assert not model.card_path.exists()
    starter = run("models", "remove", "landslide-starter")
    assert starter.code == 2
    assert "comes with the package" in starter.err


def test_what_can_be_downloaded_is_listed_and_asked_for_by_name(run: Run) -> None:
    listed = {entry["name"]: entry for entry in run("models", "list", "--json").json["models"]}
    assert listed["mobile-sam"]["can_be_downloaded"]
    assert listed["mobile-sam"]["size"] == 40_728_226
    assert listed["ktda-grass"]["can_be_downloaded"]
    assert not listed["translandseg-bijie"]["can_be_downloaded"]
    assert "can be downloaded" in run("models", "list").out
    unknown = run("models", "get", "mobil-sam")
    assert unknown.code == 2
    assert "Did you mean mobile-sam" in unknown.err


def test_a_download_is_installed_and_told_on_the_command_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = GOLDEN / "tls_checkpoint_tiny.pth.tar"
    if not source.exists():
        pytest.skip(f"{source} is missing; set RSSEG_GOLDEN")
    with serving(source.read_bytes()) as server:
        offered = Download(
            "toy", "Toy", "sam", "toy.pth", "MIT", "toy.pth", url=server.url, size=source.stat().st_size
        )
        monkeypatch.setattr("napari_rsseg.registry.downloads.DOWNLOADS", (offered,))
        done = run("models", "get", "toy", "--json")
        assert done.code == 0, done.err
        assert done.json["family"] == "translandseg"
        server.statuses = [404]
        (tmp_path / "cache" / "weights" / "toy.pth").unlink()
        refused = run("models", "get", "toy", "--overwrite")
    assert refused.code == 2
    assert "404 Not Found" in refused.err
    assert "put it here as" in refused.err


def test_a_card_is_shown_in_the_words_of_the_stac_extension(run: Run, model: ModelFile) -> None:
    item = run("models", "show", "hills-unet", "--mlm").json
    assert item["properties"]["mlm:name"] == "hills-unet"
    assert item["properties"]["mlm:input"][0]["bands"] == ["red", "green", "nir"]
    assert item["assets"]["model"]["href"] == "./hills-unet.safetensors"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT that one process may send itself")
def test_ctrl_c_keeps_what_has_arrived(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = tmp_path / "cache" / "weights" / "toy.pth.part"

    def interrupt() -> None:
        while not (part.is_file() and part.stat().st_size):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    content = bytes(1 << 20)
    with serving(content) as server:
        server.stalls_after = 1 << 18
        offered = Download(
            "toy", "Toy", "sam", "toy.pth", "MIT", "toy.pth", url=server.url, size=len(content)
        )
        monkeypatch.setattr("napari_rsseg.registry.downloads.DOWNLOADS", (offered,))
        threading.Thread(target=interrupt, daemon=True).start()
        stopped = run("models", "get", "toy")
    assert stopped.code == 1
    assert "What has arrived is kept" in stopped.err
    assert 0 < part.stat().st_size < len(content)
    assert not part.with_name("toy.pth").exists()
