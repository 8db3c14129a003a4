"""What only an accelerator can show; run by ``nox -s bench`` where there is one."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.engine import Engine, PredictionStore
from napari_rsseg.engine.forward import ForwardPass
from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.engine.loading import load_network
from napari_rsseg.jobs import plan_segmentation
from napari_rsseg.registry import default_model
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

pytestmark = pytest.mark.gpu
SIDE = 2048


def labels_on(engine: Engine, device: str, task: str, folder: Path) -> npt.NDArray[np.uint8]:
    scene = open_scene(f"synthetic:size={SIDE},seed=3")
    options = SimpleNamespace(device=device, tta=False, overview=False)
    request = plan_segmentation(scene, default_model(task), options=options, store_root=folder / device)
    assert engine.predict(request, on_event=lambda _: None).wait().is_complete
    return PredictionStore.open(request.store).read_labels(Window.of(SIDE, SIDE))


@pytest.mark.parametrize("task", ["landslide", "cloud", "grass"])
def test_labels_of_a_gpu_are_those_of_the_cpu(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = Engine.start(interactive=False)
    try:
        there, here = (labels_on(engine, device, task, tmp_path) for device in ("cuda", "cpu"))
    finally:
        engine.close()
    share = float((there == here).mean())
    with capsys.disabled():
        sys.stdout.write(f"\n{task}: {100 * share:.3f} % of the labels are those of the CPU (aim 99.9)\n")
    assert share >= 0.999


def test_memory_that_really_runs_out_is_mastered(capsys: pytest.CaptureFixture[str]) -> None:
    model = default_model("landslide")
    network = load_network(model.card, model.weights_path)
    tile, batch = model.card.tile_px, 64
    images = torch.randn(batch, len(model.card.bands), tile, tile)
    device = torch.device("cuda", torch.cuda.current_device())
    with ForwardThread() as thread:
        one = ForwardPass(network, device, thread=thread, batch=1)
        expected = one(images[:2]).argmax(1).cpu()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        one(images[:1])
        need = torch.cuda.max_memory_allocated()
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, 8 * need / total))
        try:
            tight = ForwardPass(network, device, thread=thread, batch=batch)
            logits = tight(images)
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
    assert tight.changes
    assert logits.shape[0] == batch
    same = float((logits[:2].argmax(1).cpu() == expected).float().mean())
    with capsys.disabled():
        sys.stdout.write(f"\nmemory ran out {len(tight.changes)} times: {' '.join(tight.changes)}\n")
    assert same >= 0.999
