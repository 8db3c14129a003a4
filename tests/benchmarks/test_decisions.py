"""Figures behind decisions: labels of 8 or 32 bits in napari; SAM's attention with and without its matrix."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from napari.layers import Labels

from napari_rsseg.classes import LANDSLIDE
from napari_rsseg.models.layers.grid_attention import GridAttention
from napari_rsseg.models.layers.sam_parts import Attention
from napari_rsseg.viewer.layers import label_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.bench
REPEATS = 5


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{text}\n")


def best_ms(work: Callable[[], Any]) -> float:
    """Return the shortest of a few runs: others use the machine too."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def test_refreshing_labels_of_8_and_of_32_bits(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for side in (2048, 8192):
        found = {}
        for kind in (np.uint8, np.int32):
            layer = Labels(np.zeros((side, side), kind), **label_arguments(LANDSLIDE))
            layer.data[:64, :64] = 1
            found[kind.__name__] = best_ms(layer.refresh)
        told.append(f"{side}²: " + ", ".join(f"{name} {value:.1f} ms" for name, value in found.items()))
        assert all(np.isfinite(list(found.values())))
    tell(capsys, f"refresh of a Labels layer, {'; '.join(told)}")


@torch.no_grad()
def test_global_attention_of_4096_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    theirs = Attention(384, 6, use_rel_pos=True, input_size=(64, 64)).eval()
    ours = GridAttention(384, 6, use_rel_pos=True, input_size=(64, 64)).eval()
    ours.load_state_dict(theirs.state_dict())
    tokens = torch.randn(1, 64, 64, 384)
    torch.testing.assert_close(ours(tokens), theirs(tokens), rtol=1e-3, atol=1e-4)
    found = {
        "slices of queries": best_ms(lambda: ours(tokens)),
        "segment-anything": best_ms(lambda: theirs(tokens)),
    }
    shown = ", ".join(f"{name} {value:.0f} ms" for name, value in found.items())
    tell(capsys, f"attention over 64² tokens, 6 heads, {torch.get_num_threads()} threads: {shown}")
