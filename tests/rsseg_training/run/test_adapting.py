from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import tifffile
import torch
from safetensors.torch import load_file, save_file

from napari_rsseg.checkpoints.backbones import backbone_network
from napari_rsseg.errors import TrainingError
from napari_rsseg.models.st_dasegnet import StDasegnet
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.registry.digest import sha256_of
from napari_rsseg.settings import data_folder, weights_folder
from rsseg_training.recipes import Recipe, read_recipe, recipe_text
from rsseg_training.run.assembly import make_network
from rsseg_training.run.folder import RunFolder
from rsseg_training.run.installing import install_run
from rsseg_training.run.training import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

needs_data = pytest.mark.skipif(
    not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here"
)
TINY: dict[str, Any] = {
    "backbone": {
        "kind": "mit", "embed_dims": 4, "depths": [1, 1, 1, 1], "strides": [4, 2, 1, 1], "drop_path": 0.1,
    },
    "neck": {"channels": [4, 8, 20, 32]},
    "head": {"kind": "segformer", "in_channels": [4, 8, 20, 40], "channels": 8},
    "discriminator": {"in_channels": 32, "base_channels": 4, "num_conv": 1},
    "ema": {"threshold": 0.5, "rare_threshold": 0.5, "class_weight": [1.0, 1.5]},
}  # fmt: skip
TARGET = {"set": "coseismic_256", "splits": ["val"], "held_back": ["test"], "source_steps": 2}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


@pytest.fixture
def adapting(toy: Callable[..., Recipe]) -> Callable[..., Recipe]:
    """A recipe of a few steps; sections may be replaced."""

    def make(**changes: Any) -> Recipe:
        values = {
            "model": {"family": "stdasegnet", "architecture": TINY},
            "target": TARGET,
            "calibration": [],
            "loop": {"steps": 4, "batch": 2, "crop_px": 64, "save_every": 2, "averaging": 0.0},
        }
        return toy(**{**values, **changes})

    return make


def faithful(adapting: Callable[..., Recipe], **changes: Any) -> Recipe:
    words = {"class_weights": [1.0, 1.0], "faithful": True}
    target = {**TARGET, "source_steps": 0}
    return adapting(**IMAGENET, objective=words, target=target, **changes)


@needs_data
def test_a_run_says_how_well_the_target_was_mapped_before_and_after(
    tmp_path: Path, adapting: Callable[..., Recipe]
) -> None:
    folder = RunFolder(tmp_path / "run")
    assert train(adapting(), folder) == "done"
    card = read_card(folder.path / "best.json")
    assert card.family == "stdasegnet"
    assert card.sha256 == sha256_of(folder.path / "best.safetensors")
    assert [(entry.dataset, entry.images, entry.note.split()[0]) for entry in card.evaluations] == [
        ("coseismic_256/test", 3, "Before"),
        ("coseismic_256/test", 3, "After"),
    ]
    assert not card.evaluations[0].trained_on
    assert card.training_data[-1] == "coseismic_256: its images alone, without their labels."
    record = json.loads((folder.path / "data.json").read_text())
    assert {entry["set"] for entry in record if entry.get("role") == "target"} == {"coseismic_256"}
    named = [set(event["losses"]) for event in folder.events() if event["kind"] == "step"]
    assert "loss.seg_t2s" not in named[0]
    assert {"loss.seg_s2s", "loss.seg_t2s", "loss.gan_F_s2s_ds", "confident_share"} <= named[-1]


@needs_data
def test_an_installed_run_keeps_its_figures(tmp_path: Path, adapting: Callable[..., Recipe]) -> None:
    folder = RunFolder(tmp_path / "run")
    train(adapting(), folder)
    installed = install_run(adapting(), folder, tmp_path / "models")
    assert installed.card.evaluations == read_card(folder.path / "best.json").evaluations


@needs_data
def test_the_model_of_a_run_segments_a_scene_as_it_is(
    tmp_path: Path, adapting: Callable[..., Recipe]
) -> None:
    folder = RunFolder(tmp_path / "run")
    train(adapting(), folder)
    scene = tmp_path / "scene.tif"
    values = np.random.default_rng(0).integers(0, 255, (150, 170, 3), dtype=np.uint8)
    tifffile.imwrite(scene, values, photometric="rgb")
    command = [
        sys.executable, "-m", "napari_rsseg", "segment", str(scene), "--task", "landslide",
        "--model", str(folder.path / "best.safetensors"), "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").rglob("*.tif"))


def _with_other_target_labels(folder: Path) -> Path:
    """Return a folder like that of the sets, but for the labels of the target, which are turned around."""
    real, pack = data_folder() / "landslide", folder / "landslide"
    (pack / "coseismic_256" / "masks").mkdir(parents=True)
    (pack / "coseismic_256" / "images").symlink_to(real / "coseismic_256" / "images")
    (pack / "landslide4sense").symlink_to(real / "landslide4sense")
    (pack / "index.csv").symlink_to(real / "index.csv")
    with (real / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == "coseismic_256"]
    for row in rows:
        ones = np.ones(tifffile.imread(real / row["image"]).shape[:2], dtype=np.uint8)
        cv2.imwrite(str(pack / row["mask"]), ones)
    return folder


@needs_data
def test_the_targets_labels_do_not_touch_the_weights(
    tmp_path: Path, adapting: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = adapting(target={**TARGET, "held_back": []})
    train(recipe, RunFolder(tmp_path / "run"))
    monkeypatch.setenv("RSSEG_DATA", str(_with_other_target_labels(tmp_path / "other")))
    train(recipe, RunFolder(tmp_path / "again"))
    assert sha256_of(tmp_path / "run" / "best.safetensors") == sha256_of(
        tmp_path / "again" / "best.safetensors"
    )


def _start(recipe: Recipe, folder: Path) -> subprocess.Popen[bytes]:
    path = folder.parent / "long.toml"
    path.write_text(recipe_text(recipe))
    command = [sys.executable, "-m", "rsseg_training.run", "run", str(path), "--folder", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@needs_data
@pytest.mark.parametrize("source_steps", [0, 3, 30], ids=["from the start", "both", "on the source"])
def test_a_killed_adaptation_goes_on_to_the_same_weights(
    tmp_path: Path, adapting: Callable[..., Recipe], source_steps: int
) -> None:
    target = {**TARGET, "source_steps": source_steps}
    loop = {"steps": 40, "batch": 1, "crop_px": 64, "save_every": 3, "averaging": 0.5}
    recipe = adapting(target=target, loop=loop)
    folder = RunFolder(tmp_path / "run")
    process = _start(recipe, folder.path)
    while not folder.state_path.exists():
        assert process.poll() is None, "the run ended before it was interrupted"
        time.sleep(0.02)  # until the child has saved; the suite's time limit ends a hang
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert folder.state() == "running"
    assert not (folder.path / "best.safetensors").exists()
    assert train(recipe, folder) == "done"
    whole = RunFolder(tmp_path / "whole")
    train(recipe, whole)
    assert sha256_of(folder.path / "best.safetensors") == sha256_of(whole.path / "best.safetensors")


@needs_data
def test_faithful_trains_as_published_from_the_first_step_to_the_last_network(
    tmp_path: Path, adapting: Callable[..., Recipe]
) -> None:
    folder = RunFolder(tmp_path / "run")
    assert train(faithful(adapting), folder) == "done"
    card = read_card(folder.path / "best.json")
    assert [entry.note.split()[0] for entry in card.evaluations] == ["After"]
    state = torch.load(folder.state_path, weights_only=True)
    assert state["iteration"] == state["steps"] == 4
    last = load_file(folder.path / "best.safetensors")
    assert all(torch.equal(last[key], value.half()) for key, value in state["network"].items())
    # teachers ran in training mode and had a start of their own
    assert state["parts"]["cross_EMA_decoder_s.convs.0.bn.num_batches_tracked"] == 4


def test_class_weights_of_the_recipe_weigh_both_heads(adapting: Callable[..., Recipe]) -> None:
    network = make_network(adapting(objective={"class_weights": [1.0, 3.0]}))
    assert isinstance(network, StDasegnet)
    head = network.architecture.head
    assert head.class_weight_s == head.class_weight_t == (1.0, 3.0)
    assert head.num_classes == 2


def test_both_branches_start_in_the_file_of_the_backbone(
    tmp_path: Path, adapting: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    donor = make_network(adapting(seed=7))
    assert isinstance(donor, StDasegnet)
    tensors = {**donor.backbone_s.state_dict(), "head.weight": torch.zeros(1)}
    save_file(tensors, tmp_path / "mit.safetensors")
    monkeypatch.setenv("RSSEG_WEIGHTS", str(tmp_path))
    model = {"family": "stdasegnet", "architecture": TINY, "initial": "mit.safetensors"}
    network = make_network(adapting(model=model))
    assert isinstance(network, StDasegnet)
    for branch in (network.backbone_s, network.backbone_t):
        assert all(torch.equal(value, tensors[key]) for key, value in branch.state_dict().items())
    del tensors["stages.0.layer_norm.weight"]
    save_file(tensors, tmp_path / "mit.safetensors")
    with pytest.raises(TrainingError, match=r"lack 1 tensors .* first stages.0.layer_norm.weight"):
        make_network(adapting(model=model))


def test_the_recipe_on_mit_names_the_file_that_it_needs_and_starts_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSSEG_WEIGHTS", str(tmp_path))
    recipe = read_recipe("stdasegnet-b0-adapt")
    with pytest.raises(TrainingError, match=r"mit_b0\.pth are missing"):
        make_network(recipe)
    donor = backbone_network({"library": "transformers", "name": "mit-b0"})
    torch.save({**donor.state_dict(), "head.weight": torch.zeros(1000, 256)}, tmp_path / "mit_b0.pth")
    network = make_network(recipe)
    assert isinstance(network, StDasegnet)
    for branch in (network.backbone_s, network.backbone_t):
        assert all(torch.equal(value, donor.state_dict()[key]) for key, value in branch.state_dict().items())


def test_a_cnn_of_timm_starts_in_the_file_of_its_classifier(
    adapting: Callable[..., Recipe],
) -> None:
    recipe = read_recipe("stdasegnet-light-adapt")
    assert recipe.model.initial is not None
    if not (weights_folder() / recipe.model.initial).exists():
        pytest.skip("EfficientNet-lite0 is not in RSSEG_WEIGHTS")
    network = make_network(recipe)
    assert isinstance(network, StDasegnet)
    published = load_file(weights_folder() / recipe.model.initial)
    for branch in (network.backbone_s, network.backbone_t):
        stem = branch.get_parameter("cnn.conv_stem.weight")
        assert torch.equal(stem, published["conv_stem.weight"].float())


@needs_data
def test_a_split_without_images_is_refused(tmp_path: Path, adapting: Callable[..., Recipe]) -> None:
    recipe = adapting(target={"set": "coseismic_256", "splits": ["weak"]})
    with pytest.raises(TrainingError, match="no image of coseismic_256 in weak"):
        train(recipe, RunFolder(tmp_path / "run"))
