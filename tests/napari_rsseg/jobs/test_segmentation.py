"""From a scene and a model to files, as plugin and command line do it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
from pydantic import BaseModel

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.engine import PredictionReport, PredictionStore
from napari_rsseg.engine.rasters import open_rasters
from napari_rsseg.engine.request import DeviceChoice
from napari_rsseg.engine.results import BlockResult
from napari_rsseg.errors import EngineError, ModelError, OutputError
from napari_rsseg.jobs import class_areas, plan_outputs, plan_segmentation, predictions_folder, write_outputs
from napari_rsseg.models import build
from napari_rsseg.registry import ModelFile, save_model
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_rsseg.engine import PredictionRequest
    from napari_rsseg.scenes import Scene

ARCHITECTURE: dict[str, Any] = {"classes": 2, "widths": [8, 16], "bands": 3}


class Options(BaseModel):
    device: DeviceChoice = "cpu"
    tta: bool = False
    overview: bool = False
    probabilities: bool = False


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    torch.manual_seed(3)
    state = build("unet", ARCHITECTURE).state_dict()
    card: dict[str, Any] = {
        "name": "hills", "title": "Hills", "family": "unet", "architecture": ARCHITECTURE,
        "scheme": LANDSLIDE.model_dump(mode="json"), "bands": ["red", "green", "blue"],
        "input_values": {"mean": [0.4, 0.4, 0.4], "std": [0.2, 0.2, 0.2]}, "tile_px": 64,
        "licence": "Apache-2.0",
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("models")
    return save_model(folder, card, {key: tensor.numpy() for key, tensor in state.items()})


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    path = tmp_path / "Täler & Hügel.tif"
    values = np.random.default_rng(0).integers(0, 255, (600, 700, 3), dtype=np.uint8)
    tifffile.imwrite(path, values, photometric="rgb", tile=(256, 256))
    scene = open_scene(path)
    yield scene
    scene.close()


def fill(request: PredictionRequest, *, leave: int = 0) -> PredictionReport:
    """Put a known result into the store of a request, as an engine would."""
    (raster,) = open_rasters(request)
    store = raster.store
    blocks = list(store.grid.touching(request.region))
    for block in blocks[: len(blocks) - leave]:
        window = store.grid.window(block)
        labels = np.full(window.shape, block[1] % 2, np.uint8)
        probabilities = np.full((2, *window.shape), 0.5, np.float16) if request.probabilities else None
        store.write_block(block, BlockResult(labels, labels + 200, labels + 100, probabilities))
    store.record(device="a device", precision="float32", changes=["Memory ran out."])
    raster.close()
    missing = tuple(map(store.grid.window, store.missing_blocks(request.region)))
    done = tuple(map(store.grid.window, store.done_blocks(request.region)))
    return PredictionReport(done, missing, (), False, (), 1.0, 1.0, "a device", "float32")


def test_without_a_project_predictions_are_kept_in_the_cache(scene: Scene, model: ModelFile) -> None:
    request = plan_segmentation(scene, model, options=Options())
    assert request.store.parent == predictions_folder()
    assert request.store.name == f"{request.key}.zarr"
    assert request.region == Window.of(600, 700)


def test_the_key_follows_what_changes_pixels_and_nothing_else(scene: Scene, model: ModelFile) -> None:
    def key(**options: Any) -> str:
        region = options.pop("region", None)
        return plan_segmentation(scene, model, options=Options(**options), region=region).key

    assert key() == key(region=Window(0, 10, 0, 10)) == key(device="auto") == key(overview=True)
    assert len({key(), key(tta=True), key(probabilities=True)}) == 3
    warmer = ModelFile(
        model.card.model_copy(update={"temperature": 2.0}), model.card_path, model.weights_path
    )
    assert plan_segmentation(scene, warmer, options=Options()).key != key()


def test_a_region_is_cut_to_the_scene(scene: Scene, model: ModelFile) -> None:
    request = plan_segmentation(scene, model, options=Options(), region=Window(500, 900, -20, 100))
    assert request.region == Window(500, 600, 0, 100)


def test_a_region_outside_the_scene_is_refused_in_words(scene: Scene, model: ModelFile) -> None:
    with pytest.raises(EngineError, match=r"Region 700:800,0:10 holds no pixel of the scene of 600 x 700"):
        plan_segmentation(scene, model, options=Options(), region=Window(700, 800, 0, 10))


def test_a_model_that_does_not_fit_is_refused_with_its_reasons(scene: Scene, model: ModelFile) -> None:
    card = model.card.model_copy(update={"bands": ("red", "green", "nir")})
    with pytest.raises(ModelError, match="nir"):
        plan_segmentation(scene, ModelFile(card, model.card_path, model.weights_path), options=Options())


def test_all_files_of_a_region_are_written_and_say_what_made_them(
    scene: Scene, model: ModelFile, tmp_path: Path
) -> None:
    region = Window(100, 400, 400, 650)
    options = Options(probabilities=True)
    request = plan_segmentation(scene, model, options=options, region=region, store_root=tmp_path)
    report = fill(request)
    plan = plan_outputs(scene, "landslide", tmp_path / "out", wanted=("confidence", "probabilities"))
    written = write_outputs(request, report, scene, plan)
    assert [path.name for path in written] == [
        "Täler & Hügel_landslide.tif",
        "Täler & Hügel_landslide_confidence.tif",
        "Täler & Hügel_landslide_probabilities.tif",
    ]
    labels = tifffile.imread(written[0])
    assert labels.shape == (600, 700)
    expected = np.full((600, 700), 255, np.uint8)
    expected[100:400, 400:512] = 0
    expected[100:400, 512:650] = 1
    np.testing.assert_array_equal(labels, expected)
    confidence = tifffile.imread(written[1])
    np.testing.assert_array_equal(confidence, np.where(expected == 255, 255, expected + 200))
    with tifffile.TiffFile(written[0]) as file:
        text = file.pages.first.tags["GDAL_METADATA"].value
    for said in (model.card.sha256, "a device", "float32", "Memory ran out."):
        assert said in text


def test_an_incomplete_prediction_is_never_written(scene: Scene, model: ModelFile, tmp_path: Path) -> None:
    request = plan_segmentation(scene, model, options=Options(), store_root=tmp_path)
    report = fill(request, leave=1)
    plan = plan_outputs(scene, "landslide", tmp_path / "out")
    with pytest.raises(EngineError, match=r"1 of 4 blocks are not predicted \(512:600,512:700\)"):
        write_outputs(request, report, scene, plan)
    assert list((tmp_path / "out").iterdir()) == []


def test_files_that_exist_are_named_before_the_run(scene: Scene, tmp_path: Path) -> None:
    plan = plan_outputs(scene, "cloud", tmp_path, wanted=("confidence",), vectors="gpkg")
    assert plan.vectors is not None
    plan.labels.touch()
    plan.vectors.touch()
    with pytest.raises(OutputError, match=r"_cloud\.tif.*_cloud\.gpkg exist already"):
        plan_outputs(scene, "cloud", tmp_path, vectors="gpkg")
    assert plan_outputs(scene, "cloud", tmp_path, vectors="gpkg", overwrite=True).overwrite


def test_a_folder_that_cannot_be_made_is_named(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/out/.*cannot be written \(Not a directory\)"):
        plan_outputs(scene, "cloud", tmp_path / "file" / "out")


def test_areas_are_those_of_the_region_and_hold_no_nodata(
    scene: Scene, model: ModelFile, tmp_path: Path
) -> None:
    region = Window(0, 100, 462, 612)
    request = plan_segmentation(scene, model, options=Options(), region=region, store_root=tmp_path)
    fill(request)
    background, landslide = class_areas(request, gsd_m=10.0)
    assert (background.pixels, landslide.pixels) == (50 * 100, 100 * 100)
    assert landslide.hectares == pytest.approx(100.0)
    assert landslide.percent == pytest.approx(100 * 2 / 3)
    assert class_areas(request, gsd_m=None)[0].hectares is None


_RUN = """
import json, sys
from pathlib import Path
from types import SimpleNamespace

def main():
    scene_path, card_path, out = sys.argv[1:]
    from napari_rsseg.engine import Engine
    from napari_rsseg.engine.local import LocalSettings
    from napari_rsseg.jobs import class_areas, plan_outputs, plan_segmentation, write_outputs
    from napari_rsseg.registry import open_model
    from napari_rsseg.scenes import open_scene
    scene, model = open_scene(scene_path), open_model(Path(card_path))
    options = SimpleNamespace(device="auto", tta=False, overview=True, probabilities=True)
    request = plan_segmentation(scene, model, options=options, store_root=Path(out))
    engine = Engine.start(settings=LocalSettings(1, 1))
    report = engine.predict(request, on_event=lambda event: None).wait()
    plan = plan_outputs(scene, "landslide", Path(out), wanted=("confidence", "probabilities"), vectors="gpkg")
    written = write_outputs(request, report, scene, plan)
    areas = class_areas(request, scene.gsd_m)
    engine.close()
    heavy = [name for name in ("torch", "torchvision", "timm", "napari", "qtpy") if name in sys.modules]
    print(json.dumps({"complete": report.is_complete, "files": len(written), "heavy": heavy}))

if __name__ == "__main__":
    main()
"""


def test_a_whole_segmentation_loads_no_torch_in_the_program_that_asks_for_it(
    scene: Scene, model: ModelFile, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, scene.uri, str(model.card_path), str(tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"complete": True, "files": 4, "heavy": []}
    assert PredictionStore.open(next((tmp_path / "out").glob("*.zarr"))).facts["precision"] == "float32"
