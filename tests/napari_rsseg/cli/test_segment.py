from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import tifffile
from rasterio.transform import from_origin

from napari_rsseg.classes.scheme import LANDSLIDE, Scheme
from napari_rsseg.cli.scene_run import EngineSource
from napari_rsseg.engine.cluster import Engine
from napari_rsseg.jobs.segmentation import predictions_folder
from napari_rsseg.models import build
from napari_rsseg.registry import ModelFile, save_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

Run = Any
UNET: dict[str, Any] = {"classes": 2, "widths": [8, 8]}


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    started = Engine.start(interactive=False)
    yield started
    started.close()


@pytest.fixture
def shared_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Let commands use one engine of this session, which they do not close."""
    monkeypatch.setattr(EngineSource, "get", lambda _source: engine)
    return engine


def save_unet(folder: Path, *, seed: int, scheme: Scheme = LANDSLIDE) -> ModelFile:
    import torch

    torch.manual_seed(seed)
    tensors = {key: value.numpy() for key, value in build("unet", UNET).state_dict().items()}
    values: dict[str, Any] = {
        "name": "tiny-unet",
        "title": "For tests",
        "family": "unet",
        "architecture": UNET,
        "scheme": scheme.model_dump(mode="json"),
        "bands": ["red", "green", "blue"],
        "input_values": {"expects": "display", "mean": [0.5] * 3, "std": [0.2] * 3},
        "tile_px": 64,
        "licence": "Apache-2.0",
    }
    return save_model(folder, values, tensors)


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    return save_unet(tmp_path / "models", seed=0)


def write_scene(path: Path, pixels: npt.NDArray[np.generic], **profile: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    bands, height, width = pixels.shape
    made = {"driver": "GTiff", "crs": "EPSG:32632", "transform": from_origin(500_000, 5_000_000, 10, 10)}
    size = {"count": bands, "height": height, "width": width, "dtype": pixels.dtype}
    photometric = {"photometric": "RGB"} if bands >= 3 else {}
    with rasterio.open(path, "w", **{**made, **size, **photometric, **profile}) as target:
        target.write(pixels)
    return path


def noise(height: int, width: int, *, bands: int = 3) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(1, 255, (bands, height, width), dtype=np.uint8)


@pytest.mark.usefixtures("shared_engine")
def test_all_files_are_written_on_the_scenes_grid(run: Run, model: ModelFile, tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "täl é.tif", noise(100, 70))
    out = tmp_path / "results"
    result = run(
        "segment", scene, "--task", "landslide", "--model", "tiny-unet", "--confidence", "--probabilities",
        "--vectors", "gpkg", "--out", out, "--json",
    )  # fmt: skip
    assert result.code == 0, result.err
    names = {path.name for path in out.iterdir() if path.suffix not in {".xml", ".qml"}}
    stem = "täl é_landslide"
    assert names == {f"{stem}.tif", f"{stem}_confidence.tif", f"{stem}_probabilities.tif", f"{stem}.gpkg"}
    (entry,) = result.json["scenes"]
    assert {Path(name).name for name in entry["files"]} == names
    assert sum(area["pixels"] for area in entry["areas"]) == 7000
    assert sum(area["hectares"] for area in entry["areas"]) == pytest.approx(70)
    with rasterio.open(scene) as source, rasterio.open(out / f"{stem}.tif") as labels:
        assert (labels.crs, labels.transform, labels.shape) == (source.crs, source.transform, source.shape)
        assert (labels.dtypes[0], labels.nodata) == ("uint8", 255)
        assert labels.tags()["model_sha256"] == model.card.sha256
        ids = labels.read(1)
    with rasterio.open(out / f"{stem}_confidence.tif") as confidence:
        shares = confidence.read(1)
    with tifffile.TiffFile(out / f"{stem}_probabilities.tif") as probabilities:
        assert probabilities.pages[0].dtype == np.float16
    with rasterio.open(out / f"{stem}_probabilities.tif") as probabilities:
        values = probabilities.read().astype(np.float64)
    assert set(np.unique(ids)) <= {0, 1}
    sure = np.abs(values[0] - values[1]) > 0.002  # float16 has no finer steps there
    assert np.array_equal(ids[sure], values.argmax(axis=0)[sure])
    assert np.abs(shares / 250 - values.max(axis=0)).max() < 0.005


@pytest.mark.usefixtures("shared_engine")
def test_results_are_not_overwritten_unless_asked(run: Run, model: ModelFile, tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "a.tif", noise(40, 40))
    words = ("segment", scene, "--task", "landslide", "--model", model.card_path, "--out", tmp_path / "out")
    first = run(*words)
    assert first.code == 0, first.err
    assert "a_landslide.tif" in first.out
    assert "background" in first.out
    again = run(*words)
    assert again.code == 2
    assert "--overwrite" in again.err
    assert run(*words, "--overwrite").code == 0


@pytest.mark.usefixtures("shared_engine")
def test_a_folder_goes_on_past_a_bad_file_and_names_it(run: Run, model: ModelFile, tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    write_scene(folder / "a.tif", noise(40, 40))
    (folder / "b.tif").write_bytes(b"II*\0")
    write_scene(folder / "c.tif", noise(40, 40))
    (folder / "readme.txt").write_text("no scene", encoding="utf-8")
    words = ("segment", folder, "--task", "landslide", "--model", "tiny-unet", "--out", folder)
    result = run(*words, "--json")
    assert result.code == 2
    assert [Path(entry["scene"]).name for entry in result.json["scenes"]] == ["a.tif", "c.tif"]
    assert [Path(entry["scene"]).name for entry in result.json["failed"]] == ["b.tif"]
    assert "1 of 3 scenes failed" in result.err
    again = run(*words, "--overwrite", "--json")  # the results beside the scenes are no scenes
    assert len(again.json["scenes"]) == 2


@pytest.mark.usefixtures("shared_engine")
def test_outside_the_region_nothing_is_said(run: Run, model: ModelFile, tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "a.tif", noise(90, 90))
    result = run(
        "segment", scene, "--task", "landslide", "--model", "tiny-unet", "--out", tmp_path / "out",
        "--region", "10:30,20:60", "--json",
    )  # fmt: skip
    assert result.code == 0, result.err
    ids = tifffile.imread(tmp_path / "out" / "a_landslide.tif")
    inside = np.zeros((90, 90), bool)
    inside[10:30, 20:60] = True
    assert (ids[~inside] == 255).all()
    assert (ids[inside] != 255).all()
    assert sum(area["pixels"] for area in result.json["scenes"][0]["areas"]) == 800


@pytest.mark.usefixtures("shared_engine")
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (20, 33)], ids=str)
def test_scenes_smaller_than_a_tile_are_segmented(
    run: Run, model: ModelFile, tmp_path: Path, shape: tuple[int, int]
) -> None:
    scene = write_scene(tmp_path / "a.tif", noise(*shape))
    result = run("segment", scene, "--task", "landslide", "--model", "tiny-unet", "--out", tmp_path / "out")
    assert result.code == 0, result.err
    with rasterio.open(tmp_path / "out" / "a_landslide.tif") as labels:
        assert labels.shape == shape
        assert set(np.unique(labels.read())) <= {0, 1}


@pytest.mark.usefixtures("shared_engine")
def test_nodata_nan_and_infinity_stay_without_a_label(run: Run, model: ModelFile, tmp_path: Path) -> None:
    pixels = noise(40, 40).astype(np.float32) / 255
    pixels[:, :10] = np.nan
    pixels[0, 20, :] = np.inf
    pixels[:, 30, :] = -9999
    scene = write_scene(tmp_path / "a.tif", pixels, nodata=-9999)
    result = run("segment", scene, "--task", "landslide", "--model", "tiny-unet", "--out", tmp_path / "out")
    assert result.code == 0, result.err
    ids = tifffile.imread(tmp_path / "out" / "a_landslide.tif")
    empty = np.zeros((40, 40), bool)
    empty[:10] = empty[20] = empty[30] = True
    assert np.array_equal(ids == 255, empty)


BAD_SCENES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "0 bytes": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not a raster", encoding="utf-8"),
    "truncated": lambda path: path.write_bytes(b"II*\0\x08\0\0\0\x10\0"),
    "one band": lambda path: write_scene(path, noise(40, 40, bands=1)),
    "all nodata": lambda path: write_scene(path, np.zeros((3, 40, 40), np.uint8), nodata=0),
    "all NaN": lambda path: write_scene(path, np.full((3, 40, 40), np.nan, np.float32)),
}


@pytest.mark.usefixtures("shared_engine")
@pytest.mark.parametrize("kind", BAD_SCENES)
def test_a_scene_that_cannot_be_segmented_gets_one_line_and_no_file(
    run: Run, model: ModelFile, tmp_path: Path, kind: str
) -> None:
    scene = tmp_path / "bad scene.tif"
    BAD_SCENES[kind](scene)
    out = tmp_path / "out"
    result = run("segment", scene, "--task", "landslide", "--model", "tiny-unet", "--out", out)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "bad scene.tif" in result.err
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--model", "tiny-unett"), "Did you mean tiny-unet"),
        (("--model", "ktda-cloud"), "no weights on this machine"),
        (("--model", "cloud-starter"), "segments cloud, not landslide"),
        (("--region", "5:3,0:9"), "ends before it starts"),
        (("--region", "all"), "not a window"),
        (("--region", "100:120,0:9"), "no pixel"),
        (("--device", "tpu"), "--device"),
        (("--vectors", "shp"), "--vectors"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_option_that_cannot_be_followed_is_named(
    run: Run, model: ModelFile, tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    scene = write_scene(tmp_path / "a.tif", noise(40, 40))
    given = ("--model", "tiny-unet", *words) if "--model" not in words else words
    result = run("segment", scene, "--task", "landslide", *given, "--out", tmp_path / "out")
    assert result.code == 2
    assert reason in result.err
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.usefixtures("shared_engine")
@pytest.mark.parametrize("change", ["cut", "of another model"])
def test_wrong_weights_are_refused(run: Run, tmp_path: Path, change: str) -> None:
    model = save_unet(tmp_path / "models", seed=7)  # one that the engine has not loaded yet
    content = model.weights_path.read_bytes()
    other = save_unet(tmp_path / "other", seed=8).weights_path.read_bytes()
    model.weights_path.write_bytes(content[:200] if change == "cut" else other)
    scene = write_scene(tmp_path / "a.tif", noise(40, 40))
    result = run("segment", scene, "--task", "landslide", "--model", "tiny-unet", "--out", tmp_path / "out")
    assert result.code == 2
    assert "tiny-unet" in result.err
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize("taken", ["a file", "below a file"])
def test_a_folder_that_cannot_be_written_is_named_before_the_run(
    run: Run, model: ModelFile, tmp_path: Path, taken: str
) -> None:
    scene = write_scene(tmp_path / "a.tif", noise(40, 40))
    (tmp_path / "file").write_bytes(b"")
    out = tmp_path / "file" if taken == "a file" else tmp_path / "file" / "below"
    result = run("segment", scene, "--task", "landslide", "--model", "tiny-unet", "--out", out)
    assert result.code == 2
    assert str(out) in result.err


@pytest.mark.usefixtures("shared_engine")
def test_two_scenes_of_one_name_do_not_replace_each_other(run: Run, model: ModelFile, tmp_path: Path) -> None:
    first = write_scene(tmp_path / "one" / "a.tif", noise(40, 40))
    second = write_scene(tmp_path / "two" / "a.tif", noise(30, 30))
    result = run(
        "segment", first, second, "--task", "landslide", "--model", "tiny-unet", "--out", tmp_path / "out",
        "--overwrite",
    )  # fmt: skip
    assert result.code == 2
    assert "just written for another scene" in result.err
    assert tifffile.imread(tmp_path / "out" / "a_landslide.tif").shape == (40, 40)


@pytest.mark.usefixtures("shared_engine")
def test_a_model_of_a_scheme_of_ones_own_needs_no_task(run: Run, tmp_path: Path) -> None:
    save_unet(tmp_path / "models", seed=0, scheme=LANDSLIDE.model_copy(update={"name": "gullies"}))
    scene = write_scene(tmp_path / "a.tif", noise(40, 40))
    result = run("segment", scene, "--model", "tiny-unet", "--out", tmp_path / "out", "--json")
    assert result.code == 0, result.err
    assert result.json["task"] == "gullies"
    assert (tmp_path / "out" / "a_gullies.tif").is_file()
    by_task = run("segment", scene, "--task", "gullies", "--out", tmp_path / "again")
    assert by_task.code == 0, by_task.err


def test_without_task_and_model_nothing_says_what_to_map(run: Run, tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "a.tif", noise(40, 40))
    run("segment", scene).assert_refused("Neither --task nor --model", "landslide")


@pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to a thread there")
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(
    run: Run, shared_engine: Engine, model: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = write_scene(tmp_path / "a.tif", noise(1100, 1100))
    words = (
        "segment",
        scene,
        "--task",
        "landslide",
        "--model",
        "tiny-unet",
        "--out",
        tmp_path / "out",
        "--json",
    )
    # where a shell runs the tests in its background, the key is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    predict = shared_engine.predict
    main_thread = threading.main_thread().ident
    assert main_thread is not None

    def predict_and_press_keys(request: Any, *, on_event: Callable[[Any], None]) -> Any:
        pressed = threading.Event()

        def hear(event: Any) -> None:
            on_event(event)
            if type(event).__name__ == "BlockDone" and not pressed.is_set():
                pressed.set()
                signal.pthread_kill(main_thread, signal.SIGINT)

        return predict(request, on_event=hear)

    try:
        with monkeypatch.context() as patch:
            patch.setattr(shared_engine, "predict", predict_and_press_keys)
            stopped = run(*words)
    finally:
        signal.signal(signal.SIGINT, before)
    assert stopped.code == 1
    assert "The same command goes on from there" in stopped.err
    assert stopped.json["stopped"]
    assert not list(tmp_path.glob("out/*"))
    finished = run(*words)
    assert finished.code == 0, finished.err
    pixels = sum(area["pixels"] for area in finished.json["scenes"][0]["areas"])
    assert pixels == 1100 * 1100
    (store,) = predictions_folder().glob("*.zarr")
    assert store.is_dir()


def test_the_program_itself_segments_a_scene(model: ModelFile, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "napari_rsseg", "segment", "synthetic:size=128,seed=1",
            "--task", "landslide", "--model", str(model.weights_path), "--out", str(tmp_path / "out"),
        ],
        capture_output=True, text=True, env={**os.environ}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (path,) = (tmp_path / "out").glob("*.tif")
    assert str(path) in done.stdout
    assert tifffile.imread(path).shape == (128, 128)
