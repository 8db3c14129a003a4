"""One network in a process of its own: seconds, CPU seconds and memory of a pass, as one line of JSON.

``python network_run.py KIND PASSES [--keep FILE]``; weights are drawn in the order of their keys, so that
networks of the same keys compute the same. The best of the passes counts, since others use the machine too.
Memory is what the first pass needs above what the process holds before it, weights included.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from napari_rsseg.models.ktda import Ktda, KtdaArchitecture
from napari_rsseg.models.ktda.teacher import Teacher
from napari_rsseg.models.layers.sam_parts import ImageEncoderViT
from napari_rsseg.models.sam import Sam, SamArchitecture, SamPrompts
from napari_rsseg.models.st_dasegnet.neck import UniversalAttention
from napari_rsseg.registry import PUBLISHED_MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 1024


@dataclass(frozen=True)
class Work:
    """What is timed, what it is done to, and what shows that it was done right."""

    pass_: Callable[[], Tensor]
    megabytes: float
    shown: Callable[[Tensor], Tensor] = lambda result: result


def filled(network: nn.Module) -> nn.Module:
    """Draw every tensor by its place among the sorted keys: norms near 1, maps that keep the variance."""
    for number, (key, value) in enumerate(sorted(network.state_dict().items())):
        if value.is_floating_point():
            generator = torch.Generator().manual_seed(number)
            drawn = torch.randn(value.shape, generator=generator)
            if value.ndim > 1 and "embed" not in key and "rel_pos" not in key:
                value.copy_(drawn / max(1, value[0].numel()) ** 0.5)
            else:
                value.copy_(0.1 * drawn + (value.ndim == 1 and key.endswith("weight")))
            if key.endswith("running_var"):
                value.fill_(1)
    return network.eval()


def megabytes(network: nn.Module) -> float:
    """Size of all tensors of a network."""
    tensors = network.state_dict().values()
    return float(sum(tensor.numel() * tensor.element_size() for tensor in tensors)) / 1e6


def image(side: int, channels: int = 3) -> Tensor:
    """Draw something softer than noise."""
    generator = torch.Generator().manual_seed(7)
    coarse = torch.randn(1, channels, side // 16, side // 16, generator=generator)
    return nn.functional.interpolate(coarse, size=(side, side), mode="bicubic")


def sam(kind: str, *, device: str = "cpu", dtype: torch.dtype | None = None) -> Work:
    """SAM's ViT-B: its own encoder or ours, and the mask of one click."""
    network = Sam(SamArchitecture(encoder="vit_b"))
    if kind == "segment-anything":
        size = network.architecture.vit
        network.image_encoder = ImageEncoderViT(
            depth=size.depth, embed_dim=size.embed_dim, img_size=SIDE, num_heads=size.num_heads,
            norm_layer=partial(nn.LayerNorm, eps=1e-6), patch_size=16, use_rel_pos=True,
            window_size=size.window_size, global_attn_indexes=size.global_attn_indexes, out_chans=256,
        )  # fmt: skip
    filled(network)
    if kind == "half stored":
        for value in network.state_dict().values():
            value.copy_(value.half())  # as a file of half the size gives them back
    network.to(device)
    pixels = image(SIDE).to(device)
    if kind == "channels last":
        network.to(memory_format=torch.channels_last)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
    prompts = SamPrompts(
        points=torch.tensor([[[500.0, 400.0]]], device=device), labels=torch.ones(1, 1, device=device)
    )

    def encode() -> Tensor:
        with torch.autocast(device, dtype=dtype, enabled=dtype is not None):
            return network.encode(pixels)

    def masks(embedding: Tensor) -> Tensor:
        low_res, _ = network.decode(embedding.float(), prompts, several=True)
        return nn.functional.interpolate(low_res, size=(SIDE, SIDE), mode="bilinear") > 0

    return Work(encode, megabytes(network.image_encoder), masks)


def mobile() -> Work:
    """MobileSAM's encoder."""
    network = filled(Sam(SamArchitecture(encoder="vit_t")).image_encoder)
    pixels = image(SIDE)
    return Work(lambda: network(pixels), megabytes(network))


def ktda(*, taught: bool) -> Work:
    """KTDA as published, with or without a pass of the teacher beside it."""
    model = next(model for model in PUBLISHED_MODELS if model.family == "ktda")
    words = KtdaArchitecture.model_validate(model.architecture)
    network = filled(Ktda(words))
    pixels = image(model.tile_px)
    if not taught:
        return Work(lambda: network(pixels), megabytes(network))
    assert words.teacher is not None
    teacher = filled(Teacher(words.teacher))

    def both() -> Tensor:
        teacher(pixels)
        logits: Tensor = network(pixels)
        return logits

    return Work(both, megabytes(network) + megabytes(teacher))


def ds2(*, published: bool) -> Work:
    """The universal attention at the width of ResNet-50, by the published formulas or by ours."""
    unit = UniversalAttention(2048, 8, 8)
    filled(unit)
    maps = [0.1 * image(1024, 2048)[..., ::16, ::16].contiguous() * sign for sign in (1, -0.5)]

    def formulas() -> Tensor:
        source, target = maps
        joint = unit.fc((source + target).mean(dim=(2, 3)))
        gates = torch.stack([layer(joint) for layer in unit.fcs], dim=1).softmax(dim=1)[..., None, None]
        distinct = torch.stack(maps, dim=1) * gates
        key = unit.conv((source + target) / 2).flatten(2).transpose(1, 2)
        energies = [part.flatten(2) @ key for part in maps]
        turned = [energy.amax(-1, keepdim=True).expand_as(energy) - energy for energy in energies]
        attention = (turned[0].softmax(-1) + turned[1].softmax(-1)) / 2
        universal = [(attention @ part.flatten(2)).view_as(part) for part in maps]
        return torch.cat((distinct[:, 0], unit.conv_s(universal[0]),
                          distinct[:, 1], unit.conv_t(universal[1])), dim=1)  # fmt: skip

    return Work(formulas if published else lambda: torch.cat(unit(*maps), dim=1), megabytes(unit))


KINDS: dict[str, Callable[[], Work]] = {
    "segment-anything": partial(sam, "segment-anything"),
    "ours": partial(sam, "ours"),
    "ours, bfloat16": partial(sam, "ours", dtype=torch.bfloat16),
    "ours, channels last": partial(sam, "channels last"),
    "ours, weights in half": partial(sam, "half stored"),
    "segment-anything on a GPU": partial(sam, "segment-anything", device="cuda"),
    "ours on a GPU, bfloat16": partial(sam, "ours", device="cuda", dtype=torch.bfloat16),
    "MobileSAM": mobile,
    "KTDA": partial(ktda, taught=False),
    "KTDA and its teacher": partial(ktda, taught=True),
    "DS2": partial(ds2, published=False),
    "DS2, published formulas": partial(ds2, published=True),
}


def memory_mib(name: str) -> float:
    """Return ``VmRSS``, what the process holds, or ``VmHWM``, the most it held since it was last reset."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def synchronised(work: Work) -> Tensor:
    """Run one pass to its end."""
    result = work.pass_()
    if result.is_cuda:
        torch.cuda.synchronize()
    return result


@torch.inference_mode()
def measure(work: Work, passes: int) -> tuple[dict[str, float], Tensor]:
    """Run the passes."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what building the network left behind
    before = memory_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    result = synchronised(work)
    above = memory_mib("VmHWM") - before
    seconds, cpu = [], []
    for _ in range(passes):
        start, used = time.perf_counter(), time.process_time()
        result = synchronised(work)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    found: dict[str, Any] = {"seconds": min(seconds), "cpu": min(cpu)}
    if result.is_cuda:
        above = (torch.cuda.max_memory_allocated() - torch.cuda.memory_allocated()) / 2**20
    return {**found, "above_mib": above, "megabytes": work.megabytes}, work.shown(result)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("passes", type=int)
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    found, shown = measure(KINDS[chosen.kind](), chosen.passes)
    if chosen.keep:
        np.save(chosen.keep, shown.cpu().numpy())
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
