"""Pixels per second of the engine beside the forward passes alone and beside plain sliding windows."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
import tifffile

from napari_rsseg.engine import BlockDone, Engine, EngineEvent, PredictionRequest
from napari_rsseg.engine.tiling import TileGrid, overlap_px
from napari_rsseg.errors import ModelError
from napari_rsseg.jobs import plan_segmentation
from napari_rsseg.registry import default_model
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_rsseg.registry import ModelFile

pytestmark = pytest.mark.bench
OPTIONS = SimpleNamespace(device="cpu", tta=False, overview=False)
SIDE = 1536


@pytest.fixture(scope="module")
def model() -> ModelFile:
    try:
        return default_model("landslide")
    except ModelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine.start()
    engine.device()
    yield engine
    engine.close()


def plan(uri: str, model: ModelFile, store_root: Path) -> PredictionRequest:
    scene = open_scene(uri)
    try:
        return plan_segmentation(scene, model, options=OPTIONS, store_root=store_root)
    finally:
        scene.close()


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{text}\n")


@pytest.fixture(scope="module")
def scene_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    soft = np.random.default_rng(0).integers(0, 255, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("bench") / "scene.tif"
    values = np.kron(soft, np.ones((8, 8, 1), np.uint8))
    tifffile.imwrite(path, values, photometric="rgb", tile=(256, 256), compression="zlib")
    return path


def _plain_seconds(model: ModelFile, scene_file: Path, threads: int) -> dict[str, tuple[float, int]]:
    """Return seconds and tiles of what a script around torch does: read all, walk, take the labels."""
    import torch

    from napari_rsseg.engine.loading import load_network

    torch.set_num_threads(threads)
    network = load_network(model.card, model.weights_path).eval().to(memory_format=torch.channels_last)
    tile = model.card.tile_px
    values = tifffile.imread(scene_file).astype(np.float32).transpose(2, 0, 1) / 255
    mean = np.asarray(model.card.input_values.mean, np.float32)[:, None, None]
    std = np.asarray(model.card.input_values.std, np.float32)[:, None, None]
    image = torch.from_numpy((values - mean) / std)
    found: dict[str, tuple[float, int]] = {}
    for name, overlap in (
        ("no overlap", 0),
        ("half overlap", tile // 2),
        ("the engine's tiles", overlap_px(tile)),
    ):
        if 2 * overlap >= tile:
            overlap -= 1
        grid = TileGrid(SIDE, SIDE, tile, overlap)
        tiles = grid.touching(Window.of(SIDE, SIDE))
        total = np.zeros((len(model.card.scheme.classes), SIDE, SIDE), np.float32)  # type: ignore[union-attr]
        inputs = [image[None, :, *grid.window(index).slices] for index in tiles]
        with torch.inference_mode():
            network(inputs[0].contiguous(memory_format=torch.channels_last))
            start = time.perf_counter()
            for index, patch in zip(tiles, inputs, strict=True):
                logits = network(patch.contiguous(memory_format=torch.channels_last))
                if name != "the engine's tiles":
                    total[(slice(None), *grid.window(index).slices)] += logits[0].softmax(0).numpy()
            if name != "the engine's tiles":
                total.argmax(0)
        found[name] = time.perf_counter() - start, len(tiles)
    return found


def test_share_of_forward_passes_and_speed_beside_plain_sliding_windows(
    engine: Engine, model: ModelFile, scene_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = plan(str(scene_file), model, tmp_path)
    engine.predict(replace(request, region=Window(0, 1, 0, 1)), on_event=lambda _: None).wait()
    plain = _plain_seconds(model, scene_file, engine._settings.forward_threads)
    fresh = replace(request, store=tmp_path / "fresh.zarr")
    start = time.perf_counter()
    report = engine.predict(fresh, on_event=lambda _: None).wait()
    seconds = time.perf_counter() - start
    forward, tiles = plain["the engine's tiles"]
    pixels, threads = SIDE**2, engine._settings.forward_threads
    share = forward / seconds
    tell(
        capsys,
        f"{model.card.name}, {SIDE} x {SIDE}, {threads} threads of {os.cpu_count()} cores\n"
        f"  engine, end to end      {pixels / seconds / 1e3:8.0f} kpx/s ({tiles} tiles)\n"
        f"  its forward passes only {pixels / forward / 1e3:8.0f} kpx/s, share {share:.2f} (aim 0.85)\n"
        + "".join(
            f"  plain torch, {name:13} {pixels / spent / 1e3:6.0f} kpx/s ({count} tiles)\n"
            for name, (spent, count) in plain.items()
            if name != "the engine's tiles"
        ),
    )
    assert report.is_complete


def test_seconds_from_click_to_first_labels(
    engine: Engine, model: ModelFile, scene_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = plan(str(scene_file), model, tmp_path)
    engine.prepare(request)
    waits = []
    for turn in range(3):
        first: list[float] = []

        def take(event: EngineEvent, first: list[float] = first) -> None:
            if isinstance(event, BlockDone):
                first.append(time.perf_counter())

        view = Window(512, 1024, 512 * turn, 512 * turn + 512)
        start = time.perf_counter()
        job = engine.predict(replace(request, view=view, store=tmp_path / f"{turn}.zarr"), on_event=take)
        while not first:
            time.sleep(0.002)
        job.cancel()
        job.wait()
        waits.append(first[0] - start)
    tell(capsys, f"click to first labels: {', '.join(f'{wait:.2f}' for wait in waits)} s (aim 3)")


def test_peak_memory_on_a_scene_of_30_000_squared(
    model: ModelFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    side = 30_000
    path = tmp_path / "sparse.tif"
    tifffile.imwrite(
        path, shape=(side, side, 4), dtype="uint16", photometric="rgb", extrasamples=("unspecified",),
        tile=(512, 512), bigtiff=True,
    )  # fmt: skip
    blocks = 200
    region = Window(0, 512 * 10, 0, 512 * blocks // 10)
    engine = Engine.start()
    try:
        scene = open_scene(path, roles={0: "red", 1: "green", 2: "blue", 3: "nir"})
        scene.read(Window(0, 2048, 0, 2048))  # a view
        request = plan_segmentation(scene, model, options=OPTIONS, region=region, store_root=tmp_path)
        assert engine._local is not None
        family = [psutil.Process(), psutil.Process(engine._local.pid)]
        peak = [0]

        def measure(_: EngineEvent) -> None:
            every = [*family, *family[1].children(recursive=True)]
            peak[0] = max(peak[0], sum(process.memory_info().rss for process in every))

        report = engine.predict(request, on_event=measure).wait()
        scene.close()
    finally:
        engine.close()
    assert len(report.done) == blocks
    tell(
        capsys, f"peak memory, {side} x {side} x 4 uint16, {blocks} blocks: {peak[0] / 1e9:.2f} GB (aim 2.5)"
    )
