"""Small real models and scenes on disk, and one warm local engine for the whole folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.engine import Engine, PredictionRequest, PredictionStore
from napari_rsseg.engine.local import LocalSettings
from napari_rsseg.models import build
from napari_rsseg.registry import ModelFile, save_model
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

ARCHITECTURE: dict[str, Any] = {"classes": 2, "widths": [8, 16, 24], "bands": 3}
TILE_PX = 64


def make_model(
    folder: Path, name: str, *, change: Callable[[torch.nn.Module], None] | None = None, **card: Any
) -> ModelFile:
    """Save a small U-Net with seeded weights, changed as asked."""
    torch.manual_seed(7)
    network = build("unet", ARCHITECTURE)
    if change is not None:
        with torch.no_grad():
            change(network)
    values: dict[str, Any] = {
        "name": name,
        "title": "A small network for tests",
        "family": "unet",
        "architecture": ARCHITECTURE,
        "scheme": LANDSLIDE.model_dump(mode="json"),
        "bands": ["red", "green", "blue"],
        "input_values": {"expects": "display", "mean": [0.4, 0.4, 0.4], "std": [0.2, 0.2, 0.2]},
        "tile_px": TILE_PX,
        "licence": "Apache-2.0",
    }
    tensors = {key: tensor.numpy() for key, tensor in network.state_dict().items()}
    return save_model(folder, {**values, **card}, tensors)


def even_classes(network: torch.nn.Module) -> None:
    """Make both classes about as likely, so that labels change from pixel to pixel."""
    classify = network.get_submodule("classify")
    assert isinstance(classify, torch.nn.Conv2d)
    assert classify.bias is not None
    weight = classify.weight
    weight *= 8
    weight -= weight.mean(dim=0, keepdim=True)
    classify.bias.zero_()


def write_scene(path: Path, height: int, width: int, *, seed: int = 0) -> Path:
    """Write an RGB GeoTIFF of soft random shapes, tiled and compressed."""
    noise = np.random.default_rng(seed).random((-(-height // 8), -(-width // 8), 3), dtype=np.float32)
    soft = np.kron(noise, np.ones((8, 8, 1), dtype=np.float32))[:height, :width]
    fine = np.random.default_rng(seed + 1).random((height, width, 3), dtype=np.float32)
    values = np.rint(255 * (0.7 * soft + 0.3 * fine)).astype(np.uint8)
    tifffile.imwrite(path, values, photometric="rgb", tile=(256, 256), compression="zlib")
    return path


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def model(models_folder: Path) -> ModelFile:
    return make_model(models_folder, "small", change=even_classes)


@pytest.fixture(scope="session")
def constant_model(models_folder: Path) -> ModelFile:
    """Class 1 with logit 2 against 0, whatever is seen."""

    def change(network: torch.nn.Module) -> None:
        network.classify.weight.zero_()  # type: ignore[union-attr,operator]
        network.classify.bias.copy_(torch.tensor([0.0, 2.0]))  # type: ignore[union-attr,operator]

    return make_model(models_folder, "constant", change=change)


@pytest.fixture(scope="session")
def scene_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scenes") / "scene.tif", 1100, 1300)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = Engine.start(settings=LocalSettings(workers=1, forward_threads=1))
    yield engine
    engine.close()


MakeRequest = Callable[..., PredictionRequest]


@pytest.fixture
def request_for(tmp_path: Path, model: ModelFile, scene_path: Path) -> MakeRequest:
    """Return a maker of requests for the whole scene, with fields exchanged as asked."""

    def make(path: Path = scene_path, model: ModelFile = model, **changes: Any) -> PredictionRequest:
        scene = open_scene(path)
        request = PredictionRequest(
            scene=scene.reference,
            scene_fingerprint=scene.fingerprint,
            height=scene.height,
            width=scene.width,
            card=model.card,
            weights=model.weights_path,
            region=Window.of(scene.height, scene.width),
            store=tmp_path / "prediction.zarr",
        )
        scene.close()
        return replace(request, **changes)

    return make


@pytest.fixture(scope="session")
def expected() -> dict[str, npt.NDArray[np.uint8]]:
    """What `whole` gives; filled by the first test that needs it."""
    return {}


@pytest.fixture
def whole(
    engine: Engine, request_for: MakeRequest, expected: dict[str, npt.NDArray[np.uint8]], tmp_path: Path
) -> npt.NDArray[np.uint8]:
    """Labels of the whole scene by an undisturbed run."""
    if "labels" not in expected:
        request = request_for(store=tmp_path / "whole.zarr")
        assert engine.predict(request, on_event=lambda _: None).wait().is_complete
        store = PredictionStore.open(request.store)
        expected["labels"] = store.read_labels(Window.of(request.height, request.width))
    return expected["labels"]
