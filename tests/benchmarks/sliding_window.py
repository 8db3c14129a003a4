"""A plain sliding window, as scripts around torch do it; prints seconds and CPU seconds as one line of JSON.

``python sliding_window.py CARD IMAGE OVERLAP [--keep]``; with ``--keep`` probabilities are added up and
labels taken, else the forward passes alone are timed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import tifffile
import torch

from napari_rsseg.engine.loading import load_network
from napari_rsseg.engine.local import LocalSettings
from napari_rsseg.engine.tiling import TileGrid
from napari_rsseg.registry import ModelFile, open_model
from napari_rsseg.scenes import Window


def walk(model: ModelFile, path: Path, overlap: int, *, keep: bool) -> dict[str, float]:
    """Run all tiles of an image one after the other."""
    torch.set_num_threads(LocalSettings.for_this_machine(interactive=False).forward_threads)
    network = load_network(model.card, model.weights_path).eval().to(memory_format=torch.channels_last)
    tile = model.card.tile_px
    start, cpu = time.perf_counter(), time.process_time()
    values = tifffile.imread(path).astype(np.float32).transpose(2, 0, 1) / 255
    mean = np.asarray(model.card.input_values.mean, np.float32)[:, None, None]
    std = np.asarray(model.card.input_values.std, np.float32)[:, None, None]
    image = torch.from_numpy((values - mean) / std)
    height, width = image.shape[1:]
    grid = TileGrid(height, width, tile, overlap)
    tiles = grid.touching(Window.of(height, width))
    total = np.zeros((2, height, width), np.float32)
    inputs = [
        image[None, :, *grid.window(index).slices].contiguous(memory_format=torch.channels_last)
        for index in tiles
    ]
    with torch.inference_mode():
        network(inputs[0])
        if not keep:
            start, cpu = time.perf_counter(), time.process_time()
        for index, patch in zip(tiles, inputs, strict=True):
            logits = network(patch)
            if keep:
                total[(slice(None), *grid.window(index).slices)] += logits[0].softmax(0).numpy()
        if keep:
            total.argmax(0)
    return {
        "tiles": len(tiles), "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu,
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("card", type=Path)
    parser.add_argument("image", type=Path)
    parser.add_argument("overlap", type=int)
    parser.add_argument("--keep", action="store_true")
    chosen = parser.parse_args()
    made = walk(open_model(chosen.card), chosen.image, chosen.overlap, keep=chosen.keep)
    sys.stdout.write(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
