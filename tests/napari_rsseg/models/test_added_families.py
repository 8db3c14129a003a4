"""Families and backbones of another package: the one in ``tests/example_family``, built and installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import tifffile

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.models.contract import NetworkContract
from napari_rsseg.registry import save_model

EXAMPLE = Path(__file__).parents[2] / "example_family"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the example's wheel is unpacked."""
    place = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, place / "source", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)],
        cwd=place / "source",
        check=True,
        capture_output=True,
    )
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(place / "site")
    return place / "site"


def _run(installed: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


class TestOwnFamily(NetworkContract):
    """A family of this package keeps to the contract that others run."""

    family = "unet"
    architecture: ClassVar = {"classes": 2, "widths": [8, 8, 16]}


def test_the_contract_runs_in_the_tests_of_another_package(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    run = _run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert "6 passed" in run.stdout


def test_a_backbone_of_another_package_is_made_by_its_name(installed: Path, tmp_path: Path) -> None:
    code = (
        "from napari_rsseg.models.layers.timm_parts import create_model\n"
        "print(create_model('example_tiny_cnn', features_only=True).feature_info.channels())"
    )
    run = _run(installed, "-c", code, cwd=tmp_path)
    assert run.stdout.strip() == "[8, 16, 24, 32]", run.stderr


def test_a_model_of_another_packages_family_segments(installed: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shapes = {
        "layers.0.weight": (16, 3, 1, 1),
        "layers.0.bias": (16,),
        "layers.2.weight": (2, 16, 1, 1),
        "layers.2.bias": (2,),
    }
    model = save_model(
        tmp_path / "models",
        {
            "name": "pixels",
            "title": "Pixels",
            "family": "example-pixels",
            "architecture": {"classes": 2},
            "scheme": LANDSLIDE.model_dump(mode="json"),
            "bands": ["red", "green", "blue"],
            "input_values": {"mean": [0.5] * 3, "std": [0.25] * 3},
            "tile_px": 64,
            "licence": "Apache-2.0",
        },
        {key: rng.normal(size=shape).astype(np.float32) for key, shape in shapes.items()},
    )
    scene = tmp_path / "scene.tif"
    tifffile.imwrite(scene, rng.integers(0, 255, (96, 128, 3), dtype=np.uint8), photometric="rgb")
    words = ["segment", str(scene), "--task", "landslide", "--model", str(model.card_path)]
    run = _run(installed, "-m", "napari_rsseg", *words, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert tifffile.imread(tmp_path / "scene_landslide.tif").shape == (96, 128)


def test_without_the_package_its_family_is_named_as_unknown(tmp_path: Path) -> None:
    code = (
        "from napari_rsseg.models import build\n"
        "from napari_rsseg.errors import ModelError\n"
        "try:\n    build('example-pixels', {'classes': 2})\n"
        "except ModelError as error:\n    print(error.found)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "Model family 'example-pixels' is unknown.", run.stderr
