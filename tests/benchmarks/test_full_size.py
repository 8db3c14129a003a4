"""Networks of full size, with filled weights: seconds on one CPU tile, megapixels per second on a GPU."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.engine.device import choose_device, describe
from napari_rsseg.engine.forward import ForwardPass
from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.models import build
from napari_rsseg.registry import PUBLISHED_MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.registry import PublishedModel

_GPU_SECONDS = 5.0


def _first_of(family: str) -> PublishedModel:
    return next(model for model in PUBLISHED_MODELS if model.family == family)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """One CPU core, so that figures of machines with other numbers of cores stand side by side."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("family", ["ktda", "translandseg"])
@pytest.mark.parametrize(
    ("device", "batch"),
    [
        pytest.param("cpu", 1, marks=pytest.mark.bench),
        pytest.param("cuda", 1, marks=pytest.mark.gpu),
        pytest.param("cuda", 4, marks=pytest.mark.gpu),
    ],
)
def test_pixels_per_second_of_a_published_model(
    capsys: pytest.CaptureFixture[str], family: str, device: DeviceChoice, batch: int
) -> None:
    model = _first_of(family)
    torch.manual_seed(0)
    network = build(model.family, model.architecture)
    tile = model.tile_px
    images = torch.randn(batch, 3, tile, tile)
    with ForwardThread() as thread:
        forward = ForwardPass(network, choose_device(device), thread=thread, batch=batch)
        info = describe(forward.device)
        if device != "cpu":  # there the first pass chooses algorithms
            forward(images)
        passes, start = 0, time.perf_counter()
        while passes == 0 or (device != "cpu" and time.perf_counter() - start < _GPU_SECONDS):
            logits = forward(images).cpu()
            passes += 1
        seconds = time.perf_counter() - start
    assert logits.shape[0] == batch
    assert torch.isfinite(logits).all()
    assert forward.changes == []
    million = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    with capsys.disabled():
        sys.stdout.write(
            f"\n{model.name} with filled weights ({million:.0f} M), tiles of {tile}, batch {batch}: "
            f"{seconds / passes:.2f} s a pass, {passes * batch * tile**2 / seconds / 1e6:.3f} Mpx/s "
            f"on {info.name} ({info.precision})\n"
        )
